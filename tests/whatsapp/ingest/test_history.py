"""A history becomes rows as live messages do: whole, once, and whatever interrupts it."""

import itertools
import time
from typing import Any

import pytest

from tests.protobufs import build_call, build_edit, build_message
from tests.whatsapp.ingest.arriving import arrive, drain
from tests.whatsapp.ingest.test_order import rows_of_everything
from whatsapp.ingest import codes, history, inbox
from whatsapp.ingest.history import Importer
from whatsapp.message_details import detail_record
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    Event,
    Group,
    GroupChange,
    GroupParticipant,
    HistorySync,
    InboxEvent,
    Label,
    LabelAssociation,
    Media,
    Message,
    Story,
    StoryView,
)
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.simulator import compose
from whatsapp.simulator.history import FOREVER, History, many
from whatsapp.simulator.jid import GROUP, Jid

pytestmark = pytest.mark.django_db

OLIVIA, ALICE, BOB, ERIN = Jid("15550100"), Jid("15550101"), Jid("15550102"), Jid("15550105")
BOB_LID = Jid("900015550102", "lid")
FRIENDS = Jid("120363000000000001", GROUP)
OLD = 1_690_000_000
CAME = 1_700_000_000_000  # Unix milliseconds


def hand_over(account: Account, blob: Any) -> InboxEvent:
    """A blob as the library delivers it, taken out of the inbox; not imported yet."""
    data = neonize_pb2.HistorySync(Data=blob).SerializeToString()
    row = InboxEvent.objects.create(account=account, code=codes.HISTORY_SYNC, data=data, received_at=CAME)
    while inbox.drain(account):
        pass
    return row


def imported(account: Account, blob: Any) -> InboxEvent:
    row = hand_over(account, blob)
    drain(account)
    row.refresh_from_db()
    return row


def a_life() -> Any:
    """A blob with something of everything."""
    blob = History(OLIVIA, "INITIAL_BOOTSTRAP", progress=40)
    blob.lids({BOB: BOB_LID})
    blob.names({ALICE: "Ali", ERIN: "Erin"})
    chat = blob.chat(
        ALICE, name="Alice Adams", archived=True, pinned=OLD, muteEndTime=FOREVER, unreadCount=2,
        ephemeralExpiration=604800, markedAsUnread=True,
    )  # fmt: skip
    mine = chat.says(OLIVIA, "from me", at=OLD, message_id="MINE", starred=True, labels=["7"])
    chat.receipt(mine, ALICE, delivered=OLD + 1, read=OLD + 2, played=OLD + 3)
    chat.reacts(mine, ALICE, "🎉")
    chat.says(ALICE, "from her", at=OLD + 60, message_id="HERS")
    chat.happens("CIPHERTEXT", at=OLD + 120)
    group = blob.chat(
        FRIENDS, name="Friends", description="old and new", createdBy=str(ALICE),
        participants={ALICE: "SUPERADMIN", BOB_LID: "", OLIVIA: "ADMIN"},
    )  # fmt: skip
    poll = group.says(ALICE, compose.poll("Lunch?", ["Soup", "Fish"], 1), at=OLD + 200, message_id="POLL")
    group.votes(poll, OLIVIA, ["Fish"])
    group.votes(poll, BOB_LID, ["Soup"])
    group.happens("GROUP_CHANGE_SUBJECT", at=OLD + 210, by=ALICE, parameters=["Friends"])
    blob.left(FRIENDS, ERIN, at=OLD + 220, removed=True)
    blob.call(ALICE, "MISSED", at=OLD + 300, call_id="MISSED", unit=1)
    blob.call(BOB, "CONNECTED", at=OLD + 400, seconds=61, video=True, call_id="TAKEN", unit=1_000_000)
    blob.story(ALICE, "my day", at=OLD + 500, message_id="STORY")
    ours = blob.story(OLIVIA, "our day", at=OLD + 510, message_id="OURS")
    chat.receipt(ours, ALICE, read=OLD + 520)
    return blob.blob()


def test_chats_are_as_the_phone_has_them(account: Account) -> None:
    imported(account, a_life())

    chat = Chat.objects.get(jid=str(ALICE))
    assert (chat.name, chat.is_archived, chat.is_pinned, chat.is_muted) == ("Alice Adams", True, True, True)
    assert (chat.mute_expiry, chat.ephemeral_duration, chat.is_marked_unread) == (None, 604800, True)
    assert (chat.unread_count, chat.last_message_ts, chat.undecryptable_count) == (2, OLD + 120, 1)


def test_a_chat_shows_its_newest_message_and_without_one_the_phones_own_time(account: Account) -> None:
    blob = History(OLIVIA)
    chat = blob.chat(ALICE)
    chat.says(ALICE, "the last", at=OLD)
    chat.conversation.conversationTimestamp = OLD + 99
    blob.chat(BOB, conversationTimestamp=OLD + 5)
    imported(account, blob.blob())

    shown = Chat.objects.values_list("jid", "last_message_ts", "last_message_body")
    assert set(shown) == {(str(ALICE), OLD, "the last"), (str(BOB), OLD + 5, None)}


