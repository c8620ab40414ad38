"""Messages that change others: edits, deletions, pins, and a chat's settings."""

from typing import TYPE_CHECKING

from whatsapp import events
from whatsapp.ingest import secrets
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import Content, parse_content
from whatsapp.ingest.handlers.storing import (
    EDIT_BY_SENDER,
    REVOKE_BY_ADMIN,
    REVOKE_BY_SENDER,
    keep_edit,
)
from whatsapp.ingest.registry import Outcome, WaitsFor
from whatsapp.ingest.unread import PLACEHOLDERS
from whatsapp.models import Chat, Contact, Message
from whatsapp.protobuf import waE2E
from whatsapp.records import message_key

if TYPE_CHECKING:
    from whatsapp.ingest.handlers.messages import IncomingMessage


def set_chat_timer(event: "IncomingMessage", batch: Batch, chat: Chat, sender: Contact) -> Outcome | None:
    """Takes up how long a chat's messages stay from now on."""
    seconds = event.content.ephemeral_setting
    if seconds is None:
        return None
    set_timer(batch, chat, seconds, event.envelope.timestamp)
    return Outcome.HANDLED


def set_timer(batch: Batch, chat: Chat, seconds: int, moment: int) -> None:
    """The chat's messages disappear after `seconds` (0: they stay), as said at `moment` (Unix seconds)."""
    if moment > (chat.ephemeral_set_at or 0):
        batch.put(chat, ephemeral_duration=seconds or None, ephemeral_set_at=moment)


def edit_message(
    event: "IncomingMessage", batch: Batch, chat: Chat, sender: Contact
) -> Outcome | WaitsFor | None:
    """Gives a message its new body and keeps the old one. Only its own sender may."""
    content = event.content
    target = content.edit.target if content.edit is not None else content.target
    if target is None:
        return None
    message = batch.message(target.id, chat, sender)
    if message is None or message.message_type in PLACEHOLDERS:
        return WaitsFor(target.id)
    new = content.edit.content if content.edit is not None else secret_edit(event, message)
    if new is None:
        return None
    keep_edit(batch, message, new, event.time_of_change(), EDIT_BY_SENDER)
    return Outcome.HANDLED


def secret_edit(event: "IncomingMessage", message: Message) -> Content | None:
    """The new content of a message whose edit only the message's own secret opens."""
    sender = event.envelope.sender
    plain = secrets.open_for(message, event.content, secrets.MESSAGE_EDIT, sender, message.sender)
    if plain is None:
        return None
    content = parse_content(waE2E.Message.FromString(plain))
    return content.edit.content if content.edit is not None else content


def delete_message(
    event: "IncomingMessage", batch: Batch, chat: Chat, sender: Contact
) -> Outcome | WaitsFor | None:
    """Marks a message as deleted for everyone; its body stays. Its sender may, and a group's admins."""
    revoke = event.content.revoke
    if revoke is None:
        return None
    message = batch.message(revoke.target.id, chat, sender)
    if message is None and event.envelope.edit == str(REVOKE_BY_ADMIN):
        # WhatsApp lets only admins send this kind; the target's sender is in the key.
        message = next(iter(batch.messages_with_id(revoke.target.id, chat)), None)
    if message is None:
        return WaitsFor(revoke.target.id)
    if not message.is_deleted:
        batch.put(
            message,
            is_deleted=True,
            deleted_at=event.time_of_change(),
            deleted_by=sender,
            edit_type=REVOKE_BY_SENDER if sender is message.sender else REVOKE_BY_ADMIN,
        )
        batch.log(events.MESSAGES_DELETE, {"keys": [message_key(message)]}, message)
    return Outcome.HANDLED


FOR_A_WEEK = 7 * 24 * 3600  # seconds: what WhatsApp offers first


def pin_message(event: "IncomingMessage", batch: Batch, message: Message) -> WaitsFor | None:
    """Pins a message to its chat for some time, or unpins it; the newest word counts."""
    content, moment = event.content, event.envelope.timestamp
    if content.target is None:
        return None
    pinned = next(iter(batch.messages_with_id(content.target.id, message.chat)), None)
    if pinned is None:
        return WaitsFor(content.target.id)
    if moment > (pinned.pinned_at or 0):
        until = None if content.is_undo else moment + (content.pin_duration or FOR_A_WEEK)
        batch.put(pinned, pinned_until=until, pinned_at=moment)
    return None
