"""What the owner's phone knew before the hub was linked: last week's conversations."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.library import action_proto, history_proto

if TYPE_CHECKING:
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person

DAY = 86_400

#: Last week's talk with each contact in turn; the owner speaks where the line begins with a dash.
TALKS = (
    (
        "Are you back from Lisbon?",
        "- Yes, since Monday. Tired and happy",
        "Coffee soon?",
        "- Thursday?",
        "Thursday!",
    ),
    ("Can you send me the train times?", "- 7:42 and 8:12", "Thanks! Early one then", "- Brave"),
    ("Happy birthday!! 🎂", "- Thank you!! You remembered", "I have a list", "- Of course you have"),
    ("- Did the parcel come?", "It did, yesterday", "- And?", "It's perfect. Who told you my size?"),
    ("I owe you 14.50", "- It was 12", "With interest", "- 😂"),
)


def recent(owner: Person, contacts: Iterable[Person], group: GroupChat, chance: random.Random) -> Any:
    """A HistorySync with one conversation for each contact and one for the group, and a missed call."""
    now = int(time.time())
    blob = history_proto.HistorySync(
        syncType=history_proto.HistorySync.INITIAL_BOOTSTRAP, chunkOrder=1, progress=100
    )
    contacts = list(contacts)
    for index, contact in enumerate(contacts):
        conversation = blob.conversations.add(ID=str(contact.jid), name=contact.name)
        at = now - (7 - index) * DAY + chance.randrange(DAY // 2)
        for line in TALKS[index % len(TALKS)]:
            at += chance.randrange(30, 900)
            _add(
                conversation,
                contact.jid,
                None,
                line.removeprefix("- "),
                line.startswith("- "),
                at,
                contact.name,
            )
        conversation.conversationTimestamp = conversation.lastMsgTimestamp = at
        conversation.unreadCount = 1 if index == 3 else 0
        if index == 1:
            conversation.pinned = now
        if index == 4:
            conversation.archived = True
        blob.phoneNumberToLidMappings.add(pnJID=str(contact.jid), lidJID=str(contact.lid))
    _add_group(blob, group, contacts, owner, now)
    # A recording rather than a guess: whatsmeow gives a call's length only in the history.
    call = blob.callLogRecords.add(
        callResult=action_proto.CallLogRecord.MISSED,
        startTime=(now - 2 * DAY) * 1000,
        isIncoming=True,
        isVideo=False,
        callID=_id(contacts[0].jid, "call"),
        callCreatorJID=str(contacts[0].jid),
    )
    call.participants.add(userJID=str(contacts[0].jid))
    return blob


def names(contacts: Iterable[Person]) -> Any:
    """A HistorySync with the names that people gave themselves."""
    blob = history_proto.HistorySync(syncType=history_proto.HistorySync.PUSH_NAME, chunkOrder=1, progress=100)
    for contact in contacts:
        blob.pushnames.add(ID=str(contact.jid), pushname=contact.name)
    return blob


def _add_group(blob: Any, group: GroupChat, contacts: list[Person], owner: Person, now: int) -> None:
    conversation = blob.conversations.add(ID=str(group.jid), name=group.name)
    for person in (owner, *contacts):
        conversation.participant.add(userJID=str(person.jid))
    at = now - 3 * DAY
    lines = ((contacts[0], "Saturday looks good. Who's in?"), (contacts[1], "Me!"), (None, "Me too"))
    for speaker, line in lines:
        at += 240
        author = speaker.jid if speaker else None
        _add(conversation, group.jid, author, line, speaker is None, at, (speaker or owner).name)
    conversation.conversationTimestamp = conversation.lastMsgTimestamp = at


def _add(
    conversation: Any, chat: Jid, author: Jid | None, line: str, from_me: bool, at: int, push_name: str
) -> None:
    entry = conversation.messages.add(msgOrderID=len(conversation.messages) + 1)
    info = entry.message
    info.key.CopyFrom(compose.key(chat, _id(chat, line), from_me, author))
    info.message.CopyFrom(compose.text(line))
    info.messageTimestamp = at
    info.pushName = push_name
    if author:
        info.participant = str(author)
    info.status = type(info).READ


def _id(chat: Jid, line: str) -> str:
    """The same line has the same id the next time, so that a demo that is run again repeats nothing."""
    return "3EB0" + hashlib.sha256(f"{chat} {line}".encode()).hexdigest()[:18].upper()
