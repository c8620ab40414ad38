"""Messages, their chats, files, receipts and labels."""

from typing import Any

from google.protobuf import json_format

from whatsapp.models import Chat, Media, Message
from whatsapp.protobuf import neonize_pb2
from whatsapp.records.texts import first_known, key_text, options_text, second_text, time_shown
from whatsapp.shapes import Shape, shown

# What an event leaves out of a record because it has the default; `complete_record` puts it back.
MESSAGE_DEFAULTS: dict[str, Any] = {
    "participant": None,
    "push_name": None,
    "body": None,
    "quoted_id": None,
    "quoted_body": None,
    "is_forwarded": False,
    "forward_score": 0,
    "is_starred": False,
    "is_broadcast": False,
    "is_ephemeral": False,
    "ephemeral_duration": None,
    "edit_type": 0,
    "edited_at": None,
    "is_deleted": False,
    "deleted_at": None,
    "has_media": False,
    "media_id": None,
    "media_mime_type": None,
    "media_size": None,
    "media_filename": None,
    "media_duration": None,
    "media_width": None,
    "media_height": None,
    "media_transcription": None,
    "media_transcription_status": None,
    "reaction_emoji": None,
    "reaction_target_id": None,
    "poll_name": None,
    "poll_options": None,
    "latitude": None,
    "longitude": None,
    "location_name": None,
    "location_address": None,
    "status": None,
    "is_view_once": False,
    "mentions": None,
    "contacts": None,
    "target_id": None,
    "details": None,
    "reactions": [],
    "receipts": [],
    "edits": [],
    "poll_results": None,
}


def message_key(message: Message) -> dict[str, Any]:
    """The key that programs know a message by, as in WhatsApp's protobuf."""
    key: dict[str, Any] = {
        "remoteJid": message.chat.jid,
        "fromMe": message.from_me,
        "id": message.message_id,
    }
    if message.chat.is_group:
        key["participant"] = message.sender.jid
    return key


MESSAGE = Shape(
    {
        "id": "message_id",
        "remote_jid": "chat__jid",
        "from_jid": "sender__jid",
        "from_me": "from_me",
        "participant": shown(
            lambda jid, is_group: jid if is_group else None, "sender__jid", "chat__is_group"
        ),
        "timestamp": "timestamp",
        "push_name": "push_name",
        "message_type": "message_type",
        "body": "body",
        "quoted_id": "quoted_id",
        "quoted_body": "quoted_body",
        "is_forwarded": "is_forwarded",
        "forward_score": "forward_score",
        "is_starred": "is_starred",
        "is_broadcast": "is_broadcast",
        "is_ephemeral": "is_ephemeral",
        "ephemeral_duration": "ephemeral_duration",
        "edit_type": "edit_type",
        "edited_at": time_shown("edited_at"),
        "is_deleted": "is_deleted",
        "deleted_at": time_shown("deleted_at"),
        "has_media": "has_media",
        "media_id": shown(key_text, "media__id"),
        "media_mime_type": "media__mime_type",
        "media_size": "media__file_size",
        "media_filename": "media__original_filename",
        "media_duration": "media__duration",
        "media_width": "media__width",
        "media_height": "media__height",
        "reaction_emoji": "reaction_emoji",
        "reaction_target_id": "reaction_target_id",
        "poll_name": "poll_name",
        "poll_options": shown(options_text, "poll_options"),
        "latitude": "latitude",
        "longitude": "longitude",
        "location_name": "location_name",
        "location_address": "location_address",
        "created_at": time_shown("created_at"),
        "status": "status",
        "is_view_once": "is_view_once",
        "mentions": "mentions",
        "contacts": "contacts",
        "target_id": "target_id",
        "details": "details",
        "account": "account__name",
    },
    {
        "media_transcription": None,
        "media_transcription_status": None,
        # What belongs to a message and comes after it: `whatsapp.message_details` fills it in.
        "reactions": [],
        "receipts": [],
        "edits": [],
        "poll_results": None,
    },
    beside=("id", "chat_id"),
)


def message_record(message: Message, media: Media | None = None) -> dict[str, Any]:
    """The Message resource of a message to which nothing has happened yet; `chat`, `sender`, `account` and,
    if it has one, `media` must be loaded."""
    if media is None and message.has_media:
        media = getattr(message, "media", None)
    return MESSAGE.of(message, media=media)


def short_record(record: dict[str, Any]) -> dict[str, Any]:
    """`record` without what has its default value, for the log."""
    return {
        name: value
        for name, value in record.items()
        if name not in MESSAGE_DEFAULTS or value != MESSAGE_DEFAULTS[name]
    }


def complete_record(short: dict[str, Any]) -> dict[str, Any]:
    """The Message resource that `short_record` shortened."""
    return {**MESSAGE_DEFAULTS, **short}


def message_json(raw: bytes) -> dict[str, Any]:
    """The protobuf message in a stored neonize Message event, in protobuf's own JSON form."""
    event = neonize_pb2.Message.FromString(bytes(raw))
    return json_format.MessageToDict(event.Message)


CHAT = Shape(
    {
        "jid": "jid",
        "name": "name",
        "is_group": "is_group",
        "is_archived": "is_archived",
        "is_pinned": "is_pinned",
        "is_muted": "is_muted",
        "mute_expiry": "mute_expiry",
        "keep_days": "keep_days",
        "unread_count": "unread_count",
        "last_message_ts": "last_message_ts",
        "last_message_body": "last_message_body",
        "updated_at": time_shown("updated_at"),
    }
)


def chat_record(chat: Chat) -> dict[str, Any]:
    return CHAT.of(chat)


MEDIA = Shape(
    {
        "id": shown(key_text, "id"),
        "message_id": shown(first_known, "message__message_id", "story__message_id"),
        "kind": "kind",
        "mime_type": "mime_type",
        "file_size": "file_size",
        "filename": shown(lambda path: path.rpartition("/")[2] if path else None, "file_path"),
        "original_filename": "original_filename",
        "file_path": "file_path",
        "file_hash": "file_hash",
        "width": "width",
        "height": "height",
        "duration": "duration",
        "download_status": "download_status",
        "download_error": "download_error",
        "created_at": time_shown("created_at"),
    }
)


def media_record(media: Media) -> dict[str, Any]:
    """The Media resource; `message` or `story`, where it has one, must be loaded."""
    return MEDIA.of(media)


def media_news(media: Media) -> dict[str, Any]:
    """What listeners are told of a file: the Media resource, and in which chat it is (null: in none)."""
    return {**media_record(media), "remote_jid": media.message.chat.jid if media.message else None}


RECEIPT = Shape(
    {
        "message_id": "message_id",
        "remote_jid": "chat__jid",
        "jid": "contact__jid",
        "delivered_at": shown(second_text, "delivered_at"),
        "read_at": shown(second_text, "read_at"),
        "played_at": shown(second_text, "played_at"),
    }
)


LABEL = Shape({"id": "label_id", "name": "name", "color": "color"})


LABEL_ASSOCIATION = Shape(
    {"label_id": "label__label_id", "remote_jid": "chat__jid", "message_id": "message_id"}
)
