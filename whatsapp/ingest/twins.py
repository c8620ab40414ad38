"""How two rows that turn out to be the same thing become one: the one that stays takes up what the other had.

A rule changes the row that stays in memory; what hangs on the row that goes is moved before it goes.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import F

from whatsapp.ingest.unread import PLACEHOLDERS
from whatsapp.models import Group, GroupParticipant, Media, Message, MessageEdit, Story
from whatsapp.receipts import ORDER

Combine = Callable[[Any, Any], None]


def fill(*fields: str) -> Combine:
    """What the row that stays does not know, it learns from the other."""

    def combine(stays: Any, goes: Any) -> None:
        for field in fields:
            if getattr(stays, field) is None:
                setattr(stays, field, getattr(goes, field))

    return combine


def newest(moment: str, *fields: str) -> Combine:
    """The later of both counts."""

    def combine(stays: Any, goes: Any) -> None:
        if (getattr(goes, moment) or 0) > (getattr(stays, moment) or 0):
            for field in (moment, *fields):
                setattr(stays, field, getattr(goes, field))

    return combine


def earliest(*moments: str) -> Combine:
    """Of each of these, the first counts."""

    def combine(stays: Any, goes: Any) -> None:
        for name in moments:
            known = [value for row in (stays, goes) if (value := getattr(row, name)) is not None]
            setattr(stays, name, min(known, default=None))

    return combine


def either(*flags: str) -> Combine:
    """What is true of one is true of both."""

    def combine(stays: Any, goes: Any) -> None:
        for flag in flags:
            setattr(stays, flag, getattr(stays, flag) or getattr(goes, flag))

    return combine


def both(*rules: Combine) -> Combine:
    def combine(stays: Any, goes: Any) -> None:
        for rule in rules:
            rule(stays, goes)

    return combine


def nothing(stays: Any, goes: Any) -> None:
    """The same thing twice."""


RECEIPT = earliest("delivered_at", "read_at", "played_at")
REACTION = newest("reacted_at", "emoji")
VOTE = newest("voted_at", "options")
VIEW = both(earliest("delivered_at", "viewed_at"), newest("reacted_at", "reaction_emoji"))
PRESENCE = both(
    newest("online_at", "is_online"), newest("chat_state_at", "chat_state", "chat"), newest("last_seen")
)
SEAT = both(newest("membership_at", "is_present", "left_at"), newest("role_at", "role"), earliest("added_at"))
CONTACT = both(
    newest("notify_name_at", "notify_name"),
    newest("profile_pic_changed_at", "profile_pic_id", "profile_pic_url"),
    newest("profile_asked_at", "status_text"),
    newest("identity_changed_at"),
    earliest("first_seen_at"),
    either("is_business", "is_verified", "is_blocked"),
    # Where neither has a time, the one that knows something.
    fill("name", "short_name", "business_name", "notify_name"),
    fill("status_text", "profile_pic_id", "profile_pic_url"),
)
CHAT = both(
    newest("last_message_ts", "last_message_body"),
    newest("ephemeral_set_at", "ephemeral_duration"),
    newest("read_at"),
    fill("name", "mute_expiry"),
    either("is_archived", "is_pinned", "is_muted", "is_marked_unread"),
)

# What a message is, but for where it stands.
CONTENT = [
    field.attname
    for field in Message._meta.concrete_fields
    if field.name not in ("id", "account", "chat", "sender", "timestamp", "created_at")
]


def message(stays: Message, goes: Message) -> None:
    """It came under both addresses, and its content perhaps under one of them only."""
    if stays.message_type in PLACEHOLDERS and goes.message_type not in PLACEHOLDERS:
        for name in CONTENT:
            setattr(stays, name, getattr(goes, name))
    if goes.edited_at is not None and (stays.edited_at is None or goes.edited_at > stays.edited_at):
        stays.edited_at, stays.body, stays.mentions = goes.edited_at, goes.body, goes.mentions
    both(
        newest("pinned_at", "pinned_until"),
        fill("raw", "body", "deleted_at", "deleted_by_id", "server_id", "views", "reaction_counts"),
        either("is_starred", "is_deleted"),
    )(stays, goes)
    stays.edit_type = max(stays.edit_type, goes.edit_type)  # a deletion comes after any edit
    steps = [Message.Status(one.status) for one in (stays, goes) if one.status is not None]
    stays.status = max(steps, key=ORDER.index, default=None)
    known = MessageEdit.objects.filter(message=stays).values("edited_at")
    MessageEdit.objects.filter(message=goes).exclude(edited_at__in=known).update(message=stays)
    if not Media.objects.filter(message=stays).exists():
        Media.objects.filter(message=goes).update(message=stays)


def story(stays: Story, goes: Story) -> None:
    both(fill("raw", "body", "deleted_at"), either("is_deleted"))(stays, goes)
    if not Media.objects.filter(story=stays).exists():
        Media.objects.filter(story=goes).update(story=stays)


def seat(stays: GroupParticipant, goes: GroupParticipant) -> None:
    """Two participants turn out to be one, who is counted once."""
    counted = stays.is_present + goes.is_present
    SEAT(stays, goes)
    count = F("participant_count") + (int(stays.is_present) - counted)
    Group.objects.filter(pk=stays.group_id).update(participant_count=count)
