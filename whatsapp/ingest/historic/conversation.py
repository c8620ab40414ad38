"""Of a history: a chat and its settings, and of a group what the phone knows of it."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest import group_rows
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import name as name_of
from whatsapp.ingest.content.values import number, text
from whatsapp.ingest.handlers import chats
from whatsapp.ingest.handlers.changes import set_timer
from whatsapp.ingest.handlers.envelope import is_direct
from whatsapp.ingest.historic.values import address_of, to_seconds
from whatsapp.ingest.registry import Outcome, Touched
from whatsapp.ingest.unread import note_read
from whatsapp.ingest.webmessage import peer_of
from whatsapp.jids import STATUS_JID, is_group
from whatsapp.models import Chat, Group, GroupParticipant
from whatsapp.protobuf import waHistorySync

ROLES = {
    waHistorySync.GroupParticipant.REGULAR: GroupParticipant.Role.MEMBER,
    waHistorySync.GroupParticipant.ADMIN: GroupParticipant.Role.ADMIN,
    waHistorySync.GroupParticipant.SUPERADMIN: GroupParticipant.Role.SUPERADMIN,
}

ENDLESS = 1 << 63  # from there on a mute has no end: -1 in an unsigned field


@dataclass(slots=True)
class Conversation:
    """A chat: its settings, and of a group what the phone knows of it."""

    chat: waHistorySync.Conversation
    jid: str
    second: int  # Unix seconds: when the history came
    is_empty: bool  # the history has no messages of it

    @property
    def peer(self) -> Address:
        return peer_of(self.chat, self.jid)

    @property
    def seats(self) -> list[tuple[Address, str]]:
        return [(address_of(one.userJID), ROLES.get(one.rank, ROLES[0])) for one in self.chat.participant]

    @property
    def creator(self) -> Address:
        return address_of(self.chat.createdBy)

    def touches(self) -> Touched:
        touched = Touched(jids={self.jid})
        if is_direct(self.jid):
            return touched.people([self.peer])
        touched.people([self.creator, *(address for address, _ in self.seats)])
        return touched.rows(Group, self.jid).rows(GroupParticipant, self.jid)

    def apply(self, batch: Batch) -> Outcome:
        source = self.chat
        if self.jid == STATUS_JID:
            return Outcome.HANDLED
        contact = batch.contact(self.peer) if is_direct(self.jid) else None
        chat = batch.chat(contact.jid if contact else self.jid)
        name = name_of(source.name) or name_of(source.displayName)
        if contact is not None:
            if name and contact.name is None and name != contact.notify_name:
                batch.put(contact, name=name)
            batch.people.rename_chat_of(contact)
        elif name and chat.name is None:
            batch.put(chat, name=name)
        self._set_up(batch, chat)
        if is_group(self.jid):
            self._describe_group(batch)
        return Outcome.HANDLED

    def _set_up(self, batch: Batch, chat: Chat) -> None:
        """Takes up what the phone says; what it doesn't mention stays."""
        source = self.chat
        if source.HasField("archived"):
            batch.put(chat, is_archived=source.archived)
        if source.HasField("pinned"):
            batch.put(chat, is_pinned=source.pinned > 0)
        if source.HasField("muteEndTime"):
            endless = source.muteEndTime >= ENDLESS
            chats.mute(batch, chat, -1 if endless else to_seconds(source.muteEndTime))
        if source.HasField("ephemeralExpiration"):
            since = to_seconds(max(source.ephemeralSettingTimestamp, 0)) or 1
            set_timer(batch, chat, number(source, "ephemeralExpiration") or 0, since)
        moment = to_seconds(source.conversationTimestamp or source.lastMsgTimestamp)
        if moment and source.HasField("unreadCount"):
            note_read(batch, chat, moment, number(source, "unreadCount") or 0)
        if source.HasField("markedAsUnread"):
            batch.put(chat, is_marked_unread=source.markedAsUnread)
        if moment and self.is_empty and chat.last_message_ts is None:
            batch.put(chat, last_message_ts=moment)

    def _describe_group(self, batch: Batch) -> None:
        source, second = self.chat, self.second
        group = group_rows.group_of(batch, self.jid)
        told = {"name": name_of(source.name), "description": text(source.description)}
        values: dict[str, Any] = {field: value for field, value in told.items() if value}
        if source.HasField("isParentGroup"):
            values["is_community"] = source.isParentGroup
        if source.HasField("isDefaultSubgroup"):
            values["is_default_subgroup"] = source.isDefaultSubgroup
        if source.parentGroupID:
            values["parent_jid"] = text(source.parentGroupID)
        if source.HasField("ephemeralExpiration"):
            values["ephemeral_duration"] = number(source, "ephemeralExpiration") or None
        group_rows.put(batch, group, second, **values)
        if self.creator:
            batch.put(group, owner=batch.contact(self.creator))
        if source.createdAt:
            batch.put(group, creation_time=to_seconds(source.createdAt))
        for address, role in self.seats:
            if address:
                group_rows.place(batch, group, batch.contact(address), second, True, role)
        group_rows.count(batch, group)
