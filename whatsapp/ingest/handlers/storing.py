"""What storing a message and changing one have in common."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from whatsapp import events
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import Content, MessageType
from whatsapp.ingest.unread import is_unread, preview
from whatsapp.jids import STATUS_JID
from whatsapp.models import Message, MessageEdit
from whatsapp.records import action_news, message_key, message_record

# What a content that has not come leaves in its place, until it comes.
PLACEHOLDER_TEXTS = {
    MessageType.UNDECRYPTABLE: "Waiting for this message. It could not be decrypted yet.",
    MessageType.UNAVAILABLE: "This message can be seen on the phone only.",
}

SHORTLY = timedelta(milliseconds=1)

# WhatsApp's numbers for how a message was changed: the stanza's `edit` attribute (whatsmeow,
# types.EditAttribute).
EDIT_BY_SENDER, EDIT_BY_ADMIN, REVOKE_BY_SENDER, REVOKE_BY_ADMIN = 1, 3, 7, 8


def details_of(content: Content) -> dict[str, Any] | None:
    """What only some kinds of message have; None for the others."""
    details: dict[str, Any] = {}
    for name in ("event", "invite", "call"):
        if (part := getattr(content, name)) is not None:
            details[name] = asdict(part)
    if content.selected_id is not None:
        details["selected_id"] = content.selected_id
    if content.message_type is MessageType.POLL and content.poll_selectable is not None:
        details["selectable"] = content.poll_selectable
    if content.parent is not None:
        details["parent"] = {"id": content.parent.id, "association": content.association}
    if content.media is not None and content.media.is_voice_note:
        details["is_voice_note"] = True
    if content.is_live_location:
        details["is_live"] = True
    if content.is_undo:
        details["is_undo"] = True
    if content.quoted_remote_jid == STATUS_JID:
        details["replies_to_story"] = content.quoted_id
    return details or None


def keep_edit(batch: Batch, message: Message, content: Content, moment: datetime, kind: int) -> bool:
    """Gives a message the body that it has since `moment`, unless a newer one is known; all bodies are kept.

    Returns whether the message itself has changed.
    """
    # By whichever clocks: a message was edited after it was sent.
    moment = max(moment, message.sent_at + SHORTLY)
    if message.edited_at is None:
        batch.add(MessageEdit(message=message, body=message.body, edited_at=message.sent_at))
    batch.add(MessageEdit(message=message, body=content.body, edited_at=moment))
    if message.edited_at is not None and message.edited_at >= moment:
        return False
    mentions = list(content.mentions) or None
    batch.put(message, body=content.body, mentions=mentions, edited_at=moment)
    if not message.is_deleted:  # which comes after any edit
        batch.put(message, edit_type=kind)
    chat = message.chat
    if message.timestamp == chat.last_message_ts:
        batch.put(chat, last_message_body=preview(message.body))
    log_update(batch, message, {"body": message.body, "editedAt": int(moment.timestamp())})
    return True


def keep_later_body(batch: Batch, message: Message, moment: datetime) -> None:
    """Notes that a new message has the body that it has only since `moment`; the first one may still come."""
    moment = max(moment, message.sent_at + SHORTLY)
    batch.put(message, edited_at=moment, edit_type=EDIT_BY_ADMIN)
    batch.add(MessageEdit(message=message, body=message.body, edited_at=moment))


def keep_first_body(batch: Batch, message: Message, content: Content) -> None:
    """The body that an edited message had at first; nothing when it is known."""
    batch.add(MessageEdit(message=message, body=content.body, edited_at=message.sent_at))


def forget_placeholder(batch: Batch, message: Message) -> None:
    """What could not be decrypted turned out to be no message."""
    chat = message.chat
    unread = is_unread(chat, message.timestamp, message.from_me, message.message_type)
    batch.put(
        chat,
        undecryptable_count=max(0, chat.undecryptable_count - 1),
        unread_count=max(0, chat.unread_count - unread),
    )
    if message.timestamp == chat.last_message_ts:
        batch.stale_chats[id(chat)] = chat
    batch.log(events.MESSAGES_DELETE, {"keys": [message_key(message)]})
    batch.remove_message(message)


def log_update(batch: Batch, message: Message, update: dict[str, Any]) -> None:
    """Logs `update` of a message, in the form of the original's clients and with the whole record."""
    if batch.quiet:
        return
    record = message_record(message)
    batch.log(
        events.MESSAGES_UPDATE, [{"key": message_key(message), "update": update, "record": record}], message
    )


def follow_status(batch: Batch, message_id: str, status: str) -> None:
    """Lets the act that sent the message tell the message's status; a failure that was none is forgotten."""
    action = batch.action_of(message_id)
    if action is not None and action.status != status:
        batch.put(action, status=status, error=None)
        batch.log(events.ACTION_UPDATED, action_news(action))
