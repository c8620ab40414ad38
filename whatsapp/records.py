"""How stored things look to programs: the resources of the contract, each with every key.

Each is declared once, as a `Shape`, for rows as lists read them and for objects in memory: so the API, the
event log and webhooks say the same.
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


def time_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    return moment.isoformat(" ")[:19] if moment else None


def second_text(second: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix seconds."""
    return time_text(datetime.fromtimestamp(second, UTC)) if second else None


def millisecond_text(moment: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix milliseconds."""
    return second_text(moment // 1000) if moment else None


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


def options_text(options: list[str] | None) -> str | None:
    """A poll's options as a JSON string."""
    return orjson.dumps(options).decode() if options is not None else None


def key_text(key: int | None) -> str | None:
    """A key as a text, which no reader rounds."""
    return str(key) if key is not None else None


def first_known(*texts: str | None) -> str | None:
    """The first of `texts` that says anything."""
    return next((text for text in texts if text), None)


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
        "edited_at": shown(time_text, "edited_at"),
        "is_deleted": "is_deleted",
        "deleted_at": shown(time_text, "deleted_at"),
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
        "created_at": shown(time_text, "created_at"),
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
        "unread_count": "unread_count",
        "last_message_ts": "last_message_ts",
        "last_message_body": "last_message_body",
        "updated_at": shown(time_text, "updated_at"),
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
        "created_at": shown(time_text, "created_at"),
    }
)


def media_record(media: Media) -> dict[str, Any]:
    """The Media resource; `message` or `story`, where it has one, must be loaded."""
    return MEDIA.of(media)


CONTACT = Shape(
    {
        "jid": "jid",
        "lid": "lid",
        "name": shown(first_known, *Contact.NAMES),
        "notify_name": "notify_name",
        "short_name": "short_name",
        "phone_number": "phone_number",
        "is_business": "is_business",
        "profile_pic_url": "profile_pic_url",
        "status_text": "status_text",
        "first_seen_at": shown(time_text, "first_seen_at"),
        "updated_at": shown(time_text, "updated_at"),
        "saved_name": "name",
        "business_name": "business_name",
        "is_verified": "is_verified",
        "is_blocked": "is_blocked",
    }
)


def contact_record(contact: Contact) -> dict[str, Any]:
    """The Contact resource. `name` is what to call the person; the names that others gave stand beside it."""
    return CONTACT.of(contact)


GROUP = Shape(
    {
        "jid": "jid",
        "name": "name",
        "description": "description",
        "owner_jid": "owner__jid",
        "creation_time": "creation_time",
        "participant_count": "participant_count",
        "is_announce": "is_announce",
        "is_restrict": "is_restrict",
        "profile_pic_url": "profile_pic_url",
        "invite_code": "invite_code",
        "first_seen_at": shown(time_text, "first_seen_at"),
        "updated_at": shown(time_text, "updated_at"),
        "is_member": "is_member",
        "is_approval_required": "is_approval_required",
        "is_community": "is_community",
        "parent_jid": "parent_jid",
        "ephemeral_duration": "ephemeral_duration",
        "is_deleted": "is_deleted",
    }
)


def group_record(group: Group) -> dict[str, Any]:
    """The Group resource; `owner` must be loaded."""
    return GROUP.of(group)


PARTICIPANT = Shape(
    {
        "group_jid": "group__jid",
        "participant_jid": "contact__jid",
        "role": "role",
        "added_at": shown(second_text, "added_at"),
    }
)


def participant_record(participant: GroupParticipant) -> dict[str, Any]:
    """One of a group's participants; `group` and `contact` must be loaded."""
    return PARTICIPANT.of(participant)


CALL = Shape(
    {
        "id": "call_id",
        "chat_jid": "chat__jid",
        "from_jid": "caller__jid",
        "from_me": "from_me",
        "is_group": "is_group",
        "is_video": "is_video",
        "status": "status",
        "timestamp": "started_at",
        "accepted_ts": "accepted_at",
        "ended_ts": "ended_at",
        "duration": "duration",
        "end_reason": "end_reason",
        "participants": "participants",
    }
)


def call_record(call: Call) -> dict[str, Any]:
    """A call; `chat` and `caller` must be loaded. Its times are Unix seconds."""
    return CALL.of(call)


STORY = Shape(
    {
        "id": "message_id",
        "from_jid": "sender__jid",
        "from_me": "from_me",
        "timestamp": "timestamp",
        "expires_ts": "expires_at",
        "story_type": "story_type",
        "body": "body",
        "has_media": "has_media",
        "media_id": shown(key_text, "media__id"),
        "is_deleted": "is_deleted",
        "deleted_at": shown(time_text, "deleted_at"),
        "created_at": shown(time_text, "created_at"),
    }
)


def story_record(story: Story, media: Media | None = None) -> dict[str, Any]:
    """A story; `sender` must be loaded."""
    return STORY.of(story, media=media)


STORY_VIEWER = Shape(
    {
        "jid": "contact__jid",
        "delivered_at": shown(second_text, "delivered_at"),
        "viewed_at": shown(second_text, "viewed_at"),
        "reaction_emoji": "reaction_emoji",
        "reacted_at": shown(millisecond_text, "reacted_at"),
    }
)

PRESENCE = Shape(
    {
        "jid": "contact__jid",
        "is_online": "is_online",
        "last_seen": "last_seen",
        "chat_state": "chat_state",
        "chat_jid": "chat__jid",
    }
)


def presence_record(presence: Presence) -> dict[str, Any]:
    """What is known of somebody's presence; `contact` and `chat` must be loaded."""
    return PRESENCE.of(presence)


PRESENCE_CHANGE = Shape(
    {
        "jid": "contact__jid",
        "state": "state",
        "chat_jid": "chat__jid",
        "last_seen": "last_seen",
        "timestamp": shown(lambda moment: moment // 1000, "changed_at"),
        "changed_at": shown(millisecond_text, "changed_at"),
    }
)

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

NEWSLETTER = Shape(
    {
        "jid": "jid",
        "name": "name",
        "description": "description",
        "invite_code": "invite_code",
        "subscriber_count": "subscriber_count",
        "is_verified": "is_verified",
        "is_followed": "is_followed",
        "is_muted": "is_muted",
        "role": "role",
        "updated_at": shown(time_text, "updated_at"),
    }
)


def newsletter_record(newsletter: Newsletter) -> dict[str, Any]:
    return NEWSLETTER.of(newsletter)


ACCOUNT = Shape(
    {
        "name": "name",
        "jid": "jid",
        "lid": "lid",
        "push_name": "push_name",
        "status": "connection__status",
        "since": "connection__since",
        "created_at": shown(time_text, "created_at"),
        "updated_at": shown(time_text, "updated_at"),
    }
)

ACTION = Shape(
    {
        "id": "id",
        "kind": "kind",
        "jid": "jid",
        "status": "status",
        "error": "error",
        "attempts": "attempts",
        "created_at": shown(time_text, "created_at"),
        "updated_at": shown(time_text, "updated_at"),
        "finished_at": shown(time_text, "finished_at"),
        "payload": "payload",
        "result": "result",
        "message_id": "message_id",
    }
)


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
