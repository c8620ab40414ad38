"""How stored things look to programs: the resources of the contract, each with every key.

These are plain functions of rows, so that the API, the event log and webhooks say the same.
"""

from datetime import UTC, datetime
from typing import Any

import orjson
from google.protobuf import json_format

from whatsapp.models import (
    Call,
    Chat,
    Connection,
    Contact,
    Group,
    GroupParticipant,
    HistorySync,
    Media,
    Message,
    Newsletter,
    Presence,
    Story,
)
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
    "target_id": None,
    "details": None,
}


def time_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None


def second_text(second: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix seconds."""
    return time_text(datetime.fromtimestamp(second, UTC)) if second else None


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
        "target_id": message.target_id,
        "details": message.details,
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
    """The Media resource; `message` or `story`, where it has one, must be loaded."""
    owner = media.message or media.story
    return {
        "id": str(media.pk),
        "message_id": owner.message_id if owner else None,
        "kind": media.kind,
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


def contact_record(contact: Contact) -> dict[str, Any]:
    """The Contact resource. `name` is what to call the person; the names that others gave stand beside it."""
    return {
        "jid": contact.jid,
        "lid": contact.lid,
        "name": contact.display_name,
        "notify_name": contact.notify_name,
        "short_name": contact.short_name,
        "phone_number": contact.phone_number,
        "is_business": contact.is_business,
        "profile_pic_url": contact.profile_pic_url,
        "status_text": contact.status_text,
        "first_seen_at": time_text(contact.first_seen_at),
        "updated_at": time_text(contact.updated_at),
        "saved_name": contact.name,
        "business_name": contact.business_name,
        "is_verified": contact.is_verified,
        "is_blocked": contact.is_blocked,
    }


def group_record(group: Group) -> dict[str, Any]:
    """The Group resource; `owner` must be loaded."""
    return {
        "jid": group.jid,
        "name": group.name,
        "description": group.description,
        "owner_jid": group.owner.jid if group.owner else None,
        "creation_time": group.creation_time,
        "participant_count": group.participant_count,
        "is_announce": group.is_announce,
        "is_restrict": group.is_restrict,
        "profile_pic_url": group.profile_pic_url,
        "invite_code": group.invite_code,
        "first_seen_at": time_text(group.first_seen_at),
        "updated_at": time_text(group.updated_at),
        "is_member": group.is_member,
        "is_approval_required": group.is_approval_required,
        "is_community": group.is_community,
        "parent_jid": group.parent_jid,
        "ephemeral_duration": group.ephemeral_duration,
        "is_deleted": group.is_deleted,
    }


def participant_record(participant: GroupParticipant) -> dict[str, Any]:
    """One of a group's participants; `group` and `contact` must be loaded."""
    return {
        "group_jid": participant.group.jid,
        "participant_jid": participant.contact.jid,
        "role": participant.role,
        "added_at": second_text(participant.added_at),
    }


def call_record(call: Call) -> dict[str, Any]:
    """A call; `chat` and `caller` must be loaded. Its times are Unix seconds."""
    return {
        "id": call.call_id,
        "chat_jid": call.chat.jid if call.chat else None,
        "from_jid": call.caller.jid if call.caller else None,
        "from_me": call.from_me,
        "is_group": call.is_group,
        "is_video": call.is_video,
        "status": call.status,
        "timestamp": call.started_at,
        "accepted_ts": call.accepted_at,
        "ended_ts": call.ended_at,
        "duration": call.duration,
        "end_reason": call.end_reason,
        "participants": call.participants,
    }


def story_record(story: Story, media: Media | None = None) -> dict[str, Any]:
    """A story; `sender` must be loaded."""
    return {
        "id": story.message_id,
        "from_jid": story.sender.jid,
        "from_me": story.from_me,
        "timestamp": story.timestamp,
        "expires_ts": story.expires_at,
        "story_type": story.story_type,
        "body": story.body,
        "has_media": story.has_media,
        "media_id": str(media.pk) if media else None,
        "is_deleted": story.is_deleted,
        "deleted_at": time_text(story.deleted_at),
        "created_at": time_text(story.created_at),
    }


def presence_record(presence: Presence) -> dict[str, Any]:
    """What is known of somebody's presence; `contact` and `chat` must be loaded."""
    return {
        "jid": presence.contact.jid,
        "is_online": presence.is_online,
        "last_seen": presence.last_seen,
        "chat_state": presence.chat_state,
        "chat_jid": presence.chat.jid if presence.chat else None,
    }


def newsletter_record(newsletter: Newsletter) -> dict[str, Any]:
    return {
        "jid": newsletter.jid,
        "name": newsletter.name,
        "description": newsletter.description,
        "invite_code": newsletter.invite_code,
        "subscriber_count": newsletter.subscriber_count,
        "is_verified": newsletter.is_verified,
        "is_followed": newsletter.is_followed,
        "is_muted": newsletter.is_muted,
        "role": newsletter.role,
        "updated_at": time_text(newsletter.updated_at),
    }


def history_record(sync: HistorySync) -> dict[str, Any]:
    """How far the import of a history has come: `progress` in percent of all that the phone will hand over,
    the counts of this part of it."""
    return {
        "sync_type": sync.sync_type,
        "chunk_order": sync.chunk_order,
        "progress": sync.progress,
        "messages": sync.messages,
        "message_total": sync.message_total,
        "chats": sync.chats,
        "contacts": sync.contacts,
        "calls": sync.calls,
        "is_latest": sync.progress == 100,
        "finished": sync.finished_at is not None,
    }


def connection_record(
    connection: Connection, jid: str | None, now: int, history: HistorySync | None = None
) -> dict[str, Any]:
    """The state of the line to WhatsApp, and of the `history` being imported; `now` in Unix seconds."""
    return {
        "status": connection.status,
        "jid": jid,
        "hasQR": connection.qr is not None,
        "since": connection.since,
        "reason": connection.reason,
        "retry_in": max(0, connection.retry_at - now) if connection.retry_at else None,
        "last_event_at": connection.last_event_at,
        "history": history_record(history) if history else None,
    }
