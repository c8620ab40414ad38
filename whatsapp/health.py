"""Is the hub alive? What monitors and the owner are told, found out whenever somebody asks."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from whatsapp import followers, processes, queue
from whatsapp.ingest.spool import number_waiting
from whatsapp.models import Account, Connection, Event, InboxEvent, Process
from whatsapp.prepared import Prepared, Slot

MOST_COUNTED = 1000
MOST_PROCESSES = 100

IN_STATE = Prepared(
    lambda: InboxEvent.objects.filter(state=Slot("state")).order_by().values_list("pk")[: MOST_COUNTED + 1]
)
OTHER_PROCESSES = Prepared(
    lambda: (
        Process.objects.exclude(pk=Slot("own"))
        .order_by("-seen_at")
        .values_list("kind", "seen_at")[:MOST_PROCESSES]
    )
)


def state(now: int) -> dict[str, Any]:
    """What is known at `now` (Unix seconds), in a few cheap queries. That it answers is what `ok` means: this
    process works, and so does its database. A supervisor must not restart it for anything else."""
    accounts = Account.objects.by_name()
    account = accounts.get(settings.SESSION_NAME)
    connection = getattr(account, "connection", None)
    seen = signs_of_life(now)
    pending, is_more = inbox_events(InboxEvent.State.PENDING, accounts.values())
    newest = Event.objects.newest_id()
    return {
        "status": "ok",
        "version": settings.VERSION,
        "connection": connection.status if connection else Connection.Status.DISCONNECTED,
        "processes": lives(connection, seen, now),
        "web_processes": [life(one, now) for one in seen[Process.Kind.WEB]],
        "inbox": {"pending": pending, "more": is_more},
        "queue": queue_state(),
        "log": {"newest": newest},
        "followers": followers.lags(newest, now),
    }


def queue_state() -> dict[str, Any]:
    """Of the worker's queue; with REDIS_URL that is the state of Redis, too."""
    waiting = queue.number_waiting()
    storage = "redis" if settings.REDIS_URL else "file"
    return {"storage": storage, "reachable": waiting is not None, "waiting": waiting}


def inbox_events(state: int, spools_of: Iterable[Account] = ()) -> tuple[int, bool]:
    """How many of WhatsApp's events are in that state, those that wait in these accounts' spools with them,
    MOST_COUNTED at the most; whether there are more."""
    found = len(IN_STATE.rows(state=state))
    found += sum(number_waiting(one.spool, one.spooled, MOST_COUNTED + 1) for one in spools_of)
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def signs_of_life(now: int) -> dict[str, list[int]]:
    """Kind → when each process of it that has not ended was last seen, the latest first. This one is seen
    now."""
    seen: dict[str, list[int]] = {kind: [] for kind in Process.Kind.values}
    for kind, seen_at in OTHER_PROCESSES.rows(own=processes.own_id(Process.Kind.WEB)):
        seen[kind].append(seen_at)
    seen[Process.Kind.WEB].insert(0, now)
    return seen


def lives(connection: Connection | None, seen: dict[str, list[int]], now: int) -> dict[str, dict[str, Any]]:
    """`web`, `session` and `worker` → `{alive, last_seen}`, of the one that was seen last."""
    return {
        "web": life(now, now),
        "session": life(connection.heartbeat_at if connection else None, now),
        "worker": life(max(seen[Process.Kind.WORKER], default=None), now),
    }


def life(last_seen: int | None, now: int) -> dict[str, Any]:
    return {"alive": processes.is_alive(last_seen, now), "last_seen": last_seen}
