"""Counts of what is stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connections
from django.db.models import Count, F, IntegerField, QuerySet, Sum
from django.db.models.functions import Cast

from whatsapp.models import Account, DayTally, Media, Message, MessageTally
from whatsapp.models.message import KEY_BITS
from whatsapp.tallies import SECONDS_A_DAY

BUSIEST_CHATS = 20
NEWEST_DAYS = 30

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows whose `number` adds up to how many messages there are: by kind (the fields of MessageTally), and
    by day. They are what the database keeps; the messages themselves where it keeps nothing."""

    kinds: Rows
    days: Rows
    number: Any


def counts_of(messages: Rows, tallies: Rows, days: Rows) -> Counts:
    """The counts of `messages`, whose `tallies` and `days` are given."""
    if connections[messages.db].vendor == "sqlite":
        return Counts(tallies, days, Sum("number"))
    day = Cast(F("timestamp") / SECONDS_A_DAY, IntegerField())
    return Counts(messages, messages.annotate(day=day), Count("pk"))


def counts_of_account(account: Account, chats: Collection[int] | None = None) -> Counts:
    """The counts of an account's messages; of those of `chats` (their keys) alone, where these are given."""
    narrow = {} if chats is None else {"chat__in": chats}
    rows = (
        model._default_manager.filter(account=account, **narrow)
        for model in (Message, MessageTally, DayTally)
    )
    return counts_of(*rows)


def of_messages(messages: Rows, tallies: Rows, days: Rows) -> dict[str, Any]:
    """`{total, byType, byChat, byDay, mediaCount}` of `messages`, from their `tallies` and `days` where the
    database keeps those; else by counting."""
    counts = counts_of(messages, tallies, days)
    number = counts.number
    by_type = counted(counts.kinds, number, "message_type")
    newest_days = counts.days.values("day").annotate(count=number).order_by("-day")[:NEWEST_DAYS]
    return {
        "total": sum(row["count"] for row in by_type),
        "byType": by_type,
        "byChat": [{"remote_jid": jid, "count": count} for jid, count in by_chat(counts, BUSIEST_CHATS)],
        "byDay": [{"day": day_text(row["day"]), "count": row["count"]} for row in newest_days],
        "mediaCount": counts.kinds.filter(has_media=True).aggregate(count=number)["count"] or 0,
    }


@dataclass(frozen=True, slots=True)
class Kind:
    """How many messages have the same type, direction, and file or none."""

    message_type: str
    from_me: bool
    has_media: bool
    number: int


def by_kind(counts: Counts) -> list[Kind]:
    """All kinds of messages that there are: a few dozen, in one query."""
    groups = counts.kinds.values_list("message_type", "from_me", "has_media").annotate(count=counts.number)
    return [Kind(*group) for group in groups.order_by("message_type", "from_me", "has_media")]


def by_chat(counts: Counts, most: int) -> list[tuple[str, int]]:
    """(JID, how many messages) of the busiest chats, `most` at the most."""
    groups = counts.kinds.values_list("chat__jid").annotate(count=counts.number)
    return list(groups.order_by("-count", "chat__jid")[:most])


def by_day(counts: Counts, first: int = 0) -> dict[int, int]:
    """Day (days since 1970, in UTC) → how many messages, of those days from `first` on that have some."""
    days = counts.days.filter(day__gte=first).values_list("day").annotate(count=counts.number)
    return dict(days.order_by("day"))


def newest_moments(account: Account, most: int, chats: Collection[int] | None = None) -> list[int]:
    """When the newest messages were sent (Unix seconds, the latest first), `most` at the most. It is read
    from their keys: a walk of that many steps along an index that has all it needs."""
    messages: Rows = Message.objects.filter(account=account)
    if chats is not None:
        messages = Message.objects.filter(chat__in=chats)
    keys = messages.order_by("-id").values_list("pk", flat=True)[:most]
    return [key >> KEY_BITS for key in keys]


def counted(rows: Rows, number: Any, field: str) -> list[dict[str, Any]]:
    """`{field, count}` for each value of the field, the most frequent first."""
    groups = rows.values(field).annotate(count=number)
    return list(groups.order_by("-count", field))


def day_text(day: int) -> str:
    """`YYYY-MM-DD` of days since 1970."""
    return f"{datetime.fromtimestamp(day * SECONDS_A_DAY, UTC):%Y-%m-%d}"


def of_media(files: Rows) -> dict[str, Any]:
    """`{total, downloaded, pending, failed, totalSize, byType}` of `files`: one walk along an index."""
    groups = list(
        files.order_by()
        .values("download_status", "mime_type")
        .annotate(count=Count("pk"), size=Sum("file_size", default=0))
    )

    def number(status: str) -> int:
        return sum(group["count"] for group in groups if group["download_status"] == status)

    types: dict[str | None, int] = {}
    for group in groups:
        types[group["mime_type"]] = types.get(group["mime_type"], 0) + group["count"]
    by_type = sorted(types.items(), key=lambda item: (-item[1], item[0] or ""))
    return {
        "total": sum(types.values()),
        "downloaded": number(Media.Status.DOWNLOADED),
        "pending": number(Media.Status.PENDING),
        "failed": number(Media.Status.FAILED),
        "totalSize": sum(group["size"] for group in groups),
        "byType": [{"mime_type": mime_type, "count": count} for mime_type, count in by_type],
    }


def of_files(files: Rows) -> list[dict[str, Any]]:
    """`{kind, download_status, count, size}` of `files`, for each kind and state that there is: one walk
    along an index."""
    groups = files.order_by().values("kind", "download_status")
    return list(groups.annotate(count=Count("pk"), size=Sum("file_size", default=0)))
