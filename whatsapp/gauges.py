"""The state of the hub as the database knows it, in Prometheus's terms: found out whenever somebody asks, so
that nothing of it can be left over from a process that has died."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from whatsapp import followers, processes, queue
from whatsapp.actions import UNFINISHED
from whatsapp.ingest.spool import MOST_LOOKED_AT, number_waiting
from whatsapp.models import Account, Action, Connection, Event, InboxEvent, Media, Process

INBOX_STATES = {InboxEvent.State.PENDING: "pending", InboxEvent.State.QUARANTINED: "quarantined"}


class State(Collector):
    """A few queries, however much there is."""

    def collect(self) -> Iterator[Metric]:
        now = int(time.time())
        yield InfoMetricFamily("whatsapp_hub", "The hub.", {"version": settings.VERSION})
        accounts = list(Account.objects.by_name().values())
        yield from lines(accounts, now)
        yield inbox(accounts)
        yield from tasks()
        yield from log(now)
        yield acts()
        yield media()
        yield database_size()


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"whatsapp_hub_{name}", meaning, value=value)


def gauges(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    """One for each value of the label."""
    family = GaugeMetricFamily(f"whatsapp_hub_{name}", meaning, labels=[label])
    for named, value in values.items():
        family.add_metric([named], value)
    return family


def lines(accounts: Sequence[Account], now: int) -> Iterator[Metric]:
    """Whether each account's line is up, and which processes live."""
    connections = {one.name: one.connection for one in accounts if hasattr(one, "connection")}
    up = {name: float(one.status == Connection.Status.CONNECTED) for name, one in connections.items()}
    yield gauges("connection_up", "Whether the account is connected to WhatsApp.", "account", up)
    alive = dict.fromkeys(Process.Kind.values, 0)
    living = Process.objects.filter(seen_at__gt=now - processes.ALIVE_SECONDS)
    alive |= dict(living.values_list("kind").annotate(Count("pk")))
    alive["session"] = sum(processes.is_alive(one.heartbeat_at, now) for one in connections.values())
    yield gauges("processes_alive", "Processes that have given a sign of life lately.", "kind", alive)


def inbox(accounts: Sequence[Account]) -> Metric:
    """What is in the spools and in the inbox."""
    waiting = InboxEvent.objects.filter(state__in=INBOX_STATES).order_by()
    counts = dict(waiting.values_list("state").annotate(Count("pk")))
    values = {name: counts.get(state, 0) for state, name in INBOX_STATES.items()}
    values["pending"] += sum(number_waiting(one.spool, one.spooled, MOST_LOOKED_AT) for one in accounts)
    return gauges("inbox_events", "Events of WhatsApp's that have not become rows.", "state", values)


def tasks() -> Iterator[Metric]:
    """Of the workers' queue, and so of Redis, where REDIS_URL is set."""
    waiting = queue.number_waiting()
    yield gauge("queue_up", "Whether the workers' queue can be reached.", waiting is not None)
    if waiting is not None:
        yield gauge("queue_tasks", "Tasks that no worker has begun.", waiting)


def log(now: int) -> Iterator[Metric]:
    newest = Event.objects.newest_id()
    yield gauge("log_newest_id", "The id of the newest event of the log.", newest)
    lags = {name: lag["lag"] for name, lag in followers.lags(newest, now).items()}
    yield gauges("follower_lag_events", "How far the slowest is behind the log.", "follower", lags)


def acts() -> Metric:
    # By account, as the index has them: else all acts would be walked through.
    waiting = Action.objects.filter(account__in=Account.objects.all(), status__in=UNFINISHED).order_by()
    counts = dict(waiting.values_list("status").annotate(Count("pk")))
    values = {status.value: counts.get(status, 0) for status in UNFINISHED}
    return gauges("acts_open", "Acts that have not ended.", "status", values)


def media() -> Metric:
    pending = Media.objects.filter(download_status=Media.Status.PENDING).count()
    return gauge("media_pending", "Files that are still to be fetched.", pending)


def database_size() -> Metric:
    return gauge("database_bytes", "The size of the database.", database_bytes())


def database_bytes() -> int:
    """The size of SQLite's file, with what is not yet moved into it from its log; of another database, as it
    says itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    path = str(connection.settings_dict["NAME"])
    files = [Path(path + ending) for ending in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())