def test_messages_keep_what_the_phone_knows_of_them(account: Account) -> None:
    imported(account, a_life())

    mine = Message.objects.get(message_id="MINE")
    assert (mine.from_me, mine.is_starred, mine.status, mine.timestamp) == (True, True, "played", OLD)
    details = detail_record(mine)
    assert [(one["emoji"], one["from_jid"]) for one in details["reactions"]] == [("🎉", str(ALICE))]
    assert [one["jid"] for one in details["receipts"]] == [str(ALICE)]
    assert Message.objects.filter(message_type="reaction", reaction_target_id="MINE").count() == 1
    assert LabelAssociation.objects.get().label.label_id == "7"
    poll = detail_record(Message.objects.get(message_id="POLL"))
    assert [(one["option"], one["voters"]) for one in poll["poll_results"]] == [
        ("Soup", [str(BOB)]),
        ("Fish", [str(OLIVIA)]),
    ]
    note = Message.objects.get(message_type="notification")
    assert note.body == "group change subject: Friends"


def test_people_groups_calls_and_stories_come_along(account: Account) -> None:
    imported(account, a_life())

    assert Contact.objects.get(jid=str(BOB)).lid == str(BOB_LID)
    assert Contact.objects.get(jid=str(ALICE)).notify_name == "Ali"
    group = Group.objects.get()
    assert (group.name, group.description, group.owner.jid) == ("Friends", "old and new", str(ALICE))
    roles = GroupParticipant.objects.filter(is_present=True).values_list("contact__jid", "role")
    assert set(roles) == {(str(ALICE), "superadmin"), (str(BOB), "member"), (str(OLIVIA), "admin")}
    gone = GroupChange.objects.get()
    assert (gone.kind, gone.contact.jid, gone.timestamp) == ("remove", str(ERIN), OLD + 220)
    calls = Call.objects.order_by("started_at").values_list("call_id", "status", "started_at", "duration")
    assert list(calls) == [("MISSED", "missed", OLD + 300, 0), ("TAKEN", "ended", OLD + 400, 61)]
    assert set(Story.objects.values_list("message_id", flat=True)) == {"STORY", "OURS"}
    assert StoryView.objects.get().viewed_at == OLD + 520


def test_a_call_of_which_signals_came_live_is_not_doubled(account: Account) -> None:
    offer = build_call(neonize_pb2.CallOffer, "MISSED", OLD + 300, creator=str(ALICE))
    arrive(account, [(codes.CALL_OFFER, offer, CAME)])
    drain(account)
    imported(account, a_life())
    assert Call.objects.get(call_id="MISSED").status == "missed"


def test_the_same_history_again_changes_nothing(account: Account) -> None:
    imported(account, a_life())
    before = rows_of_everything()
    imported(account, a_life())
    assert rows_of_everything() == before


