"""When two addresses turn out to be one person's, nothing that came under either is lost or counted twice."""

from typing import Any

import orjson
import pytest

from tests.protobufs import (
    ALICE,
    BOB,
    OLIVIA,
    build_edit,
    build_group,
    build_group_notice,
    build_message,
    build_receipt,
    partial,
)
from tests.whatsapp.ingest.arriving import Arrived, arrive, drain
from tests.whatsapp.ingest.test_order import FRIENDS
from whatsapp.ingest import codes, inbox
from whatsapp.ingest.handlers import messages
from whatsapp.jids import jid_message
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    Group,
    GroupParticipant,
    InboxEvent,
    Media,
    Message,
    MessageEdit,
    Receipt,
    Story,
)
from whatsapp.protobuf import neonize_pb2, waE2E

pytestmark = pytest.mark.django_db

LID = "900015550102@lid"
CAROL = "15550103@s.whatsapp.net"
CAME = 1_700_000_000_000
PICTURE = waE2E.Message(imageMessage={"mimetype": "image/jpeg", "caption": "sea", "directPath": "/x"})
State = InboxEvent.State


def come(account: Account, *arrived: Arrived) -> None:
    arrive(account, arrived)
    drain(account)


def message(message_id: str, sender: str, **details: Any) -> Arrived:
    return codes.MESSAGE, build_message(message_id, sender=sender, **details), CAME


def undecryptable(message_id: str, sender: str) -> Arrived:
    event = neonize_pb2.UndecryptableMessage(IsUnavailable=False)
    event.Info.CopyFrom(neonize_pb2.Message.FromString(build_message(message_id, sender=sender)).Info)
    return codes.UNDECRYPTABLE, partial(event), CAME


def pair(phone: str = BOB, lid: str = LID) -> Arrived:
    return codes.ADDRESSES, orjson.dumps([[phone, lid]]), CAME


def test_a_message_that_came_under_both_addresses_is_one_and_unread_once(account: Account) -> None:
    come(account, message("A", BOB), message("B", BOB))
    come(account, message("A", LID))
    come(account, pair())

    assert sorted(Message.objects.values_list("message_id", flat=True)) == ["A", "B"]
    assert Chat.objects.get().unread_count == 2


def test_its_file_and_its_earlier_bodies_stay(account: Account) -> None:
    edit = build_edit("A", "lake", sender=LID)
    come(account, undecryptable("A", BOB))
    come(account, message("A", LID, content=PICTURE), (codes.MESSAGE, edit, CAME))
    come(account, pair())

    row = Message.objects.get()
    assert (row.message_type, row.body, row.has_media) == ("image", "lake", True)
    assert row.raw is not None
    assert Media.objects.get().message == row
    assert list(MessageEdit.objects.filter(message=row).values_list("body", flat=True)) == ["sea", "lake"]
    assert Chat.objects.get().undecryptable_count == 0


def test_a_file_that_both_have_stays_once(account: Account) -> None:
    come(account, message("A", BOB, content=PICTURE))
    come(account, message("A", LID, content=PICTURE))
    come(account, pair())

    assert Media.objects.get().message == Message.objects.get()


def test_a_story_that_came_under_both_addresses_keeps_its_file(account: Account) -> None:
    status = "status@broadcast"
    come(account, message("A", BOB, chat=status, content=PICTURE))
    come(account, message("A", LID, chat=status, content=PICTURE))
    come(account, pair())

    assert Media.objects.get().story == Story.objects.get()


@pytest.mark.parametrize("read_under", [BOB, LID])
def test_what_was_read_under_one_address_is_read_under_the_other(account: Account, read_under: str) -> None:
    receipt = build_receipt(
        "X", kind=neonize_pb2.Receipt.READ_SELF, sender=read_under, timestamp=1_700_000_500
    )
    come(account, message("A", BOB), message("B", LID), message("C", BOB, timestamp=1_700_000_900))
    come(account, message("X", read_under), (codes.RECEIPT, receipt, CAME))
    come(account, pair())

    assert Chat.objects.get().unread_count == 1


