"""The histories that a phone hands over, as they are built and as the library gives them to the hub."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from whatsapp.simulator import compose
from whatsapp.simulator.history import FOREVER, KINDS, History, NotUploaded, many
from whatsapp.simulator.jid import GROUP, STATUS, Jid
from whatsapp.simulator.library import events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

OLIVIA, ALICE, BOB = Jid("15550100"), Jid("15550101"), Jid("15550102")
FRIENDS = Jid("120363000000000001", GROUP)
NOON = 1_700_000_000


def only_chat(history: History) -> Any:
    (chat,) = history.blob().conversations
    return chat


def test_a_chat_says_how_the_phone_keeps_it() -> None:
    history = History(OLIVIA)
    history.chat(
        ALICE.at_device(0), name="Alice", archived=True, pinned=NOON, muteEndTime=FOREVER, unreadCount=3,
        ephemeralExpiration=86_400, lidJID=Jid("155501010077", "lid"),
    )  # fmt: skip
    chat = only_chat(history)
    assert (chat.ID, chat.name, chat.archived, chat.pinned, chat.unreadCount) == (
        "15550101@s.whatsapp.net",
        "Alice",
        True,
        NOON,
        3,
    )
    assert (chat.muteEndTime, chat.ephemeralExpiration, chat.lidJID) == (
        2**64 - 1,
        86_400,
        "155501010077@lid",
    )


def test_messages_go_from_the_newest_to_the_oldest_and_say_who_wrote_them() -> None:
    history = History(OLIVIA)
    chat = history.chat(FRIENDS, name="Friends", participants={OLIVIA: "ADMIN", BOB: ""})
    chat.says(BOB, "first", at=NOON, pushName="Bob", starred=True)
    chat.says(OLIVIA, "second", at=NOON + 60, status="DELIVERY_ACK")
    second, first = (entry.message for entry in only_chat(history).messages)
    assert first.message.conversation == "first"
    assert first.participant == first.key.participant == str(BOB)
    assert (first.key.fromMe, first.pushName, first.starred) == (False, "Bob", True)
    assert (second.key.fromMe, second.participant, second.status) == (True, "", type(second).DELIVERY_ACK)
    assert only_chat(history).conversationTimestamp == NOON + 60
    assert [person.rank for person in only_chat(history).participant] == [1, 0]


def test_the_owner_is_known_by_the_lid_too() -> None:
    lid = Jid("155501000077", "lid")
    history = History(OLIVIA, lid=lid)
    info = history.chat(FRIENDS).says(lid, "it's me", at=NOON)
    assert (info.key.fromMe, info.participant) == (True, "")


def test_reactions_votes_and_receipts_are_attached() -> None:
    history = History(OLIVIA)
    chat = history.chat(FRIENDS)
    poll = chat.says(BOB, compose.poll("When?", ["6:00", "7:00"], 1), at=NOON)
    chat.reacts(poll, OLIVIA, "👍")
    chat.reacts(poll, ALICE, "🎉", at=NOON + 9)
    chat.votes(poll, ALICE, ["6:00"])
    chat.receipt(poll, ALICE, delivered=NOON + 1, read=NOON + 2)
    (info,) = (entry.message for entry in only_chat(history).messages)
    mine, hers = info.reactions
    assert (mine.text, mine.key.fromMe, mine.key.participant) == ("👍", True, "")
    assert (hers.text, hers.key.participant, hers.senderTimestampMS) == ("🎉", str(ALICE), (NOON + 9) * 1000)
    (vote,) = info.pollUpdates
    assert vote.vote.selectedOptions == [hashlib.sha256(b"6:00").digest()]
    assert vote.pollUpdateMessageKey.participant == str(ALICE)
    (receipt,) = info.userReceipt
    assert (receipt.userJID, receipt.readTimestamp, receipt.playedTimestamp) == (str(ALICE), NOON + 2, 0)
    assert info.messageSecret == info.message.messageContextInfo.messageSecret != b""


def test_what_is_no_message_has_a_type_and_parameters() -> None:
    history = History(OLIVIA)
    history.chat(FRIENDS).happens("GROUP_CHANGE_SUBJECT", at=NOON, by=BOB, parameters=["Best friends"])
    (info,) = (entry.message for entry in only_chat(history).messages)
    assert info.messageStubType == type(info).GROUP_CHANGE_SUBJECT
    assert list(info.messageStubParameters) == ["Best friends"]
    assert not info.HasField("message")


def test_a_file_need_not_be_uploaded() -> None:
    history = History(OLIVIA)
    picture = compose.image(NotUploaded(b"jpeg"), caption="look", mimetype="image/jpeg")
    info = history.chat(ALICE).says(ALICE, picture, at=NOON)
    assert info.message.imageMessage.fileSHA256 == hashlib.sha256(b"jpeg").digest()
    assert len(info.message.imageMessage.mediaKey) == 32


def test_calls_stories_and_people_who_left_are_in_it() -> None:
    history = History(OLIVIA, "NON_BLOCKING_DATA")
    history.call(ALICE, "MISSED", at=NOON, video=True)
    history.call(OLIVIA, "CONNECTED", at=NOON, seconds=62, participants={ALICE: "CONNECTED"}, unit=1)
    history.story(ALICE, "at the beach", at=NOON, viewed=True)
    history.left(FRIENDS, BOB, at=NOON)
    history.left(FRIENDS, ALICE, at=NOON, removed=True)
    history.lids({ALICE: Jid("155501010077", "lid")})
    blob = history.blob()
    missed, answered = blob.callLogRecords
    assert (missed.isIncoming, missed.isVideo, missed.startTime) == (True, True, NOON * 1000)
    assert (answered.isIncoming, answered.duration, answered.startTime) == (False, 62, NOON)
    assert (blob.statusV3Messages[0].key.remoteJID, blob.statusV3Messages[0].participant) == (
        str(STATUS),
        str(ALICE),
    )
    (past,) = blob.pastParticipants
    assert [person.leaveReason for person in past.pastParticipants] == [0, 1]
    assert blob.phoneNumberToLidMappings[0].lidJID == "155501010077@lid"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_history_reaches_the_hub_as_it_is(hub: HubDouble, olivia: Phone, kind: str) -> None:
    history = History(olivia.jid, kind, chunk=2, progress=70)
    history.chat(ALICE, name="Alice").says(ALICE, "long ago", at=NOON)
    olivia.hands_over_history(history.blob())
    event = hub.waits_for(events.HistorySyncEv)
    assert (event.Data.syncType, event.Data.chunkOrder, event.Data.progress) == (
        type(event.Data).HistorySyncType.Value(kind),
        2,
        70,
    )
    assert event.Data.conversations[0].messages[0].message.message.conversation == "long ago"


def test_a_great_history_is_uploaded_and_comes_whole(hub: HubDouble, olivia: Phone) -> None:
    (blob,) = many(40, 100, owner=olivia.jid)
    olivia.hands_over_history(blob)
    data = hub.waits_for(events.HistorySyncEv, timeout=30).Data
    assert sum(len(chat.messages) for chat in data.conversations) == 4000


def test_the_hub_learns_names_and_lids_from_a_history(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    from whatsapp.simulator.client import wait_until
    from whatsapp.simulator.library import build_jid

    history = History(olivia.jid, "PUSH_NAME")
    history.names({Jid("15550188"): "Zoe"})
    history.lids({Jid("15550188"): Jid("9988", "lid")})
    olivia.hands_over_history(history.blob())
    wait_until(lambda: hub.api.contact.get_contact(build_jid("15550188")).PushName == "Zoe", 5, "the name")
    wait_until(lambda: hub.api.get_pn_from_lid(build_jid("9988", "lid")).User == "15550188", 5, "the LID")


def test_a_hundred_thousand_messages_take_a_few_seconds() -> None:
    import time

    begin = time.monotonic()
    blobs = list(many(500, 200))
    assert sum(len(chat.messages) for blob in blobs for chat in blob.conversations) == 100_000
    assert [blob.progress for blob in blobs][-1] == 100
    assert time.monotonic() - begin < 5
    newest, second, *_ = blobs[0].conversations[0].messages
    assert newest.message.messageTimestamp - second.message.messageTimestamp == 60


def test_histories_are_built_without_neonize() -> None:
    program = (
        "import sys; from whatsapp.simulator import history; next(history.many(1, 1));"
        "print('neonize' in sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"
