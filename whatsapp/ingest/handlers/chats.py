"""Chats: what was set on the phone, and what the hub itself has marked as read."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.group_rows import group_of, put
from whatsapp.ingest.handlers.envelope import is_direct
from whatsapp.ingest.handlers.storing import log_update
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.ingest.unread import note_read
from whatsapp.models import Chat, Group


def chat_at(batch: Batch, jid: str) -> Chat:
    """The chat with that JID; a person's, by either address."""
    return batch.chat(batch.contact(Address.of(jid)).jid if is_direct(jid) else jid)


def touch(jid: str) -> Touched:
    touched = Touched(jids={jid})
    return touched.people([Address.of(jid)]) if is_direct(jid) else touched


def mute(batch: Batch, chat: Chat, until: int | None) -> None:
    """Mutes the chat until then (Unix seconds; -1: for ever; None or 0: not at all)."""
    batch.put(chat, is_muted=bool(until), mute_expiry=until if until and until > 0 else None)


@handles(codes.CHAT_SETTINGS, None)
@dataclass(slots=True)
class ChatSettings:
    """`[{"jid", "archived", "pinned", "muted_until"}, …]` as the library's store has them."""

    settings: list[dict[str, Any]]

    @classmethod
    def parse(cls, event: list[dict[str, Any]], arrival: Arrival) -> "ChatSettings":
        return cls(event)

    def touches(self) -> Touched:
        touched = Touched()
        for one in self.settings:
            touched.jids |= {one["jid"]}
            if is_direct(one["jid"]):
                touched.people([Address.of(one["jid"])])
        return touched

    def apply(self, batch: Batch) -> Outcome:
        for one in self.settings:
            chat = chat_at(batch, one["jid"])
            batch.put(chat, is_archived=one["archived"], is_pinned=one["pinned"])
            mute(batch, chat, one["muted_until"])
        return Outcome.HANDLED


@handles(codes.CHAT_READ, None)
@dataclass(slots=True)
class ChatRead:
    """`{"jid", "at"}`: the hub has told WhatsApp that all until then (Unix seconds) is read."""

    jid: str
    second: int

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "ChatRead":
        return cls(event["jid"], arrival.time_of(int(event["at"])))

    def touches(self) -> Touched:
        return touch(self.jid)

    def apply(self, batch: Batch) -> Outcome:
        note_read(batch, chat_at(batch, self.jid), self.second)
        return Outcome.HANDLED


@handles(codes.CHAT_MARKED, None)
@dataclass(slots=True)
class ChatMarked:
    """`{"jid", "unread"}`: the hub itself has marked the chat as unread, or not any more."""

    jid: str
    is_unread: bool

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "ChatMarked":
        return cls(event["jid"], bool(event["unread"]))

    def touches(self) -> Touched:
        return touch(self.jid)

    def apply(self, batch: Batch) -> Outcome:
        batch.put(chat_at(batch, self.jid), is_marked_unread=self.is_unread)
        return Outcome.HANDLED


@handles(codes.STAR, None)
@dataclass(slots=True)
class Star:
    """`{"jid", "message_id", "starred"}`: the hub itself has given a message a star, or taken it away."""

    jid: str
    message_id: str
    is_starred: bool

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "Star":
        return cls(event["jid"], event["message_id"], bool(event["starred"]))

    def touches(self) -> Touched:
        touched = touch(self.jid)
        touched.message_ids.add(self.message_id)
        return touched

    def apply(self, batch: Batch) -> Outcome:
        for message in batch.messages_with_id(self.message_id, chat_at(batch, self.jid)):
            if batch.put(message, is_starred=self.is_starred):
                log_update(batch, message, {"starred": self.is_starred})
        return Outcome.HANDLED


@handles(codes.INVITE_CODE, None)
@dataclass(slots=True)
class InviteCode:
    """`{"jid", "code"}`: a group's invite code, asked for."""

    jid: str
    code: str
    second: int

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "InviteCode":
        return cls(event["jid"], event["code"], arrival.second)

    def touches(self) -> Touched:
        return Touched(jids={self.jid}).rows(Group, self.jid)

    def apply(self, batch: Batch) -> Outcome:
        put(batch, group_of(batch, self.jid), self.second, invite_code=self.code)
        return Outcome.HANDLED
