"""What programs may count on in an answer: each resource as a JSON schema, every key of it required.

Written by hand, apart from the hub's own description, so that the two can't be wrong together.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

Shape = dict[str, Any]

ANYTHING: Shape = {}
TEXT: Shape = {"type": "string"}
FILLED: Shape = {"type": "string", "minLength": 1}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
BOOLEAN: Shape = {"type": "boolean"}
TRUE: Shape = {"const": True}
OBJECT: Shape = {"type": "object"}
COUNT: Shape = {"type": "integer", "minimum": 0}
SECONDS: Shape = {
    "type": "integer",
    "minimum": 1_000_000_000,
    "maximum": 9_999_999_999,
}  # Unix, not milliseconds
MOMENT: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"}
DAY: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
JID: Shape = {"type": "string", "pattern": r"^[\w.\-]+@(s\.whatsapp\.net|lid|g\.us|broadcast|newsletter)$"}
KEY: Shape = {"type": "string", "pattern": r"^\d+$"}


def one_of(*words: str) -> Shape:
    return {"enum": list(words)}


def maybe(shape: Shape) -> Shape:
    """That, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def many(shape: Shape, least: int = 1) -> Shape:
    """A list; a test of an empty one would prove nothing, so there is at least one."""
    return {"type": "array", "items": shape, "minItems": least}


def record(fields: dict[str, Shape]) -> Shape:
    """An object with all of these keys; more may come later."""
    return {"type": "object", "required": list(fields), "properties": fields}


def data(shape: Shape, least: int = 1) -> Shape:
    return record({"data": many(shape, least)})


def page(shape: Shape, least: int = 1) -> Shape:
    return record({"data": many(shape, least), "total": COUNT})


IntegerAware = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)  # JSON Schema takes 1.0 for a whole number, but many programs do not


def faults(value: Any, shape: Shape) -> list[str]:
    """One line for each place in which `value` is not of that shape."""
    return [
        f"{'.'.join(str(part) for part in error.absolute_path) or 'the answer'}: {error.message[:300]}"
        for error in IntegerAware(shape).iter_errors(value)
    ]


# Errors

ERROR = record({"error": FILLED})
INVALID = record({"error": FILLED, "details": {"type": "object", "additionalProperties": many(FILLED)}})
UNAUTHORIZED: Shape = {"const": {"error": "Unauthorized", "message": "Invalid or missing API key"}}
NOT_CONNECTED: Shape = {"const": {"error": "WhatsApp is not connected"}}
NO_RESULT_YET = record({"error": FILLED, "action_id": WHOLE})

# Messages

REACTION = record({"emoji": FILLED, "from_jid": JID, "timestamp": SECONDS})
RECEIPT = record(
    {"jid": JID, "delivered_at": maybe(MOMENT), "read_at": maybe(MOMENT), "played_at": maybe(MOMENT)}
)
EDIT = record({"body": maybe(TEXT), "edited_at": MOMENT})
SENT_STATUS = one_of("queued", "sent", "delivered", "read", "played", "failed")

