"""From the spool to rows: what has to stay is kept in the table, and nothing is lost or done twice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError

from tests.protobufs import ALICE, OLIVIA, build_edit, build_message, build_receipt
from tests.waiting import eventually
from whatsapp.ingest import codes, inbox
from whatsapp.ingest.batch import Batch
from whatsapp.models import Account, DayTally, Event, HistorySync, InboxEvent, Message, Receipt
from whatsapp.protobuf import neonize_pb2, waHistorySync
from whatsapp.search import search
from whatsapp.session.ingesting import Ingesting

pytestmark = pytest.mark.django_db(transaction=True)

State = InboxEvent.State


@pytest.fixture
def account() -> Account:
    return Account.default()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox.spool"


def opened(account: Account, path: Path, told: Callable[[], None] = lambda: None) -> inbox.Inbox:
    """The inbox, as each process has its own."""
    return inbox.Inbox(account, path, told)


def history() -> bytes:
    blob = waHistorySync.HistorySync(syncType=waHistorySync.HistorySync.RECENT)
    return neonize_pb2.HistorySync(Data=blob).SerializePartialToString()


def kept() -> list[tuple[int, int]]:
    """Kind and state of what is in the table, in the order of the keys."""
    return list(InboxEvent.objects.order_by("pk").values_list("code", "state"))


def test_a_message_goes_to_its_row_alone(account: Account, path: Path) -> None:
    way_in = opened(account, path)
    way_in.receive(codes.MESSAGE, build_message("A", "hello"))

    assert way_in.drain() == 1
    assert Message.objects.get().body == "hello"
    assert kept() == []
    assert way_in.drain() == 0
    assert path.stat().st_size == 0


def test_what_has_to_stay_is_kept_in_the_order_of_arrival(account: Account, path: Path) -> None:
    way_in = opened(account, path)
    way_in.receive(codes.MESSAGE, build_edit("B", "before its message"))
    way_in.receive(codes.RECEIPT, build_receipt("A"))
    way_in.receive(999, b"nobody knows")
    way_in.receive(codes.MESSAGE, build_message("A", sender=OLIVIA, chat=ALICE, from_me=True))
    way_in.receive(codes.RECEIPT, build_receipt("A", timestamp=1))
    way_in.drain()

    assert kept() == [
        (codes.MESSAGE, State.WAITING),
        (codes.RECEIPT, State.HANDLED),
        (999, State.WAITING),
        (codes.RECEIPT, State.HANDLED),
    ]
    assert InboxEvent.objects.first().waits_for == "B"
    assert bytes(InboxEvent.objects.get(code=999).data) == b"nobody knows"


def test_what_waited_in_the_table_follows_its_message_from_the_spool(account: Account, path: Path) -> None:
    way_in = opened(account, path)
    way_in.receive(codes.MESSAGE, build_edit("A", "second"))
    way_in.drain()
    way_in.receive(codes.MESSAGE, build_message("A", "first"))
    way_in.drain()

    assert Message.objects.get().body == "second"
    assert kept() == [(codes.MESSAGE, State.HANDLED)]


def test_a_history_is_queued_for_import(account: Account, path: Path) -> None:
    way_in = opened(account, path)
    way_in.receive(codes.HISTORY_SYNC, history())
    way_in.drain()

    assert kept() == [(codes.HISTORY_SYNC, State.IMPORTING)]
    assert HistorySync.objects.get().event == InboxEvent.objects.get()


def test_what_was_handled_before_a_crash_is_not_handled_again(account: Account, path: Path) -> None:
    """The process dies after the commit and before the spool was told."""
    first = opened(account, path)
    first.receive(codes.RECEIPT, build_receipt("A"))
    first.spool.take_out = lambda event: None
    first.drain()

    second = opened(account, path)
    second.receive(codes.RECEIPT, build_receipt("B"))
    assert [event.code for event in second.spool.waiting(10)] == [codes.RECEIPT, codes.RECEIPT]
    second.drain()

    assert set(Receipt.objects.values_list("message_id", flat=True)) == {"A", "B"}
    assert kept() == [(codes.RECEIPT, State.HANDLED)] * 2


def test_what_comes_after_the_clock_was_put_back_is_handled(
    account: Account, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a new process, too: its spool is empty, and the row says how far a clock that was ahead has gone."""
    with monkeypatch.context() as patch:
        patch.setattr("time.time_ns", lambda: 2_000_000_000_000_000_000)
        first = opened(account, path)
        first.receive(codes.RECEIPT, build_receipt("A"))
        first.drain()

    second = opened(account, path)
    second.receive(codes.RECEIPT, build_receipt("B"))
    assert second.drain() == 1

    assert set(Receipt.objects.values_list("message_id", flat=True)) == {"A", "B"}


def test_what_a_dead_process_has_left_is_handled(account: Account, path: Path) -> None:
    opened(account, path).receive(codes.MESSAGE, build_message("A"))
    opened(account, path).drain()

    assert Message.objects.get().message_id == "A"


def test_trouble_with_the_database_leaves_the_events_in_the_spool(
    account: Account, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(batch: Batch) -> None:
        raise OperationalError("database is locked")

    way_in = opened(account, path)
    way_in.receive(codes.MESSAGE, build_message("A"))
    way_in.receive(codes.RECEIPT, build_receipt("B"))
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "save", locked)
        with pytest.raises(OperationalError):
            way_in.drain()
    assert (kept(), Message.objects.count()) == ([], 0)

    assert way_in.drain() == 2
    assert Message.objects.get().message_id == "A"
    assert kept() == [(codes.RECEIPT, State.HANDLED)]