def test_a_participant_is_counted_once_and_came_when_first_seen(account: Account) -> None:
    group = partial(build_group(FRIENDS, "Friends"))
    joined = build_group_notice(FRIENDS, 1_690_000_000, Join=[LID])
    come(account, (codes.GROUP_INFO, joined, CAME), (codes.GROUP, group, CAME))
    come(account, pair())

    assert Group.objects.get().participant_count == 3
    seat = GroupParticipant.objects.get(contact__jid=BOB)
    assert (seat.is_present, seat.added_at) == (True, 1_690_000_000)


def test_of_two_receipts_the_first_word_counts(account: Account) -> None:
    mine = build_message("MINE", sender=OLIVIA, chat=BOB, from_me=True)
    early, late = (
        (codes.RECEIPT, build_receipt("MINE", sender=who, timestamp=second), CAME)
        for who, second in ((LID, 100), (BOB, 200))
    )
    come(account, (codes.MESSAGE, mine, CAME), late)
    come(account, early)
    come(account, pair())

    receipt = Receipt.objects.get()
    assert (receipt.delivered_at, receipt.read_at) == (100, 100)


@pytest.mark.parametrize("known", [[LID], [LID, BOB]], ids=["by LID alone", "by both"])
def test_a_calls_participants_are_named_as_the_hub_names_them(account: Account, known: list[str]) -> None:
    come(account, *(message("A", who) for who in known))
    now = Contact.objects.get(jid=LID).first_seen_at
    Call.objects.create(
        account=account, call_id="C", started_at=1, participants=[ALICE, LID], created_at=now, updated_at=now
    )
    come(account, pair())

    assert Call.objects.get().participants == [ALICE, BOB]


def test_a_chat_is_called_as_its_person_is(account: Account) -> None:
    info = neonize_pb2.ContactInfo(FullName="Bob Brown", FirstName="Bob", PushName="", BusinessName="")
    people = neonize_pb2.ContactsGetAllContactsReturnFunction(
        Contact=[{"JID": jid_message(LID), "Info": info}]
    )
    come(account, message("A", BOB, push_name="bobby"), message("B", LID, push_name=""))
    come(account, (codes.CONTACTS, partial(people), CAME))
    come(account, pair())

    assert Chat.objects.get().name == "Bob Brown"


def test_who_changes_their_number_takes_their_lid_along(account: Account) -> None:
    come(account, message("OLD", BOB, alternative=LID), message("NEW", CAROL))
    come(account, pair(CAROL, LID), message("LATER", LID))

    assert not InboxEvent.objects.filter(state=State.QUARANTINED).exists()
    assert dict(Contact.objects.values_list("jid", "lid")) == {BOB: None, CAROL: LID}
    assert Message.objects.get(message_id="LATER").sender.jid == CAROL
    assert Message.objects.count() == 3


@pytest.mark.parametrize("together", [True, False])
def test_who_joined_before_a_list_that_does_not_name_them_has_left(account: Account, together: bool) -> None:
    joined = (codes.GROUP_INFO, build_group_notice(FRIENDS, 1_690_000_000, Join=[CAROL]), CAME)
    group = (codes.GROUP, partial(build_group(FRIENDS, "Friends")), CAME)
    found = []
    for order in ([joined, group], [group, joined]):
        if together:
            come(account, *order)
        else:
            come(account, order[0])
            come(account, order[1])
        seat = GroupParticipant.objects.get(contact__jid=CAROL)
        count = Group.objects.get().participant_count
        found.append((seat.is_present, seat.added_at, seat.left_at, count))
        Group.objects.all().delete()

    assert found == [(False, 1_690_000_000, CAME // 1000, 3)] * 2


def test_a_change_that_fails_does_not_take_its_message_with_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("a mistake in the hub")

    come(account, (codes.MESSAGE, build_edit("A", "second"), CAME))
    with monkeypatch.context() as patch:
        patch.setitem(messages.CHANGES, messages.MessageType.EDITED, fail)
        come(account, message("A", ALICE), message("B", ALICE))
    assert set(Message.objects.values_list("message_id", flat=True)) == {"A", "B"}
    assert InboxEvent.objects.get().state == State.QUARANTINED

    inbox.replay([State.QUARANTINED])
    drain(account)
    assert Message.objects.get(message_id="A").body == "second"
    assert not InboxEvent.objects.exclude(state=State.HANDLED).exists()
