"""Messages: new ones, and those that edit, delete or react to earlier ones."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.batch import Address, Batch
from whatsapp.ingest.content import Content, MessageType, parse_content
from whatsapp.ingest.content.values import LAST_SECOND, text
from whatsapp.ingest.registry import Outcome, Touched, WaitsFor, handles
from whatsapp.jids import STATUS_JID, is_broadcast, is_group, jid_text
from whatsapp.models import Chat, Contact, Message, MessageEdit
from whatsapp.protobuf import neonize_pb2
from whatsapp.receipts import status_after
from whatsapp.records import message_key, message_record, short_record

# WhatsApp's numbers for how a message was changed: the stanza's `edit` attribute (whatsmeow,
# types.EditAttribute).
EDIT_BY_SENDER, REVOKE_BY_SENDER, REVOKE_BY_ADMIN = 1, 7, 8

# Kinds that say something about another message: no news for the list of chats.
ASIDES = {MessageType.REACTION, MessageType.POLL_UPDATE, MessageType.PIN, MessageType.KEEP}

BODY_PREVIEW = 200  # characters of a message that its chat shows

# What of a content goes to the message's column of the same name, as it is.
SAME_NAME = (
    "body",
    "quoted_id",
    "quoted_body",
    "is_forwarded",
    "forward_score",
    "is_ephemeral",
    "ephemeral_duration",
    "is_view_once",
    "reaction_emoji",
    "poll_name",
    "latitude",
    "longitude",
    "location_name",
    "location_address",
)


@handles(codes.MESSAGE, neonize_pb2.Message)
@dataclass(slots=True)
class IncomingMessage:
    """A message that came, or that we or another of our devices sent."""

    message_id: str
    chat_jid: str
    sender: Address
    peer: Address  # in a direct chat, the person at the other end
    from_me: bool
    timestamp: int
    push_name: str | None
    edit: str
    content: Content
    raw: bytes

    @classmethod
    def parse(cls, event: neonize_pb2.Message, raw: bytes) -> "IncomingMessage":
        info, source = event.Info, event.Info.MessageSource
        message_id = text(info.ID)
        if message_id is None:
            raise ValueError("the message has no id")
        sender = Address.of(jid_text(source.Sender), jid_text(source.SenderAlt))
        chat_jid = jid_text(source.Chat)
        other = jid_text(source.RecipientAlt if source.IsFromMe else source.SenderAlt)
        content = read_content(event)
        # neonize sends the message twice: what its wrappers say is in `Raw`, where the two differ.
        if event.HasField("Raw"):
            event.Message.CopyFrom(event.Raw)
            event.ClearField("Raw")
        return cls(
            message_id=message_id,
            chat_jid=chat_jid,
            sender=sender,
            peer=Address.of(chat_jid, other),
            from_me=source.IsFromMe,
            timestamp=min(max(info.Timestamp // 1000, 0), LAST_SECOND),
            push_name=text(info.Pushname),
            edit=info.Edit,
            content=content,
            raw=event.SerializePartialToString(),
        )

    @property
    def is_direct(self) -> bool:
        return not (is_group(self.chat_jid) or is_broadcast(self.chat_jid))

    def touches(self) -> Touched:
        return Touched(
            jids={self.chat_jid, self.sender.phone, self.sender.lid, self.peer.phone, self.peer.lid},
            message_ids={self.message_id, *self._target_ids()},
            seconds={self.timestamp},
        )

    def _target_ids(self) -> list[str]:
        targets = (self.content.target, self.content.reaction_target)
        return [target.id for target in targets if target is not None]

    def apply(self, batch: Batch) -> Outcome | WaitsFor:
        if self.chat_jid == STATUS_JID or self.content.ephemeral_setting is not None:
            return Outcome.WAITING
        if self.content.is_protocol:
            return Outcome.HANDLED
        sender = batch.contact(self.sender)
        chat = batch.chat(batch.contact(self.peer).jid if self.is_direct else self.chat_jid)
        change = CHANGES.get(self.content.message_type)
        if change is not None:
            return change(self, batch, chat, sender)
        self._store(batch, chat, sender)
        return Outcome.STORED

    def _store(self, batch: Batch, chat: Chat, sender: Contact) -> None:
        """Adds the message; one that is there already only gives what it did not have."""
        self._learn_name(batch, chat, sender)
        known = batch.message(self.message_id, chat, sender)
        if known is not None:
            self._complete(batch, known)
            return
        message = self._row(batch, chat, sender)
        batch.add_message(message)
        media = batch.add_media(message, self.content.media) if self.content.media else None
        self._update_chat(batch, chat)
        record = short_record(message_record(message, media))
        batch.log(
            events.MESSAGES_UPSERT,
            {"key": message_key(message), "record": record, "type": "notify"},
            message,
        )
        if self.content.reaction_target is not None:
            batch.log(events.MESSAGES_REACTION, self._reaction_payload(message))

    def _row(self, batch: Batch, chat: Chat, sender: Contact) -> Message:
        content = self.content
        message = Message(
            account=batch.account,
            chat=chat,
            sender=sender,
            message_id=self.message_id,
            from_me=self.from_me,
            timestamp=self.timestamp,
            push_name=self.push_name,
            message_type=content.message_type.value,
            is_broadcast=is_broadcast(chat.jid),
            has_media=content.media is not None,
            reaction_target_id=content.reaction_target.id if content.reaction_target else None,
            poll_options=list(content.poll_options) or None,
            mentions=list(content.mentions) or None,
            contacts=[asdict(card) for card in content.contacts] or None,
            raw=self.raw,
            created_at=batch.now,
            **{name: getattr(content, name) for name in SAME_NAME},
        )
        if self.from_me:
            message.status = Message.Status.SENT
            for receipt in batch.receipts_of(message):
                message.status = status_after(message.status, receipt)
            follow_status(batch, message.message_id, message.status)
        return message

    def _complete(self, batch: Batch, message: Message) -> None:
        """A redelivery: whatever has happened to the message since stays."""
        if message.raw is None:
            message.raw = self.raw
            batch.change(message, "raw")

    def _learn_name(self, batch: Batch, chat: Chat, sender: Contact) -> None:
        if self.from_me or not self.push_name:
            return
        if sender.notify_name != self.push_name:
            sender.notify_name = self.push_name
            batch.change(sender, "notify_name")
        if self.is_direct and chat.name is None:
            chat.name = sender.name or self.push_name
            batch.change(chat, "name")

    def _update_chat(self, batch: Batch, chat: Chat) -> None:
        if self.content.message_type in ASIDES:
            return
        if not self.from_me:
            chat.unread_count += 1
        if self.timestamp >= (chat.last_message_ts or 0):
            chat.last_message_ts = self.timestamp
            chat.last_message_body = (self.content.body or "")[:BODY_PREVIEW] or None
        batch.change(chat, "unread_count", "last_message_ts", "last_message_body")

    def _reaction_payload(self, message: Message) -> list[dict[str, Any]]:
        target = self.content.reaction_target
        assert target is not None
        key = {"remoteJid": message.chat.jid, "fromMe": target.from_me, "id": target.id}
        if target.participant:
            key["participant"] = target.participant
        return [{"key": key, "reaction": {"key": message_key(message), "text": message.reaction_emoji or ""}}]

    def time_of_change(self) -> datetime:
        edit = self.content.edit
        if edit is not None and edit.timestamp_ms:
            return datetime.fromtimestamp(edit.timestamp_ms / 1000, UTC)
        return datetime.fromtimestamp(self.timestamp, UTC)


def read_content(event: neonize_pb2.Message) -> Content:
    """The event's content, with what neonize says of wrappers that it has taken off."""
    content = parse_content(event.Raw if event.HasField("Raw") else event.Message)
    if event.IsEphemeral and not content.is_ephemeral:
        content = replace(content, is_ephemeral=True)
    if (event.IsViewOnce or event.IsViewOnceV2 or event.IsViewOnceV2Extension) and not content.is_view_once:
        kind = MessageType.VIEW_ONCE if content.media else content.message_type
        content = replace(content, is_view_once=True, message_type=kind)
    return content


