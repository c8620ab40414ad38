"""What a phone hands over to a device it links: HistorySync blobs.

Nothing is sent here and neonize is not loaded.

::

    history = History(olivia.jid, "RECENT", progress=40)
    chat = history.chat(alice.jid, name="Alice", archived=True, unreadCount=1)
    hello = chat.says(alice.jid, "hello", at=1_700_000_000)
    chat.reacts(hello, olivia.jid, "👍")
    olivia.hands_over_history(history.blob())

Facts: the fields are those of ``WAWebProtobufsHistorySync``; a phone lists a chat's messages from the newest
to the oldest; a reaction and a vote name their author by the key of the message that carried them;
whatsmeow's ``DownloadHistorySync`` keeps the LID mappings and, of a PUSH_NAME blob only, the names.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from whatsapp.protobuf import waHistorySync
from whatsapp.simulator import compose
from whatsapp.simulator.jid import GROUP, Jid

#: The kinds of blob that phones make.
KINDS = (
    "INITIAL_BOOTSTRAP",
    "PUSH_NAME",
    "INITIAL_STATUS_V3",
    "NON_BLOCKING_DATA",
    "RECENT",
    "FULL",
    "ON_DEMAND",
)

#: How a call ended, in the names of ``CallLogRecord.CallResult`` that a phone writes for calls that are over.
CALL_RESULTS = ("CONNECTED", "REJECTED", "CANCELLED", "ACCEPTEDELSEWHERE", "MISSED")

#: ``muteEndTime`` of a chat that is muted without an end: -1 in an unsigned field.
FOREVER = 2**64 - 1


class History:
    """One blob in the making; ``owner`` is whose phone hands it over, ``lid`` the owner's other address."""

    def __init__(
        self,
        owner: Jid,
        kind: str = "INITIAL_BOOTSTRAP",
        *,
        lid: Jid | None = None,
        chunk: int = 1,
        progress: int = 100,
    ) -> None:
        self.owner = owner
        self._users = {owner.user, lid.user if lid else owner.user}
        self._blob: Any = waHistorySync.HistorySync(syncType=kind, chunkOrder=chunk, progress=progress)

    def chat(self, jid: Jid, *, participants: Mapping[Jid, str] | None = None, **fields: Any) -> Chat:
        """A conversation. Fields are those of Conversation: name, archived, pinned (when, in seconds),
        muteEndTime (in seconds; FOREVER), unreadCount, markedAsUnread, ephemeralExpiration, pnJID, lidJID,
        createdBy, description …

        Participants are addresses and ranks: ``""``, ``"ADMIN"`` or ``"SUPERADMIN"``.
        """
        conversation = self._blob.conversations.add(ID=str(jid))
        _set(conversation, fields)
        for person, rank in (participants or {}).items():
            conversation.participant.add(userJID=str(person), rank=rank or "REGULAR")
        return Chat(conversation, jid, self)

    def is_owner(self, person: Jid) -> bool:
        """Whether the phone is this person's."""
        return person.user in self._users

    def names(self, names: Mapping[Jid, str]) -> None:
        """The names that people gave themselves."""
        for jid, name in names.items():
            self._blob.pushnames.add(ID=str(jid), pushname=name)

    def lids(self, pairs: Mapping[Jid, Jid]) -> None:
        """Which LID belongs to which number."""
        for number, lid in pairs.items():
            self._blob.phoneNumberToLidMappings.add(pnJID=str(number), lidJID=str(lid))

    def call(
        self,
        creator: Jid,
        result: str,
        *,
        at: int,
        seconds: int = 0,
        video: bool = False,
        group: Jid | None = None,
        participants: Mapping[Jid, str] | None = None,
        call_id: str = "",
        unit: int = 1000,
        **fields: Any,
    ) -> Any:
        """A line of the call log. The result is one of CALL_RESULTS; participants have results of their own.

        Phones have been seen to write the start in seconds, milliseconds and microseconds (pull request 258
        of openclaw/wacli): ``unit`` says how many make a second.
        """
        record = self._blob.callLogRecords.add(
            callResult=result,
            startTime=at * unit,
            duration=seconds,
            isIncoming=not self.is_owner(creator),
            isVideo=video,
            callID=call_id or _identifier(f"call {creator} {at}"),
            callCreatorJID=str(creator),
            callType="REGULAR",
            **fields,
        )
        if group:
            record.groupJID = str(group)
        for person, answer in (participants or {creator: result}).items():
            record.participants.add(userJID=str(person), callResult=answer)
        return record

    def story(
        self,
        author: Jid,
        content: Any,
        *,
        at: int,
        message_id: str = "",
        viewed: bool = False,
        **fields: Any,
    ) -> Any:
        """A story (``statusV3Messages``); views of an own one are receipts: see Chat.receipt."""
        chat = Jid("status", "broadcast")
        info = self._blob.statusV3Messages.add()
        _fill(info, chat, author, content, at, from_me=self.is_owner(author), number=at)
        info.participant = info.key.participant = str(author)
        info.key.ID = message_id or info.key.ID
        info.statusAlreadyViewed = viewed
        _set(info, fields)
        return info

    def left(self, group: Jid, person: Jid, *, at: int, removed: bool = False) -> None:
        """Somebody who was in a group and isn't any more."""
        known = (entry for entry in self._blob.pastParticipants if entry.groupJID == str(group))
        entry = next(known, None) or self._blob.pastParticipants.add(groupJID=str(group))
        reason = "REMOVED" if removed else "LEFT"
        entry.pastParticipants.add(userJID=str(person), leaveReason=reason, leaveTS=at)

    def blob(self) -> Any:
        """The HistorySync: each chat's messages from the newest to the oldest, as phones send them."""
        blob = waHistorySync.HistorySync()
        blob.CopyFrom(self._blob)
        for conversation in blob.conversations:
            conversation.messages.sort(key=lambda entry: entry.msgOrderID, reverse=True)
        return blob


