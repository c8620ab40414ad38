"""Counts of what is stored."""

from datetime import UTC, datetime
from typing import Any

from django.db import connections
from django.db.models import Count, F, IntegerField, QuerySet, Sum
from django.db.models.functions import Cast

from whatsapp.models import Media
from whatsapp.tallies import SECONDS_A_DAY

BUSIEST_CHATS = 20
NEWEST_DAYS = 30

Rows = QuerySet[Any]


def of_messages(messages: Rows, tallies: Rows, days: Rows) -> dict[str, Any]:
    """`{total, byType, byChat, byDay, mediaCount}` of `messages`, from their `tallies` and `days` where the
    database keeps those; else by counting."""
    number: Any = Sum("number")
    if connections[messages.db].vendor != "sqlite":
        day = Cast(F("timestamp") / SECONDS_A_DAY, IntegerField())
        tallies, days, number = messages, messages.annotate(day=day), Count("pk")
    by_type = counted(tallies, number, "message_type")
    return {
        "total": sum(row["count"] for row in by_type),
        "byType": by_type,
        "byChat": [
            {"remote_jid": row["chat__jid"], "count": row["count"]}
            for row in counted(tallies, number, "chat__jid")[:BUSIEST_CHATS]
        ],
        "byDay": [
            {"day": day_text(row["day"]), "count": row["count"]}
            for row in days.values("day").annotate(count=number).order_by("-day")[:NEWEST_DAYS]
        ],
        "mediaCount": tallies.filter(has_media=True).aggregate(count=number)["count"] or 0,
    }


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
