"""From the inbox to rows: once, in order, and never in each other's way."""

import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.protobufs import (
    ALICE,
    BOB,
    OLIVIA,
    build_call,
    build_edit,
    build_group_notice,
    build_message,
    build_receipt,
    build_revoke,
    build_source,
    partial,
)
from whatsapp.ingest import codes, inbox
from whatsapp.ingest.batch import Batch
from whatsapp.jids import jid_message
from whatsapp.models import Account, Chat, Contact, Event, InboxEvent, Message, MessageEdit, Receipt
from whatsapp.protobuf import neonize_pb2, waE2E

pytestmark = pytest.mark.django_db

State = InboxEvent.State


def arrive(account: Account, *events: bytes, code: int = codes.MESSAGE) -> None:
    InboxEvent.objects.bulk_create(
        [InboxEvent(account=account, code=code, data=data, received_at=0) for data in events]
    )


def drain(account: Account) -> None:
    while inbox.drain(account):
        pass


def snapshot() -> list[tuple[Any, ...]]:
    """All that ingest knows, without keys and times of storing."""
    messages = Message.objects.order_by("timestamp", "message_id").values_list(
        "message_id", "body", "is_deleted", "is_starred", "edit_type", "status", "chat__jid", "sender__jid"
    )
    edits = MessageEdit.objects.order_by("edited_at").values_list("message__message_id", "body")
    chats = Chat.objects.order_by("jid").values_list("jid", "unread_count", "last_message_body")
    return [*messages, *edits, *chats]


def test_a_message_leaves_the_inbox_and_keeps_its_bytes(account: Account) -> None:
    arrive(account, build_message("A", "hello"))
    drain(account)

    row = Message.objects.get()
    assert (row.message_id, row.body, row.timestamp) == ("A", "hello", 1_700_000_000)
    assert neonize_pb2.Message.FromString(bytes(row.raw)).Message.conversation == "hello"
    assert not InboxEvent.objects.exists()


def test_keys_sort_by_time_whatever_the_order_of_arrival(account: Account) -> None:
    arrive(account, build_message("LATE", timestamp=2000), build_message("EARLY", timestamp=1000))
    arrive(account, build_message("SAME", timestamp=2000))
    drain(account)
    arrive(account, build_message("AGAIN", timestamp=2000))
    drain(account)

    ids = list(Message.objects.order_by("id").values_list("message_id", flat=True))
    assert ids == ["EARLY", "LATE", "SAME", "AGAIN"]
    assert [key >> 20 for key in Message.objects.order_by("id").values_list("id", flat=True)] == [
        1000,
        2000,
        2000,
        2000,
    ]


def test_handling_the_same_bytes_again_changes_nothing(account: Account) -> None:
    events = [
        build_message("A", "first"),
        build_edit("A", "second"),
        build_message("B", "mine", sender=OLIVIA, chat=ALICE, from_me=True),
        build_message("C", "gone"),
        build_revoke("C"),
    ]
    arrive(account, *events)
    arrive(account, build_receipt("B"), code=codes.RECEIPT)
    drain(account)
    Message.objects.filter(message_id="A").update(is_starred=True)
    Chat.objects.update(unread_count=0)
    before, logged = snapshot(), Event.objects.count()

    arrive(account, *events)
    arrive(account, build_receipt("B"), code=codes.RECEIPT)
    drain(account)

    assert snapshot() == before
    assert Event.objects.count() == logged


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_arrival_and_repetitions_do_not_matter(account: Account, seed: int) -> None:
    """Edits and deletes may come before their message, anything may come twice, in batches of any size."""
    events = [
        build_message("A", "one", timestamp=100),
        build_edit("A", "two", moment=200),
        build_edit("A", "three", moment=300),
        build_message("B", "to be deleted", timestamp=110),
        build_revoke("B", timestamp=210),
    ]
    chance = random.Random(seed)
    shuffled = events + chance.choices(events, k=3)
    chance.shuffle(shuffled)
    for event in shuffled:
        arrive(account, event)
        if chance.random() < 0.5:
            drain(account)
    drain(account)

    assert Message.objects.get(message_id="A").body == "three"
    assert list(MessageEdit.objects.values_list("body", flat=True)) == ["one", "two", "three"]
    assert Message.objects.get(message_id="B").is_deleted
    assert Message.objects.get(message_id="B").body == "to be deleted"
    assert not InboxEvent.objects.filter(state__in=[State.PENDING, State.QUARANTINED]).exists()
    assert not InboxEvent.objects.filter(waits_for__isnull=False).exists()


def test_an_edit_that_comes_first_waits_for_its_message(account: Account) -> None:
    arrive(account, build_edit("A", "second"))
    drain(account)
    assert InboxEvent.objects.get().waits_for == "A"
    assert not Message.objects.exists()

    arrive(account, build_message("A", "first"))
    drain(account)
    assert Message.objects.get().body == "second"