class Chat:
    """One conversation; what is said in it is told from the oldest to the newest."""

    def __init__(self, conversation: Any, jid: Jid, history: History) -> None:
        self.conversation = conversation
        self._jid = jid
        self._history = history
        self._numbers = count(1)

    def says(self, author: Jid, content: Any, *, at: int, message_id: str = "", **fields: Any) -> Any:
        """A message: text or a waE2E Message. Returns the WebMessageInfo, to which fields of its own can be
        given: status (READ by default), pushName, starred, labels, ephemeralDuration, verifiedBizName …
        """
        number = next(self._numbers)
        entry = self.conversation.messages.add(msgOrderID=number)
        info = entry.message
        from_me = self._history.is_owner(author)
        _fill(info, self._jid, author, content, at, from_me=from_me, number=number)
        if message_id:
            info.key.ID = message_id
        _set(info, fields)
        self._note(at)
        return info

    def happens(self, stub: str, *, at: int, by: Jid | None = None, parameters: Iterable[str] = ()) -> Any:
        """Something that is no message: a name of WebMessageInfo.StubType (GROUP_CREATE, CALL_MISSED_VOICE …)
        and its parameters."""
        info = self.says(by or self._jid, None, at=at)
        info.messageStubType = type(info).StubType.Value(stub)
        info.messageStubParameters.extend(parameters)
        return info

    def reacts(self, info: Any, person: Jid, emoji: str, *, at: int | None = None) -> Any:
        """Somebody's reaction, attached to the message."""
        at = at or info.messageTimestamp + 1
        reaction = info.reactions.add(text=emoji, senderTimestampMS=at * 1000)
        reaction.key.CopyFrom(self._key(person, f"reaction {info.key.ID} {person}"))
        return reaction

    def votes(self, info: Any, person: Jid, options: Iterable[str], *, at: int | None = None) -> Any:
        """Somebody's vote in a poll: the SHA-256 of each option's name, in clear in a history."""
        at = at or info.messageTimestamp + 1
        update = info.pollUpdates.add(senderTimestampMS=at * 1000, serverTimestampMS=at * 1000)
        update.pollUpdateMessageKey.CopyFrom(self._key(person, f"vote {info.key.ID} {person}"))
        update.vote.selectedOptions.extend(hashlib.sha256(option.encode()).digest() for option in options)
        return update

    @staticmethod
    def receipt(info: Any, person: Jid, *, delivered: int = 0, read: int = 0, played: int = 0) -> Any:
        """When somebody had, saw and heard a message (or saw a story), in seconds."""
        receipt = info.userReceipt.add(userJID=str(person))
        return _set(
            receipt, {"receiptTimestamp": delivered, "readTimestamp": read, "playedTimestamp": played}
        )

    def _key(self, person: Jid, seed: str) -> Any:
        from_me = self._history.is_owner(person)
        named = self._jid.server == GROUP and not from_me
        return compose.key(self._jid, _identifier(seed), from_me, person if named else None)

    def _note(self, at: int) -> None:
        self.conversation.conversationTimestamp = max(self.conversation.conversationTimestamp, at)
        self.conversation.lastMsgTimestamp = self.conversation.conversationTimestamp