MESSAGE_FIELDS: dict[str, Shape] = {
    "id": FILLED,
    "remote_jid": JID,
    "from_jid": JID,
    "from_me": BOOLEAN,
    "participant": maybe(JID),
    "timestamp": SECONDS,
    "push_name": maybe(TEXT),
    "message_type": FILLED,
    "body": maybe(TEXT),
    "quoted_id": maybe(FILLED),
    "quoted_body": maybe(TEXT),
    "is_forwarded": BOOLEAN,
    "forward_score": COUNT,
    "is_starred": BOOLEAN,
    "is_broadcast": BOOLEAN,
    "is_ephemeral": BOOLEAN,
    "ephemeral_duration": maybe(COUNT),
    "edit_type": WHOLE,
    "edited_at": maybe(MOMENT),
    "is_deleted": BOOLEAN,
    "deleted_at": maybe(MOMENT),
    "has_media": BOOLEAN,
    "media_id": maybe(FILLED),
    "media_mime_type": maybe(FILLED),
    "media_size": maybe(COUNT),
    "media_filename": maybe(TEXT),
    "media_duration": maybe(COUNT),
    "media_width": maybe(COUNT),
    "media_height": maybe(COUNT),
    "media_transcription": maybe(TEXT),
    "media_transcription_status": maybe(TEXT),
    "reaction_emoji": maybe(TEXT),
    "reaction_target_id": maybe(FILLED),
    "poll_name": maybe(TEXT),
    "poll_options": maybe({"type": "string", "pattern": r"^\["}),  # JSON in a string
    "latitude": maybe(NUMBER),
    "longitude": maybe(NUMBER),
    "location_name": maybe(TEXT),
    "location_address": maybe(TEXT),
    "created_at": MOMENT,
    "status": maybe(SENT_STATUS),
    "is_view_once": BOOLEAN,
    "mentions": maybe(many(JID, least=0)),
    "contacts": maybe(many(OBJECT, least=0)),
    "account": FILLED,
}
MESSAGE = record(MESSAGE_FIELDS)
FOUND_MESSAGE = record({**MESSAGE_FIELDS, "snippet": maybe(TEXT)})
MESSAGE_DETAIL = record(
    {
        **MESSAGE_FIELDS,
        "reactions": many(REACTION, least=0),
        "receipts": many(RECEIPT, least=0),
        "edits": many(EDIT, least=0),
        "poll_results": maybe(many(OBJECT)),
        "raw": maybe(OBJECT),
    }
)
MESSAGE_STATS = record(
    {
        "total": COUNT,
        "byType": many(record({"message_type": FILLED, "count": COUNT})),
        "byChat": many(record({"remote_jid": JID, "count": COUNT})),
        "byDay": many(record({"day": DAY, "count": COUNT})),
        "mediaCount": COUNT,
    }
)

# Chats, people and groups

CHAT_FIELDS: dict[str, Shape] = {
    "jid": JID,
    "name": maybe(TEXT),
    "is_group": BOOLEAN,
    "is_archived": BOOLEAN,
    "is_pinned": BOOLEAN,
    "is_muted": BOOLEAN,
    "mute_expiry": maybe(WHOLE),
    "keep_days": maybe(WHOLE),
    "unread_count": COUNT,
    "last_message_ts": maybe(SECONDS),
    "last_message_body": maybe(TEXT),
    "updated_at": MOMENT,
}
CHAT = record(CHAT_FIELDS)
CHAT_DETAIL = record({**CHAT_FIELDS, "recent_messages": {**many(MESSAGE), "maxItems": 20}})
CONTACT = record(
    {
        "jid": JID,
        "name": maybe(TEXT),
        "notify_name": maybe(TEXT),
        "short_name": maybe(TEXT),
        "phone_number": maybe(TEXT),
        "is_business": BOOLEAN,
        "profile_pic_url": maybe(TEXT),
        "status_text": maybe(TEXT),
        "first_seen_at": MOMENT,
        "updated_at": MOMENT,
        "lid": maybe(JID),
    }
)
GROUP_FIELDS: dict[str, Shape] = {
    "jid": JID,
    "name": maybe(TEXT),
    "description": maybe(TEXT),
    "owner_jid": maybe(JID),
    "creation_time": maybe(SECONDS),
    "participant_count": COUNT,
    "is_announce": BOOLEAN,
    "is_restrict": BOOLEAN,
    "profile_pic_url": maybe(TEXT),
    "invite_code": maybe(TEXT),
    "first_seen_at": MOMENT,
    "updated_at": MOMENT,
}
GROUP = record(GROUP_FIELDS)
PARTICIPANT = record(
    {
        "group_jid": JID,
        "participant_jid": JID,
        "role": one_of("member", "admin", "superadmin"),
        "added_at": maybe(MOMENT),
    }
)
GROUP_DETAIL = record({**GROUP_FIELDS, "participants": many(PARTICIPANT)})