def edit_message(event: IncomingMessage, batch: Batch, chat: Chat, sender: Contact) -> Outcome | WaitsFor:
    """Gives a message its new body and keeps the old one. Only its own sender may."""
    edit = event.content.edit
    assert edit is not None
    message = batch.message(edit.target.id, chat, sender)
    if message is None:
        return WaitsFor(edit.target.id)
    moment = event.time_of_change()
    if message.edited_at is None:
        batch.add_edit(MessageEdit(message=message, body=message.body, edited_at=message.sent_at))
    batch.add_edit(MessageEdit(message=message, body=edit.content.body, edited_at=moment))
    if message.edited_at is None or message.edited_at < moment:
        message.body, message.edited_at, message.edit_type = edit.content.body, moment, EDIT_BY_SENDER
        message.mentions = list(edit.content.mentions) or None
        batch.change(message, "body", "mentions", "edited_at", "edit_type")
        if message.timestamp == chat.last_message_ts:
            chat.last_message_body = (message.body or "")[:BODY_PREVIEW] or None
            batch.change(chat, "last_message_body")
        log_update(batch, message, {"body": message.body, "editedAt": event.timestamp})
    return Outcome.HANDLED


def delete_message(event: IncomingMessage, batch: Batch, chat: Chat, sender: Contact) -> Outcome | WaitsFor:
    """Marks a message as deleted for everyone; its body stays. Its sender may, and a group's admins."""
    revoke = event.content.revoke
    assert revoke is not None
    message = batch.message(revoke.target.id, chat, sender)
    if message is None and event.edit == str(REVOKE_BY_ADMIN):
        # WhatsApp lets only admins send this kind; the target's sender is in the key.
        message = next(iter(batch.messages_with_id(revoke.target.id, chat)), None)
    if message is None:
        return WaitsFor(revoke.target.id)
    if not message.is_deleted:
        message.is_deleted, message.deleted_at = True, event.time_of_change()
        message.deleted_by = sender
        message.edit_type = REVOKE_BY_SENDER if sender is message.sender else REVOKE_BY_ADMIN
        batch.change(message, "is_deleted", "deleted_at", "deleted_by", "edit_type")
        batch.log(events.MESSAGES_DELETE, {"keys": [message_key(message)]}, message)
    return Outcome.HANDLED


def log_update(batch: Batch, message: Message, update: dict[str, Any]) -> None:
    """Logs `update` of a message, in the form of the original's clients and with the whole record."""
    record = message_record(message)
    batch.log(
        events.MESSAGES_UPDATE, [{"key": message_key(message), "update": update, "record": record}], message
    )


def follow_status(batch: Batch, message_id: str, status: str) -> None:
    """Lets the act that sent the message tell the message's status; a failure that was none is forgotten."""
    action = batch.action_of(message_id)
    if action is not None and action.status != status:
        action.status, action.error = status, None
        batch.change(action, "status", "error")
        batch.log(events.ACTION_UPDATED, {"id": action.pk, "kind": action.kind, "status": status})


CHANGES: dict[MessageType, Callable[[IncomingMessage, Batch, Chat, Contact], Outcome | WaitsFor]] = {
    MessageType.EDITED: edit_message,
    MessageType.REVOKED: delete_message,
}
