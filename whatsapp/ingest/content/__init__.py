"""WhatsApp's `waE2E.Message` as a frozen dataclass: pure, no Django, no I/O.

`parse_content(message)` is the one way in. Kinds register themselves, one module for each family; a new
kind is one new decorated function.
"""

from whatsapp.ingest.content import about, business, media, people, plain, polls, protocol, replies
from whatsapp.ingest.content.parser import parse_content
from whatsapp.ingest.content.records import (
    CallLog,
    ContactCard,
    ContactPhone,
    Content,
    Edit,
    Event,
    Invite,
    MediaContent,
    MessageKey,
    MessageType,
    PollVote,
    Revoke,
    Secret,
)
from whatsapp.ingest.content.registry import find_media_part

FAMILIES = (about, business, replies, media, people, plain, polls, protocol)

__all__ = [
    "FAMILIES",
    "CallLog",
    "ContactCard",
    "ContactPhone",
    "Content",
    "Edit",
    "Event",
    "Invite",
    "MediaContent",
    "MessageKey",
    "MessageType",
    "PollVote",
    "Revoke",
    "Secret",
    "find_media_part",
    "parse_content",
]
