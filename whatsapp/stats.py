"""Counts of what is stored."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum

from whatsapp.models import Account, DayTally, FileTally, Media, Message, MessageTally, TotalTally
from whatsapp.models.message import KEY_BITS
from whatsapp.tallies import SECONDS_A_DAY

BUSIEST_CHATS = 20
NEWEST_DAYS = 30

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows whose `number` adds up to how many messages there are: by kind (the fields of TotalTally), by
    chat, and by day."""

    kinds: Rows
    chats: Rows
    days: Rows


def counts_of_account(account: Account, chats: Collection[int] | None = None) -> Counts:
    """The counts of an account's messages; of those of `chats` (their keys) alone, where these are given."""

    def rows(model: Any) -> Rows:
        found: Rows = model._default_manager.filter(account=account)
        return found if chats is None else found.filter(chat__in=chats)

    by_chat = rows(MessageTally)
    kinds = TotalTally._default_manager.filter(account=account) if chats is None else by_chat
    return Counts(kinds, by_chat, rows(DayTally))


def of_messages(account: Account, chats: Collection[int] | None = None) -> dict[str, Any]:
    """`{total, byType, byChat, byDay, mediaCount}` of an account's messages, or of those of `chats` alone."""
    counts = counts_of_account(account, chats)
    kinds = by_kind(counts)
    by_type: dict[str, int] = {}
    for kind in kinds:
        by_type[kind.message_type] = by_type.get(kind.message_type, 0) + kind.number
    newest_days = counts.days.values("day").annotate(count=Sum("number")).order_by("-day")[:NEWEST_DAYS]
    return {
        "total": sum(by_type.values()),
        "byType": [
            {"message_type": message_type, "count": count} for message_type, count in most_first(by_type)
        ],
        "byChat": [{"remote_jid": jid, "count": count} for jid, count in by_chat(counts, BUSIEST_CHATS)],
        "byDay": [{"day": day_text(row["day"]), "count": row["count"]} for row in newest_days],
        "mediaCount": sum(kind.number for kind in kinds if kind.has_media),
    }


def most_first(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, slots=True)
class Kind:
    """How many messages have the same type, direction, and file or none."""

    message_type: str
    from_me: bool
    has_media: bool
    number: int


def by_kind(counts: Counts) -> list[Kind]:
    """All kinds of messages that there are: a few dozen, in one query."""
    groups = counts.kinds.values_list("message_type", "from_me", "has_media").annotate(count=Sum("number"))
    return [Kind(*group) for group in groups.order_by("message_type", "from_me", "has_media")]


def by_chat(counts: Counts, most: int) -> list[tuple[str, int]]:
    """(JID, how many messages) of the busiest chats, `most` at the most."""
    groups = counts.chats.values_list("chat__jid").annotate(count=Sum("number"))
    return list(groups.order_by("-count", "chat__jid")[:most])


def by_day(counts: Counts, first: int = 0) -> dict[int, int]:
    """Day (days since 1970, in UTC) → how many messages, of those days from `first` on that have some."""
    days = counts.days.filter(day__gte=first).values_list("day").annotate(count=Sum("number"))
    return dict(days.order_by("day"))


def newest_moments(account: Account, most: int, chats: Collection[int] | None = None) -> list[int]:
    """When the newest messages were sent (Unix seconds, the latest first), `most` at the most. It is read
    from their keys: a walk of that many steps along an index that has all it needs."""
    messages: Rows = Message.objects.filter(account=account)
    if chats is not None:
        messages = Message.objects.filter(chat__in=chats)
    keys = messages.order_by("-id").values_list("pk", flat=True)[:most]
    return [key >> KEY_BITS for key in keys]


def day_text(day: int) -> str:
    """`YYYY-MM-DD` of days since 1970."""
    return f"{datetime.fromtimestamp(day * SECONDS_A_DAY, UTC):%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Files:
    """How many files have the same kind, state and type (None: not known), and their bytes."""

    kind: str
    download_status: str
    mime_type: str | None
    number: int
    size: int


def files_of_account(account: Account, chats: Collection[int] | None = None) -> list[Files]:
    """The counts of an account's files; of those of messages in `chats` (their keys) alone, where these are
    given, which are counted."""
    columns = ("kind", "download_status", "mime_type")
    if chats is None:
        kept = FileTally.objects.filter(account=account).values_list(*columns, "number", "size")
        return [Files(kind, status, mime or None, number, size) for kind, status, mime, number, size in kept]
    files: Rows = Media.objects.filter(account=account)
    if chats is not None:
        files = files.filter(message__chat__in=chats)
    groups = files.order_by().values_list(*columns)
    sums = groups.annotate(number=Count("pk"), size=Sum("file_size", default=0))
    return [Files(kind, status, mime or None, number, size) for kind, status, mime, number, size in sums]


def of_media(files: Iterable[Files]) -> dict[str, Any]:
    """`{total, downloaded, pending, failed, totalSize, byType}` of `files`."""
    groups = list(files)

    def number(status: str) -> int:
        return sum(group.number for group in groups if group.download_status == status)

    types: dict[str, int] = {}
    for group in groups:
        types[group.mime_type or ""] = types.get(group.mime_type or "", 0) + group.number
    return {
        "total": sum(types.values()),
        "downloaded": number(Media.Status.DOWNLOADED),
        "pending": number(Media.Status.PENDING),
        "failed": number(Media.Status.FAILED),
        "totalSize": sum(group.size for group in groups),
        "byType": [
            {"mime_type": mime_type or None, "count": count} for mime_type, count in most_first(types)
        ],
    }
