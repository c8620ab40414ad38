"""Whoever follows the event log: what of it they still need, and how far behind it they are.

Each kind of follower has its place in both functions.
"""

import time
from typing import Any

from django.db.models import Min, Sum

from whatsapp.models import Account, Process
from whatsapp.processes import ALIVE_SECONDS, slowest_listener


def needed_from(account: Account) -> int | None:
    """The least id of the events of `account` that a follower still needs; None when none needs any."""
    got = slowest_listener(int(time.time()))
    needed = [None if got is None else got + 1]
    return min((event_id for event_id in needed if event_id is not None), default=None)


def lags(newest: int, now: int) -> dict[str, dict[str, Any]]:
    """Kind of follower → how many there are at `now` (Unix seconds), and by how many events the slowest is
    behind the event `newest`. One query for each kind."""
    return {"streams": streams(newest, now)}


def streams(newest: int, now: int) -> dict[str, Any]:
    """WebSockets and event streams that the living web processes serve."""
    living = Process.objects.filter(seen_at__gt=now - ALIVE_SECONDS)
    found = living.aggregate(listeners=Sum("listeners", default=0), slowest=Min("cursor"))
    slowest = found["slowest"]
    return {
        "listeners": found["listeners"],
        "lag": 0 if slowest is None else max(0, newest - slowest),
    }