# The line

CONNECTION = record(
    {
        "status": one_of("disconnected", "connecting", "qr", "connected"),
        "jid": maybe(JID),
        "hasQR": BOOLEAN,
        "since": maybe(SECONDS),
        "reason": maybe(TEXT),
        "retry_in": maybe(COUNT),
        "last_event_at": maybe(SECONDS),
    }
)
QR = record({"qr": {"type": "string", "pattern": "^data:image/png;base64,"}, "raw": FILLED})
COMMAND = record({"success": TRUE, "message": FILLED})

# Files

MEDIA = record(
    {
        "id": FILLED,
        "message_id": maybe(FILLED),
        "mime_type": maybe(FILLED),
        "file_size": maybe(COUNT),
        "filename": maybe(TEXT),
        "original_filename": maybe(TEXT),
        "file_path": maybe(TEXT),
        "file_hash": maybe(TEXT),
        "width": maybe(COUNT),
        "height": maybe(COUNT),
        "duration": maybe(COUNT),
        "download_status": one_of("pending", "downloaded", "failed", "skipped"),
        "download_error": maybe(TEXT),
        "created_at": MOMENT,
    }
)
MEDIA_STATS = record(
    {
        "total": COUNT,
        "downloaded": COUNT,
        "pending": COUNT,
        "failed": COUNT,
        "totalSize": COUNT,
        "byType": many(record({"mime_type": maybe(FILLED), "count": COUNT})),
    }
)

# Acts

SUCCESS = record({"success": TRUE})
SENT = record(
    {
        "success": TRUE,
        "key": record({"remoteJid": JID, "fromMe": TRUE, "id": FILLED}),
        "action_id": WHOLE,
    }
)
ACTION = record(
    {
        "id": WHOLE,
        "kind": FILLED,
        "status": one_of("queued", "sending", "sent", "delivered", "read", "played", "done", "failed"),
        "error": maybe(TEXT),
        "attempts": COUNT,
        "created_at": MOMENT,
        "finished_at": maybe(MOMENT),
    }
)
PARTICIPANTS_CHANGED = record(
    {"success": TRUE, "result": many(record({"status": ANYTHING, "jid": JID, "content": ANYTHING}))}
)
GROUPS_SYNCED = record({"success": TRUE, "synced": COUNT, "failed": COUNT, "total": COUNT})

# The service

EVENT = record(
    {
        "id": WHOLE,
        "event_type": FILLED,
        "payload": {"type": "string", "pattern": r"^[\[{]"},  # JSON in a string
        "logged_at": MOMENT,
    }
)
EVENT_TYPE = record({"event_type": FILLED, "count": COUNT})
STATS = record(
    {
        "messages": record({"total": COUNT}),
        "contacts": COUNT,
        "groups": COUNT,
        "media": record({"total": COUNT}),
        "calls": COUNT,
        "chats": COUNT,
    }
)
WEBHOOK = record(
    {
        "id": FILLED,
        "url": FILLED,
        "events": FILLED,
        "is_active": BOOLEAN,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "has_secret": BOOLEAN,
    }
)
DELIVERY = record(
    {
        "id": WHOLE,
        "subscription_id": FILLED,
        "event_type": FILLED,
        "payload": maybe(FILLED),
        "status": one_of("pending", "delivered", "failed", "exhausted"),
        "attempts": COUNT,
        "max_attempts": COUNT,
        "last_error": maybe(FILLED),
        "last_attempt_at": maybe(MOMENT),
        "next_retry_at": maybe(MOMENT),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
SETTING = record({"key": FILLED, "value": ANYTHING, "defaultValue": ANYTHING, "isOverridden": BOOLEAN})
SUMMARY = record({"name": FILLED, "version": FILLED, "endpoints": OBJECT})
HEALTH = record({"status": FILLED})