def test_nobody_can_edit_or_delete_what_someone_else_wrote(account: Account) -> None:
    group = "120363000000000001@g.us"
    arrive(
        account,
        build_message("A", "mine", chat=group),
        build_edit("A", "forged", sender=BOB, chat=group),
        build_revoke("A", sender=BOB, chat=group),
    )
    drain(account)

    assert (Message.objects.get().body, Message.objects.get().is_deleted) == ("mine", False)


def test_the_same_id_from_someone_else_is_another_message(account: Account) -> None:
    group = "120363000000000001@g.us"
    arrive(
        account, build_message("A", "mine", chat=group), build_message("A", "theirs", sender=BOB, chat=group)
    )
    drain(account)

    assert Message.objects.get(sender__jid=ALICE).body == "mine"
    assert Message.objects.get(sender__jid=BOB).body == "theirs"


def test_a_group_admin_can_delete_what_someone_else_wrote(account: Account) -> None:
    group = "120363000000000001@g.us"
    arrive(
        account,
        build_message("A", "against the rules", chat=group),
        build_revoke("A", participant=ALICE, sender=BOB, chat=group),
    )
    drain(account)

    row = Message.objects.select_related("deleted_by").get()
    assert (row.is_deleted, row.deleted_by.jid, row.edit_type) == (True, BOB, 8)


def test_an_event_that_can_not_be_read_is_quarantined_alone(account: Account) -> None:
    arrive(account, build_message("A"), b"\xff\xff not protobuf", build_message("B"))
    drain(account)

    assert set(Message.objects.values_list("message_id", flat=True)) == {"A", "B"}
    bad = InboxEvent.objects.get()
    assert bad.state == State.QUARANTINED
    assert "DecodeError" in bad.error
    assert bytes(bad.data) == b"\xff\xff not protobuf"


def test_an_event_that_can_not_be_written_is_quarantined_and_can_be_replayed(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Batch.add_message

    def refuse(batch: Batch, message: Message) -> None:
        if message.message_id == "B":
            raise RuntimeError("a mistake in the hub")
        add(batch, message)

    arrive(account, build_message("A"), build_message("B"), build_message("C"))
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "add_message", refuse)
        drain(account)
    assert set(Message.objects.values_list("message_id", flat=True)) == {"A", "C"}
    assert "a mistake in the hub" in InboxEvent.objects.get().error

    assert inbox.replay([State.QUARANTINED]) == 1
    drain(account)
    assert Message.objects.count() == 3
    assert not InboxEvent.objects.exists()


def test_trouble_with_the_database_is_nobodys_fault(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(batch: Batch) -> None:
        raise OperationalError("database is locked")

    arrive(account, build_message("A"))
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "save", locked)
        with pytest.raises(OperationalError):
            inbox.drain(account)
    assert InboxEvent.objects.get().state == State.PENDING

    drain(account)
    assert Message.objects.get().message_id == "A"


def test_kinds_without_a_handler_wait_and_can_be_replayed(account: Account) -> None:
    arrive(account, b"anything", code=999)
    drain(account)

    assert InboxEvent.objects.get().state == State.WAITING
    assert bytes(InboxEvent.objects.get().data) == b"anything"
    assert inbox.replay([State.WAITING]) == 1


def test_talk_between_our_own_devices_is_not_a_message_and_its_keys_are_not_kept(account: Account) -> None:
    kinds = waE2E.ProtocolMessage
    for kind in (kinds.APP_STATE_SYNC_KEY_SHARE, kinds.APP_STATE_SYNC_KEY_REQUEST):
        content = waE2E.Message(protocolMessage=kinds(type=kind))
        arrive(account, build_message(f"A{kind}", content=content, sender=OLIVIA, from_me=True))
    drain(account)

    assert not Message.objects.exists()
    (kept,) = InboxEvent.objects.all()
    assert kept.state == State.HANDLED
    assert b"A%d" % kinds.APP_STATE_SYNC_KEY_REQUEST in bytes(kept.data)


def test_a_view_once_wrapper_that_the_library_took_off_still_counts(account: Account) -> None:
    picture = waE2E.Message(imageMessage=waE2E.ImageMessage(mimetype="image/jpeg", directPath="/x"))
    arrive(account, build_message("A", content=picture, IsViewOnceV2=True))
    drain(account)

    assert (Message.objects.get().message_type, Message.objects.get().is_view_once) == ("view_once", True)


def test_a_lid_and_a_phone_number_are_one_person_whichever_comes_first(account: Account) -> None:
    lid = "900015550101@lid"
    arrive(account, build_message("A", sender=lid))
    drain(account)
    assert Contact.objects.get().jid == lid

    arrive(account, build_message("B", sender=lid, alternative=ALICE), build_message("C", sender=ALICE))
    drain(account)

    contact, chat = Contact.objects.get(), Chat.objects.get()
    assert (contact.jid, contact.lid, contact.phone_number) == (ALICE, lid, "15550101")
    assert chat.jid == ALICE
    assert chat.unread_count == 3