def test_what_came_live_before_its_history_stays_as_it_is(account: Account) -> None:
    live = [
        build_message("HERS", "from her", sender=str(ALICE), timestamp=OLD + 60),
        build_message("NEW", "just now", sender=str(ALICE), timestamp=CAME // 1000, push_name="Alice A."),
    ]
    arrive(account, [(codes.MESSAGE, data, CAME) for data in live])
    drain(account)
    Message.objects.filter(message_id="HERS").update(is_starred=True)

    imported(account, a_life())

    assert Message.objects.filter(message_id="HERS").count() == 1
    assert Message.objects.get(message_id="HERS").is_starred
    chat = Chat.objects.get(jid=str(ALICE))
    assert (chat.last_message_body, chat.unread_count) == ("just now", 3)
    assert Contact.objects.get(jid=str(ALICE)).notify_name == "Alice A."


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_interrupted_import_goes_on_where_it_was(
    account: Account,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "PIECES_PER_SLICE", 5)
    hand_over(account, a_life())
    first = Importer(account)
    for _ in range(steps):
        first.step()
    second = Importer(account)
    while second.step():
        pass

    sync = HistorySync.objects.get()
    assert (sync.messages, sync.message_total) == (7, 7)
    assert sync.finished_at is not None
    assert Message.objects.filter(message_type="reaction").count() == 1
    assert Message.objects.count() == 6


def test_progress_is_told_and_the_messages_leave_the_blob(account: Account) -> None:
    row = hand_over(account, next(iter(many(10, 200, end=OLD))))
    size = len(bytes(row.data))
    importer = Importer(account)
    importer.step()
    sync = HistorySync.objects.under_way().get()
    assert 0 < sync.messages < sync.message_total == 2000
    while importer.step():
        pass
    row.refresh_from_db()
    assert row.state == InboxEvent.State.HANDLED
    assert len(bytes(row.data)) < size / 20
    told = Event.objects.filter(event_type="wa.messaging-history.set")
    assert told.count() == sync.step + 1 + (2000 - sync.messages) // history.PIECES_PER_SLICE + 1
    assert not Event.objects.filter(event_type="wa.messages.upsert").exists()


def test_old_files_wait_behind_new_ones_and_for_each_other(account: Account) -> None:
    blob = History(OLIVIA, "RECENT")
    chat = blob.chat(ALICE)
    for number in range(3):
        picture = waE2E.Message(imageMessage={"mimetype": "image/jpeg", "directPath": f"/{number}"})
        chat.says(ALICE, picture, at=OLD + number)
    imported(account, blob.blob())
    live = waE2E.Message(imageMessage={"mimetype": "image/jpeg", "directPath": "/new"})
    arrive(account, [(codes.MESSAGE, build_message("NEW", content=live), CAME)])
    drain(account)

    due = list(Media.objects.order_by("next_attempt_at").values_list("next_attempt_at", flat=True))
    assert due[0] == 0
    assert due[1] >= int(time.time()) - 60
    assert [later - earlier for earlier, later in itertools.pairwise(due[1:])] == [1, 1]


def test_one_message_that_cannot_be_understood_is_set_aside_alone(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from whatsapp.ingest.handlers.messages import IncomingMessage

    apply = IncomingMessage.apply

    def refuse(self: IncomingMessage, batch: Any) -> Any:
        if self.envelope.message_id == "HERS":
            raise RuntimeError("a mistake in the hub")
        return apply(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(IncomingMessage, "apply", refuse)
        imported(account, a_life())
    assert not Message.objects.filter(message_id="HERS").exists()
    assert Message.objects.filter(message_id="MINE").exists()
    aside = InboxEvent.objects.get(state=InboxEvent.State.QUARANTINED)
    assert "a mistake in the hub" in aside.error
    assert HistorySync.objects.get().failures == 1

    inbox.replay([InboxEvent.State.QUARANTINED])
    drain(account)
    assert Message.objects.get(message_id="HERS").body == "from her"
    assert Chat.objects.get(jid=str(ALICE)).is_archived


def test_an_edit_that_came_before_the_history_of_its_message_is_applied(account: Account) -> None:
    edit = build_edit("HERS", "corrected", moment=OLD + 90, sender=str(ALICE))
    arrive(account, [(codes.MESSAGE, edit, CAME)])
    drain(account)
    imported(account, a_life())
    assert Message.objects.get(message_id="HERS").body == "corrected"


def test_a_history_that_is_cut_short_is_set_aside_whole(account: Account) -> None:
    data = neonize_pb2.HistorySync(Data=a_life()).SerializeToString()[:-10]
    row = InboxEvent.objects.create(account=account, code=codes.HISTORY_SYNC, data=data, received_at=CAME)
    drain(account)
    row.refresh_from_db()
    assert (row.state, bytes(row.data)) == (InboxEvent.State.QUARANTINED, data)
    assert not HistorySync.objects.exists()


@pytest.mark.parametrize("pieces", [1, 2, 500])
def test_what_changes_an_older_message_finds_it_in_the_same_slice_or_in_a_later_one(
    account: Account, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone tells the newest first: a pin or a deletion comes before the message that it is about."""
    monkeypatch.setattr(history, "PIECES_PER_SLICE", pieces)
    blob = History(OLIVIA)
    chat = blob.chat(ALICE)
    kept = chat.says(ALICE, "keep this", at=OLD, message_id="KEPT")
    gone = chat.says(ALICE, "not this", at=OLD + 10, message_id="GONE")
    pin = waE2E.PinInChatMessage(key=kept.key, type=waE2E.PinInChatMessage.PIN_FOR_ALL)
    chat.says(ALICE, waE2E.Message(pinInChatMessage=pin), at=OLD + 20)
    chat.says(ALICE, compose.revoke(gone.key), at=OLD + 30)
    imported(account, blob.blob())

    assert Message.objects.get(message_id="KEPT").pinned_at == OLD + 20
    assert Message.objects.get(message_id="GONE").is_deleted
    assert not InboxEvent.objects.filter(waits_for__isnull=False).exists()


def test_a_change_whose_message_is_missing_waits_once_however_often_its_history_comes(
    account: Account,
) -> None:
    blob = History(OLIVIA)
    pin = waE2E.PinInChatMessage(key={"ID": "NEVER"}, type=waE2E.PinInChatMessage.PIN_FOR_ALL)
    blob.chat(ALICE).says(ALICE, waE2E.Message(pinInChatMessage=pin), at=OLD)
    imported(account, blob.blob())
    imported(account, blob.blob())

    assert InboxEvent.objects.filter(waits_for="NEVER").count() == 1


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_an_interruption_makes_no_difference(
    account: Account, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PIECES_PER_SLICE", 4)
    imported(account, a_life())
    whole = rows_of_everything()
    for model in (Story, StoryView, Message, Call, Chat, Group, Contact, LabelAssociation, Label):
        model._default_manager.all().delete()

    hand_over(account, a_life())
    importer = Importer(account)
    for _ in range(steps):
        importer.step()
    drain(account)

    assert rows_of_everything() == whole
