"""Whoever follows the event log: what of it they still need, and how far behind it they are.

Each kind of follower has its place in both functions.
"""

import time
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from whatsapp.models import Account, Delivery, Process, Webhook
from whatsapp.prepared import Prepared, Slot
from whatsapp.processes import ALIVE_SECONDS, slowest_listener

LIVING = Prepared(
    lambda: Process.objects.filter(seen_at__gt=Slot("since")).order_by().values_list("listeners", "cursor")
)
FOLLOWING = Prepared(
    lambda: undelivered(Webhook.objects.all()).values_list("cursor", "first", "failures", "paused_at")
)


def needed_from(account: Account) -> int | None:
    """The least id of the events of `account` that a follower still needs; None when none needs any."""
    got = slowest_listener(int(time.time()))
    needed = [None if got is None else got + 1, needed_by_webhooks(account)]
    return min((event_id for event_id in needed if event_id is not None), default=None)


def needed_by_webhooks(account: Account) -> int | None:
    """The least id of the events that a webhook has not got; a paused one goes on from there some day."""
    aside = Delivery.objects.filter(webhook=OuterRef("pk")).aside().order_by("event_id")
    rows = undelivered(Webhook.objects.told_of(account)).annotate(
        aside=Subquery(aside.values("event_id")[:1])
    )
    needs = [
        event_id
        for cursor, first, stubborn in rows.values_list("cursor", "first", "aside")
        for event_id in (cursor + 1, first, stubborn)
        if event_id is not None
    ]
    return min(needs, default=None)


def undelivered(webhooks: QuerySet[Webhook]) -> QuerySet[Any]:
    """Those that are not turned off, each with the event that is `first` in its line."""
    line = Delivery.objects.filter(webhook=OuterRef("pk")).in_line()
    return webhooks.filter(is_active=True).annotate(first=Subquery(line.values("place")[:1]))


def lags(newest: int, now: int) -> dict[str, dict[str, Any]]:
    """Kind of follower → how many there are at `now` (Unix seconds), and by how many events the slowest is
    behind the event `newest`. One query for each kind."""
    return {"streams": streams(newest, now), "webhooks": webhooks(newest)}


def streams(newest: int, now: int) -> dict[str, Any]:
    """WebSockets and event streams that the living web processes serve."""
    living = LIVING.rows(since=now - ALIVE_SECONDS)
    slowest = min((cursor for _, cursor in living if cursor is not None), default=newest)
    return {"listeners": sum(listeners for listeners, _ in living), "lag": max(0, newest - slowest)}


def webhooks(newest: int) -> dict[str, Any]:
    """Webhooks that are not turned off. The lag is of those that are not paused."""
    rows = FOLLOWING.rows()
    got = [
        cursor if first is None else min(cursor, first - 1)
        for cursor, first, _, paused_at in rows
        if paused_at is None
    ]
    return {
        "active": len(got),
        "failing": sum(bool(failures) and paused_at is None for _, _, failures, paused_at in rows),
        "paused": len(rows) - len(got),
        "lag": max(0, newest - min(got, default=newest)),
    }