def test_a_new_message_changes_only_what_it_carries(account: Account) -> None:
    arrive(account, build_message("A", push_name="Alice"))
    drain(account)
    Chat.objects.update(is_pinned=True, name="Alice Smith")
    Contact.objects.update(name="Alice Smith")

    arrive(account, build_message("B", "newer", push_name="", timestamp=1_700_000_009))
    arrive(account, build_message("C", "older", timestamp=1_600_000_000))
    drain(account)

    chat = Chat.objects.get()
    assert (chat.is_pinned, chat.name, chat.last_message_body) == (True, "Alice Smith", "newer")
    assert Contact.objects.get().notify_name == "Alice"


def test_receipts_move_a_status_forward_and_never_back(account: Account) -> None:
    mine = build_message("A", "hi", sender=OLIVIA, chat=ALICE, from_me=True)
    kinds = neonize_pb2.Receipt
    arrive(account, build_receipt("A", kind=kinds.READ, timestamp=200), code=codes.RECEIPT)
    arrive(account, mine)
    arrive(account, build_receipt("A", kind=kinds.DELIVERED, timestamp=300), code=codes.RECEIPT)
    drain(account)

    assert Message.objects.get().status == "read"
    receipt = Receipt.objects.get()
    assert (receipt.delivered_at, receipt.read_at) == (200, 200)


def test_reading_on_the_phone_resets_the_unread_count(account: Account) -> None:
    arrive(account, build_message("A"), build_message("B"))
    drain(account)
    assert Chat.objects.get().unread_count == 2

    arrive(account, build_receipt("A", "B", kind=neonize_pb2.Receipt.READ_SELF), code=codes.RECEIPT)
    drain(account)
    assert Chat.objects.get().unread_count == 0


def test_the_log_has_no_gaps(account: Account) -> None:
    for number in range(5):
        arrive(account, build_message(f"M{number}"), b"broken")
        drain(account)

    ids = list(Event.objects.order_by("id").values_list("id", flat=True))
    assert Event.objects.filter(event_type="wa.messages.upsert").count() == 5
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def person(number: int) -> str:
    return f"1666{number:05d}@s.whatsapp.net"


def presence(number: int) -> bytes:
    event = neonize_pb2.Presence(Unavailable=False, LastSeen=0)
    event.From.CopyFrom(jid_message(person(number)))
    return partial(event)


def typing(number: int) -> bytes:
    source = build_source(person(number), f"1203630000{number:05d}@g.us")
    return partial(neonize_pb2.ChatPresence(MessageSource=source, State=neonize_pb2.ChatPresence.COMPOSING))


def group_notice(number: int) -> bytes:
    group = f"1203630000{number:05d}@g.us"
    return build_group_notice(group, 1000 + number, Join=[person(number)], Name={"Name": f"Group {number}"})


def contact(number: int) -> bytes:
    info = neonize_pb2.ContactInfo(FullName=f"Person {number}")
    entry = neonize_pb2.Contact(JID=jid_message(person(number)), Info=info)
    return partial(neonize_pb2.ContactsGetAllContactsReturnFunction(Contact=[entry]))


def undecryptable(number: int) -> bytes:
    event = neonize_pb2.UndecryptableMessage(IsUnavailable=True)
    message = neonize_pb2.Message.FromString(build_message(f"M{number}", sender=person(number)))
    event.Info.CopyFrom(message.Info)
    return partial(event)


KINDS: dict[int, Callable[[int], bytes]] = {
    codes.MESSAGE: lambda number: build_message(f"M{number}", sender=person(number)),
    codes.RECEIPT: lambda number: build_receipt(f"M{number}", sender=person(number)),
    codes.PRESENCE: presence,
    codes.CHAT_PRESENCE: typing,
    codes.CALL_OFFER: lambda number: build_call(
        neonize_pb2.CallOffer, f"C{number}", 1000 + number, creator=person(number)
    ),
    codes.GROUP_INFO: group_notice,
    codes.CONTACTS: contact,
    codes.UNDECRYPTABLE: undecryptable,
    codes.IDENTITY_CHANGE: lambda number: partial(
        neonize_pb2.IdentityChange(JID=jid_message(person(number)), Timestamp=1000)
    ),
    codes.CHAT_SETTINGS: lambda number: orjson.dumps(
        [{"jid": person(number), "archived": True, "pinned": True, "muted_until": -1}]
    ),
    codes.CHAT_READ: lambda number: orjson.dumps({"jid": person(number), "at": 1000}),
}


@pytest.mark.parametrize("code", KINDS)
def test_the_number_of_queries_does_not_grow_with_the_events(account: Account, code: int) -> None:
    def queries(count: int, start: int) -> int:
        arrive(account, *(KINDS[code](number) for number in range(start, start + count)), code=code)
        with CaptureQueriesContext(connection) as context:
            inbox.drain(account)
        assert not InboxEvent.objects.quarantined().exists()
        return len(context)

    assert queries(3, 0) == queries(45, 100)
