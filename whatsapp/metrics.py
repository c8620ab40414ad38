"""Counts and times of what the hub does, for Prometheus: added up over all processes, since the hub started.

Each process counts in files of its own below DATA_DIR/metrics, and whoever is asked for the figures adds them
up. The files are named by a slot that no other running process has; a process that starts later takes over
the slot of one that has ended, and counts on from there. So no sum ever falls, and restarts leave no files
behind.

No label is anything that people chose or that names them: no number, JID, address or text.
"""

import fcntl
import os
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path

from django.conf import settings

from whatsapp import mapped

FOLDER = Path(settings.DATA_DIR) / "metrics"
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)  # before prometheus_client is imported

# isort: split
from prometheus_client import (  # noqa: E402
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.mmap_dict import MmapedDict  # noqa: E402  (the folder above comes first)
from prometheus_client.registry import Collector  # noqa: E402

RESERVED_BYTES = 256 * 1024  # more than all labels together come to
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Slot:
    """This process's number among those that run: the least that is free when it starts."""

    def __init__(self) -> None:
        self._process = 0
        self._number = 0
        self._lock = -1  # a descriptor; the lock ends with the process, however it ends

    def __call__(self) -> int:
        if self._process != os.getpid():  # at first, and after a fork
            self._process, (self._number, self._lock) = os.getpid(), self._take()
        return self._number

    def _take(self) -> tuple[int, int]:
        for number in count():
            try:
                lock = os.open(FOLDER / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            except PermissionError:
                continue  # another user's
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            return number, lock
        raise AssertionError("there is always another number")


class Reserved(MmapedDict):
    """A file of counts that has its room on the disk before anything is counted."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        handle = mapped.reserved(Path(filename), RESERVED_BYTES)
        super().__init__(f"/proc/self/fd/{handle}", read_mode)  # type: ignore[no-untyped-call]  # prometheus_client annotates this class only in part
        os.close(handle)


values.MmapedDict = Reserved  # type: ignore[attr-defined]  # the name under which it is looked up there
values.ValueClass = values.MultiProcessValue(Slot())

# What is counted

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
SLOW = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)

INGESTED = Counter(
    "whatsapp_hub_ingested_events_total",
    "WhatsApp's events that were taken in: handled, waiting (for what they change, or for a hub that knows "
    "their kind), importing (a history) or quarantined.",
    ["outcome"],
    registry=None,
)
INGEST_SECONDS = Histogram(
    "whatsapp_hub_ingest_batch_seconds",
    "How long a transaction took that takes events in; or failed, so that its events go one by one.",
    ["result"],
    buckets=FAST,
    registry=None,
)
ACTS = Counter(
    "whatsapp_hub_acts_total",
    "Acts that have ended, by the status in which they did; receipts change it later.",
    ["kind", "status"],
    registry=None,
)
ACT_SECONDS = Histogram(
    "whatsapp_hub_act_seconds", "From queued to ended.", ["kind"], buckets=SLOW, registry=None
)
DELIVERIES = Counter(
    "whatsapp_hub_deliveries_total", "Attempts to deliver an event to a webhook.", ["result"], registry=None
)
DELIVERY_SECONDS = Histogram(
    "whatsapp_hub_delivery_seconds", "How long an attempt took.", ["result"], buckets=FAST, registry=None
)
REQUESTS = Counter(
    "whatsapp_hub_http_requests_total",
    "Requests that were answered, by what they are about.",
    ["method", "status", "family"],
    registry=None,
)
REQUEST_SECONDS = Histogram(
    "whatsapp_hub_http_request_seconds",
    "Until the answer began.",
    ["family"],
    buckets=FAST,
    registry=None,
)


@cache
def stream_messages() -> Counter:
    """Made when it is first counted: without labels, it would give each command a file."""
    return Counter(
        "whatsapp_hub_stream_messages_total",
        "Events that were sent to WebSockets and event streams.",
        registry=None,
    )


# A metric finds its child by the labels' values in some microseconds: a request should not pay for that.


@cache
def requests(method: str, status: int, family: str) -> Counter:
    return REQUESTS.labels(method, str(status), family)


@cache
def request_seconds(family: str) -> Histogram:
    return REQUEST_SECONDS.labels(family)


# Counting


def note_ingest(outcomes: Mapping[str, int], seconds: float) -> None:
    """A batch of events was taken in: outcome → how many."""
    for outcome, events in outcomes.items():
        INGESTED.labels(outcome).inc(events)
    INGEST_SECONDS.labels("done").observe(seconds)


def note_failed_batch(seconds: float) -> None:
    INGEST_SECONDS.labels("failed").observe(seconds)


def note_quarantined() -> None:
    """An event could not be handled, not even alone."""
    INGESTED.labels("quarantined").inc()


def note_act(kind: str, status: str, seconds: float) -> None:
    """An act has ended, so many seconds after it was queued."""
    ACTS.labels(kind, status).inc()
    ACT_SECONDS.labels(kind).observe(max(0.0, seconds))


def note_delivery(ok: bool, seconds: float) -> None:
    """An event was sent to a webhook, which took it or didn't."""
    result = "delivered" if ok else "failed"
    DELIVERIES.labels(result).inc()
    DELIVERY_SECONDS.labels(result).observe(seconds)


def note_stream_messages(events: int) -> None:
    """So many events were sent to WebSockets or event streams."""
    stream_messages().inc(events)


def note_request(method: str, status: int, family: str, seconds: float) -> None:
    """A request was answered. `method` and `family` must be of a bounded number."""
    requests(method, status, family).inc()
    request_seconds(family).observe(seconds)


# Reading


def exposition(*collectors: Collector) -> bytes:
    """All counts of all processes, and what `collectors` find, in Prometheus's text format."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, str(FOLDER))
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def forget() -> None:
    """Begins anew from zero. Only while no process counts."""
    for path in FOLDER.glob("*.db"):
        path.unlink(missing_ok=True)
