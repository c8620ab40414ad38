"""One person is one contact and one chat, whichever address came first and whenever the pair is learnt."""

import itertools
from typing import Any

import orjson
import pytest

from tests.protobufs import (
    BOB,
    OLIVIA,
    build_call,
    build_group,
    build_message,
    build_reaction,
    build_receipt,
    partial,
)
from tests.whatsapp.ingest.arriving import Arrived, arrive, drain
from tests.whatsapp.ingest.test_order import FRIENDS
from whatsapp.ingest import codes
from whatsapp.jids import jid_message
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    Event,
    GroupParticipant,
    InboxEvent,
    Message,
    Presence,
    Reaction,
    Receipt,
)
from whatsapp.protobuf import neonize_pb2
from whatsapp.simulator.history import History
from whatsapp.simulator.jid import Jid

pytestmark = pytest.mark.django_db

LID = "900015550102@lid"
CAME = 1_700_000_000_000


def message(message_id: str, sender: str, second: int, **details: Any) -> Arrived:
    return codes.MESSAGE, build_message(message_id, sender=sender, timestamp=second, **details), CAME


def by_phone() -> list[Arrived]:
    """What Bob does, addressed by his number."""
    online = neonize_pb2.Presence(Unavailable=False, LastSeen=0)
    online.From.CopyFrom(jid_message(BOB))
    return [
        message("P1", BOB, 100, push_name="Bob"),
        message("P2", BOB, 110),
        (codes.MESSAGE, build_reaction("MINE", "👍", moment=120, sender=BOB), CAME),
        (codes.CALL_OFFER, build_call(neonize_pb2.CallOffer, "C1", 130, creator=BOB), CAME),
        (codes.PRESENCE, partial(online), CAME),
        (codes.GROUP, partial(build_group(FRIENDS, "Friends")), CAME),
    ]


def by_lid() -> list[Arrived]:
    """What he does, addressed by his LID."""
    receipt = build_receipt("MINE", sender=LID, timestamp=210)
    typing = neonize_pb2.ChatPresence(State=neonize_pb2.ChatPresence.COMPOSING)
    typing.MessageSource.Sender.CopyFrom(jid_message(LID))
    typing.MessageSource.Chat.CopyFrom(jid_message(LID))
    return [
        message("L1", LID, 200),
        message("L2", LID, 205, chat=FRIENDS),
        (codes.RECEIPT, receipt, CAME),
        (codes.MESSAGE, build_reaction("MINE", "❤️", moment=220, sender=LID), CAME),
        (codes.CALL_OFFER, build_call(neonize_pb2.CallOffer, "C2", 230, creator=LID), CAME),
        (codes.CHAT_PRESENCE, partial(typing), CAME),
    ]


def told_in_a_message() -> list[Arrived]:
    return [message("BOTH", LID, 300, alternative=BOB)]


def told_by_the_library() -> list[Arrived]:
    return [(codes.ADDRESSES, orjson.dumps([[BOB, LID]]), CAME)]


def told_by_a_history() -> list[Arrived]:
    blob = History(Jid("15550100"))
    blob.lids({Jid("15550102"): Jid("900015550102", "lid")})
    return [(codes.HISTORY_SYNC, neonize_pb2.HistorySync(Data=blob.blob()).SerializeToString(), CAME)]


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "a batch each"])
@pytest.mark.parametrize("tell", [told_in_a_message, told_by_the_library, told_by_a_history])
@pytest.mark.parametrize("order", list(itertools.permutations(["phone", "lid", "tell"])), ids="-".join)
def test_two_addresses_become_one_person(
    account: Account,
    order: tuple[str, ...],
    tell: Any,
    together: bool,
) -> None:
    parts = {"phone": by_phone, "lid": by_lid, "tell": tell}
    mine = build_message("MINE", "mine", sender=OLIVIA, chat=BOB, from_me=True, timestamp=50)
    arrive(account, [(codes.MESSAGE, mine, CAME)])
    drain(account)
    for part in order:
        arrive(account, parts[part]())
        if not together:
            drain(account)
    drain(account)
    # Who is told of a pair before either is known remembers it in the contact itself.
    arrive(account, tell())
    drain(account)

    assert list(InboxEvent.objects.filter(state=InboxEvent.State.QUARANTINED).values_list("error")) == []
    bob = Contact.objects.get(jid=BOB)
    assert (bob.lid, bob.phone_number, bob.notify_name) == (LID, "15550102", "Alice")
    assert not Contact.objects.filter(jid=LID).exists()
    chat = Chat.objects.get(jid=BOB)
    assert not Chat.objects.filter(jid=LID).exists()
    ids = set(Message.objects.filter(sender=bob).values_list("message_id", flat=True))
    told = {"BOTH"} if tell is told_in_a_message else set()
    assert ids == {"P1", "P2", "L1", "L2", "REACT-MINE-120", "REACT-MINE-220"} | told
    assert Message.objects.filter(chat=chat).exclude(message_id__in=["L2"]).count() == 6 + len(told)
    assert chat.unread_count == 3 + len(told)
    assert Receipt.objects.get(message_id="MINE").contact == bob
    assert Message.objects.get(message_id="MINE").status == "read"
    assert [(one.sender, one.emoji) for one in Reaction.objects.all()] == [(bob, "❤️")]
    assert GroupParticipant.objects.filter(contact=bob).count() == 1
    assert set(Call.objects.values_list("caller__jid", "chat__jid")) == {(BOB, BOB)}
    presence = Presence.objects.get()
    assert (presence.contact, presence.is_online, presence.chat_state) == (bob, True, "composing")


def test_merging_is_told(account: Account) -> None:
    arrive(account, [message("P", BOB, 100), message("L", LID, 110)])
    drain(account)
    arrive(account, told_by_the_library())
    drain(account)

    deleted = Event.objects.get(event_type="wa.chats.delete")
    assert orjson.loads(deleted.payload) == [LID]
    updated = Event.objects.filter(event_type="wa.contacts.update").last()
    assert updated is not None
    assert orjson.loads(updated.payload)[0]["lid"] == LID