def test_one_event_at_fault_is_set_aside_alone(account: Account, path: Path) -> None:
    """Each of the others goes by itself then, and has one row where it stays."""
    way_in = opened(account, path)
    way_in.receive(codes.RECEIPT, build_receipt("A"))
    way_in.receive(codes.HISTORY_SYNC, history())
    way_in.receive(codes.MESSAGE, b"\xff\xff not protobuf")
    way_in.receive(codes.MESSAGE, build_message("B"))
    way_in.receive(codes.RECEIPT, build_receipt("C"))
    assert way_in.drain() == 5

    assert kept() == [
        (codes.RECEIPT, State.HANDLED),
        (codes.HISTORY_SYNC, State.IMPORTING),
        (codes.MESSAGE, State.QUARANTINED),
        (codes.RECEIPT, State.HANDLED),
    ]
    aside = InboxEvent.objects.get(state=State.QUARANTINED)
    assert bytes(aside.data) == b"\xff\xff not protobuf"
    assert "DecodeError" in aside.error
    assert HistorySync.objects.get().event.code == codes.HISTORY_SYNC
    assert Message.objects.get().message_id == "B"
    assert way_in.drain() == 0


def test_what_the_disk_has_damaged_is_set_aside_alone(account: Account, path: Path) -> None:
    """And handled, once its bytes are right again."""
    way_in = opened(account, path)
    way_in.receive(codes.MESSAGE, build_message("A"))
    place = path.stat().st_size
    way_in.receive(codes.MESSAGE, build_message("B"))
    way_in.receive(codes.MESSAGE, build_message("C"))
    data = bytearray(path.read_bytes())
    data[place + 50] ^= 0xFF
    path.write_bytes(data)
    assert way_in.drain() == 3
    assert path.stat().st_size == 0

    assert set(Message.objects.values_list("message_id", flat=True)) == {"A", "C"}
    aside = InboxEvent.objects.get()
    assert (aside.code, aside.state) == (codes.MESSAGE, State.QUARANTINED)
    assert "damaged" in aside.error
    aside.data = build_message("B")
    aside.save()
    inbox.replay([State.QUARANTINED])
    inbox.drain(account)
    assert set(Message.objects.values_list("message_id", flat=True)) == {"A", "B", "C"}


def test_a_mistake_while_writing_harms_no_other_event(
    account: Account, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a failed transaction has done to a history's row is not believed when the history goes alone."""
    add = Batch.add_message

    def refuse(batch: Batch, message: Message) -> None:
        if message.message_id == "BAD":
            raise RuntimeError("a mistake in the hub")
        add(batch, message)

    monkeypatch.setattr(Batch, "add_message", refuse)
    way_in = opened(account, path)
    for event in ("A", "B"):
        way_in.receive(codes.RECEIPT, build_receipt(event))
    way_in.receive(codes.HISTORY_SYNC, history())
    way_in.receive(codes.MESSAGE, build_message("BAD"))
    way_in.drain()

    assert [state for _, state in kept()] == [
        State.HANDLED,
        State.HANDLED,
        State.IMPORTING,
        State.QUARANTINED,
    ]
    monkeypatch.undo()
    inbox.replay([State.QUARANTINED])
    assert inbox.drain(account) == 1
    assert Message.objects.get().message_id == "BAD"


def test_more_messages_than_a_statement_takes_are_stored_and_found(account: Account, path: Path) -> None:
    """Whatever the order of their times: the index takes keys in theirs."""
    way_in = opened(account, path)
    for number in range(200):
        moment = 1_700_000_000 + number * 37 % 200
        way_in.receive(codes.MESSAGE, build_message(f"M{number}", f"word{number} lake", timestamp=moment))
    way_in.drain()

    assert Message.objects.count() == 200
    assert {message.body: message.timestamp for message in search(Message.objects.all(), "word150")} == {
        "word150 lake": 1_700_000_000 + 150 * 37 % 200
    }
    assert search(Message.objects.all(), "lake").count() == 200
    assert sum(DayTally.objects.values_list("number", flat=True)) == 200


def test_ingest_is_woken_by_what_comes(account: Account, path: Path) -> None:
    ingesting = Ingesting(account)
    ingesting.pause = 600.0
    ingesting.start()
    try:
        ingesting.inbox.receive(codes.MESSAGE, build_message("A"))
        eventually(lambda: Message.objects.filter(message_id="A").exists(), "the first message")
        ingesting.inbox.receive(codes.MESSAGE, build_message("B"))
        eventually(lambda: Message.objects.filter(message_id="B").exists(), "the second message")
    finally:
        ingesting.ask_to_stop()
        ingesting.join(5.0)


def test_what_is_in_the_table_goes_before_what_is_in_the_spool(account: Account, path: Path) -> None:
    """As an older process has left it there, and died with more in the spool."""
    ingesting = Ingesting(account)
    ingesting.inbox.receive(codes.MESSAGE, build_message("LATER"))
    for number in range(inbox.EVENTS_PER_TRANSACTION + 1):
        InboxEvent.objects.create(
            account=account, code=codes.MESSAGE, data=build_message(f"M{number}"), received_at=0
        )
    ingesting.begin()
    ingesting.step()

    logged = Event.objects.filter(event_type="wa.messages.upsert").order_by("pk")
    assert '"LATER"' in logged.last().payload
    assert logged.count() == inbox.EVENTS_PER_TRANSACTION + 2
