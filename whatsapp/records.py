"""How stored things look to programs: the resources of the contract, each with every key.

These are plain functions of rows, so that the API, the event log and webhooks say the same.
"""

from datetime import datetime
from typing import Any

import orjson
from google.protobuf import json_format

from whatsapp.models import Chat, Connection, Media, Message
from whatsapp.protobuf import neonize_pb2

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
}


def time_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None


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


def message_record(message: Message, media: Media | None = None) -> dict[str, Any]:
    """The Message resource; `chat`, `sender`, `account` and, if it has one, `media` must be loaded."""
    if media is None and message.has_media:
        media = getattr(message, "media", None)
    options = message.poll_options
    return {
        "id": message.message_id,
        "remote_jid": message.chat.jid,
        "from_jid": message.sender.jid,
        "from_me": message.from_me,
        "participant": message.sender.jid if message.chat.is_group else None,
        "timestamp": message.timestamp,
        "push_name": message.push_name,
        "message_type": message.message_type,
        "body": message.body,
        "quoted_id": message.quoted_id,
        "quoted_body": message.quoted_body,
        "is_forwarded": message.is_forwarded,
        "forward_score": message.forward_score,
        "is_starred": message.is_starred,
        "is_broadcast": message.is_broadcast,
        "is_ephemeral": message.is_ephemeral,
        "ephemeral_duration": message.ephemeral_duration,
        "edit_type": message.edit_type,
        "edited_at": time_text(message.edited_at),
        "is_deleted": message.is_deleted,
        "deleted_at": time_text(message.deleted_at),
        "has_media": message.has_media,
        "media_id": str(media.pk) if media else None,
        "media_mime_type": media.mime_type if media else None,
        "media_size": media.file_size if media else None,
        "media_filename": media.original_filename if media else None,
        "media_duration": media.duration if media else None,
        "media_width": media.width if media else None,
        "media_height": media.height if media else None,
        "media_transcription": None,
        "media_transcription_status": None,
        "reaction_emoji": message.reaction_emoji,
        "reaction_target_id": message.reaction_target_id,
        "poll_name": message.poll_name,
        "poll_options": orjson.dumps(options).decode() if options is not None else None,
        "latitude": message.latitude,
        "longitude": message.longitude,
        "location_name": message.location_name,
        "location_address": message.location_address,
        "created_at": time_text(message.created_at),
        "status": message.status,
        "is_view_once": message.is_view_once,
        "mentions": message.mentions,
        "contacts": message.contacts,
        "account": message.account.name,
    }


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


def chat_record(chat: Chat) -> dict[str, Any]:
    return {
        "jid": chat.jid,
        "name": chat.name,
        "is_group": chat.is_group,
        "is_archived": chat.is_archived,
        "is_pinned": chat.is_pinned,
        "is_muted": chat.is_muted,
        "mute_expiry": chat.mute_expiry,
        "unread_count": chat.unread_count,
        "last_message_ts": chat.last_message_ts,
        "last_message_body": chat.last_message_body,
        "updated_at": time_text(chat.updated_at),
    }


def media_record(media: Media) -> dict[str, Any]:
    """The Media resource; `message` must be loaded."""
    return {
        "id": str(media.pk),
        "message_id": media.message.message_id,
        "mime_type": media.mime_type,
        "file_size": media.file_size,
        "filename": media.file_path.rpartition("/")[2] if media.file_path else None,
        "original_filename": media.original_filename,
        "file_path": media.file_path,
        "file_hash": media.file_hash,
        "width": media.width,
        "height": media.height,
        "duration": media.duration,
        "download_status": media.download_status,
        "download_error": media.download_error,
        "created_at": time_text(media.created_at),
    }


def connection_record(connection: Connection, jid: str | None, now: int) -> dict[str, Any]:
    """The state of the line to WhatsApp; `now` in Unix seconds."""
    return {
        "status": connection.status,
        "jid": jid,
        "hasQR": connection.qr is not None,
        "since": connection.since,
        "reason": connection.reason,
        "retry_in": max(0, connection.retry_at - now) if connection.retry_at else None,
        "last_event_at": connection.last_event_at,
    }