class NotUploaded(NamedTuple):
    """Stands for an upload in ``compose.image`` and the like: a file that is not on the media server."""

    data: bytes

    @property
    def url(self) -> str:
        """Where it would be."""
        return f"https://mmg.whatsapp.net{self.DirectPath}"

    @property
    def DirectPath(self) -> str:  # noqa: N802  neonize's name
        """Its path there."""
        return f"/v/t62.7118-24/{self.FileSHA256.hex()[:24]}?ccb=11-4"

    @property
    def MediaKey(self) -> bytes:  # noqa: N802
        """Some key."""
        return hashlib.sha256(b"key" + self.data).digest()

    @property
    def FileEncSHA256(self) -> bytes:  # noqa: N802
        """Some hash."""
        return hashlib.sha256(b"encrypted" + self.data).digest()

    @property
    def FileSHA256(self) -> bytes:  # noqa: N802
        """The hash of the content."""
        return hashlib.sha256(self.data).digest()

    @property
    def FileLength(self) -> int:  # noqa: N802
        """The size of the content."""
        return len(self.data)


def many(
    conversations: int,
    messages_each: int,
    *,
    owner: Jid | None = None,
    kind: str = "FULL",
    in_one_blob: int = 50,
    end: int | None = None,
) -> Iterator[Any]:
    """Blobs with that many chats of that many texts, for load tests: 100,000 messages in half a second.

    Every fifth chat is a group of three. One message comes a minute, the last at ``end``; ids are the same
    each time.
    """
    owner, end = owner or Jid("15550100"), end or int(time.time())
    blobs = -(-conversations // in_one_blob)
    for chunk in range(blobs):
        history = History(owner, kind, chunk=chunk + 1, progress=(chunk + 1) * 100 // blobs)
        for number in range(chunk * in_one_blob, min(conversations, (chunk + 1) * in_one_blob)):
            _add_many(history, number, messages_each, end)
        yield history._blob


def _add_many(history: History, number: int, messages: int, end: int) -> None:
    people = [Jid(f"1666{number:06}{person}") for person in range(2)]
    group = number % 5 == 0
    jid = Jid(f"1203631{number:011}", GROUP) if group else people[0]
    participants = dict.fromkeys((history.owner, *people), "") if group else None
    chat = history.chat(
        jid, name=f"Chat {number}", participants=participants, conversationTimestamp=end, lastMsgTimestamp=end
    )
    remote, entries = str(jid), chat.conversation.messages
    authors = [str(person) for person in people] if group else [None]
    # Written in one go, newest first: the convenient way above takes five times as long.
    for order in range(messages, 0, -1):
        from_me = order % 3 == 0
        key = {"remoteJID": remote, "fromMe": from_me, "ID": f"3EB0{number:08X}{order:08X}"}
        author = None if from_me else authors[order % len(authors)]
        if author:
            key["participant"] = author
        entries.add(
            msgOrderID=order,
            message={
                "key": key,
                "message": {"conversation": f"message {order} of chat {number}"},
                "messageTimestamp": end - 60 * (messages - order),
                "status": 4,
                "participant": author,
            },
        )


def _fill(info: Any, chat: Jid, author: Jid, content: Any, at: int, *, from_me: bool, number: int) -> None:
    named = not chat.is_person and not from_me
    seed = f"{chat} {author} {at} {number}"
    info.key.CopyFrom(compose.key(chat, _identifier(seed), from_me, author if named else None))
    if content is not None:
        info.message.CopyFrom(compose.text(content) if isinstance(content, str) else content)
    secret = info.message.messageContextInfo.messageSecret
    if secret:
        info.messageSecret = secret
    info.messageTimestamp = at
    info.status = type(info).READ
    if named:
        info.participant = str(author)


def _set(message: Any, fields: Mapping[str, Any]) -> Any:
    """Sets what is given and not empty; returns the message."""
    for name, value in fields.items():
        kind = message.DESCRIPTOR.fields_by_name[name].enum_type
        if isinstance(value, list | tuple):
            getattr(message, name).extend(value)
        elif kind and isinstance(value, str):
            setattr(message, name, kind.values_by_name[value].number)
        elif value not in (None, "", 0, False):
            setattr(message, name, str(value) if isinstance(value, Jid) else value)
    return message


def _identifier(seed: str) -> str:
    """The same thing at the same time has the same id each time."""
    return "3EB0" + hashlib.sha256(seed.encode()).hexdigest()[:18].upper()
