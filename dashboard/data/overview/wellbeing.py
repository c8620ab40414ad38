"""Whether the hub is well: each part of it in plain words, and for what is not, what to do about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from dashboard.data.overview.backlog import backlog
from dashboard.data.overview.health_parts import BAD, GOOD, WARN, Fact, Part, Trouble, counted, worst
from whatsapp import gauges, health
from whatsapp.disks import disks
from whatsapp.models import Account, Connection, Process, Webhook
from whatsapp.webhooks.subscriptions import host_of

MOST_WEBHOOKS = 10  # that are named; the page of webhooks has them all
CONNECTION, WEBHOOKS = "/connection", "/webhooks"


@dataclass(frozen=True, slots=True)
class Line:
    """The connection to WhatsApp."""

    status: str
    reason: str | None
    since: int | None
    retry_at: int | None  # Unix seconds; None when no further try is to come
    last_event_at: int | None
    name: str | None
    jid: str | None
    is_current: bool  # whether the session process lives and says so; else it is what it last said
    part: Part


@dataclass(frozen=True, slots=True)
class Wellbeing:
    line: Line
    parts: Sequence[Part]
    troubles: Sequence[Trouble]

    @property
    def level(self) -> str:
        return worst(trouble.level for trouble in self.troubles)


def of(account: Account, now: int, stored_bytes: int, stored_files: int) -> Wellbeing:
    """How the hub is at `now` (Unix seconds). About a dozen queries, however much there is."""
    seen = health.signs_of_life(now)
    lives = health.lives(account.connection, seen, now)
    line = line_of(account, now, is_alive=lives["session"]["alive"])
    parts = [
        line.part,
        processes(lives, seen[Process.Kind.WEB], health.queue_state()),
        backlog(account, now),
        webhooks(account),
        storage(stored_bytes, stored_files),
    ]
    troubles = [trouble for part in parts for trouble in part.troubles]
    return Wellbeing(line, parts, sorted(troubles, key=lambda trouble: trouble.level != BAD))


# The line

SCAN = Trouble(
    WARN, "No phone is linked.", "Scan a code with WhatsApp on your phone.", CONNECTION, "Link a phone"
)


def line_of(account: Account, now: int, is_alive: bool) -> Line:
    connection = account.connection
    retry_at = connection.retry_at if connection.retry_at and connection.retry_at > now else None
    troubles = list(troubles_of_line(account, connection, retry_at, is_alive=is_alive))
    part = Part("line", "Connection", "link", "Connected to WhatsApp.", troubles=troubles, path=CONNECTION)
    return Line(
        status=connection.status,
        reason=connection.reason,
        since=connection.since,
        retry_at=retry_at,
        last_event_at=connection.last_event_at,
        name=account.push_name,
        jid=account.jid,
        is_current=is_alive,
        part=part,
    )


def troubles_of_line(
    account: Account, connection: Connection, retry_at: int | None, *, is_alive: bool
) -> Iterator[Trouble]:
    status = connection.status
    if status == Connection.Status.CONNECTED or not is_alive:
        return  # a dead session process says so itself, among the processes
    if status == Connection.Status.QR or not account.device:
        yield SCAN
    elif status == Connection.Status.CONNECTING:
        yield Trouble(
            WARN,
            "The hub is connecting to WhatsApp.",
            "It usually takes a few seconds. Messages wait and nothing is lost.",
            CONNECTION,
            "Connection",
        )
    else:
        advice = (
            "The hub tries again by itself."
            if retry_at
            else "The hub does not try again by itself: restart the connection."
        )
        yield Trouble(BAD, "WhatsApp is not connected.", advice, CONNECTION, "Connection")


# Processes

ROLES = {
    "session": ("Session", "talks to WhatsApp", "Nothing is sent or received"),
    "worker": ("Worker", "delivers webhooks and tidies up", "No webhook is delivered"),
}


def processes(lives: dict[str, dict[str, Any]], web: Sequence[int], queue: dict[str, Any]) -> Part:
    """The hub's three processes, this one, which answers, being a web process; and the worker's queue."""
    others = sum(lives["web"]["last_seen"] - seen_at < 60 for seen_at in web) - 1
    count = f"{others + 1} running" if others > 0 else "running"
    facts = [Fact("Web", f"{count}; answers pages and the API")]
    troubles = []
    for name, (title, does, lost) in ROLES.items():
        life = lives[name]
        if life["alive"]:
            facts.append(Fact(title, f"running; {does}", seen_at=life["last_seen"]))
            continue
        facts.append(Fact(title, f"no sign of life; it {does}", BAD, seen_at=life["last_seen"]))
        troubles.append(
            Trouble(
                BAD,
                f"The {name} process gives no sign of life. {lost}.",
                "It is started again by itself within a minute. If it stays silent, read the hub's log and "
                "restart the hub.",
            )
        )
    if not queue["reachable"]:
        troubles.append(queue_trouble(queue["storage"]))
        facts.append(Fact("Queue", "can't be reached", BAD))
    elif queue["storage"] == "redis":
        facts.append(Fact("Queue", "in Redis, which answers"))
    return Part("processes", "Processes", "gauge", "All processes are running.", facts, troubles)


def queue_trouble(storage: str) -> Trouble:
    if storage == "redis":
        return Trouble(
            BAD,
            "Redis can't be reached. No webhook is delivered, and each machine counts requests for itself.",
            "Nothing is lost, and the hub goes on by itself once Redis is back. See that it runs, and that "
            "REDIS_URL is right.",
        )
    return Trouble(
        BAD,
        "The worker's queue can't be read. No webhook is delivered.",
        "Nothing is lost. See that queue.db in the hub's data folder can be read and written to, then "
        "restart the hub.",
    )


# Webhooks


def webhooks(account: Account) -> Part:
    rows = list(
        Webhook.objects.told_of(account)
        .filter(is_active=True)
        .only("url", "failures", "paused_at", "pause_reason", "failing_since")
        .order_by("-id")
    )
    if not rows:
        return Part("webhooks", "Webhooks", "hook", "There are no webhooks yet.", path=WEBHOOKS)
    paused = [row for row in rows if row.paused_at is not None]
    failing = [row for row in rows if row.paused_at is None and row.failures]
    facts = [Fact("Active", f"{len(rows) - len(paused):,}")]
    if failing:
        facts.append(Fact("Failing", f"{len(failing):,}", WARN))
    if paused:
        facts.append(Fact("Paused", f"{len(paused):,}", BAD))
    troubles = [
        *(paused_trouble(row) for row in paused[:MOST_WEBHOOKS]),
        *(failing_trouble(row) for row in failing[:MOST_WEBHOOKS]),
    ]
    return Part("webhooks", "Webhooks", "hook", "All webhooks are delivered.", facts, troubles, WEBHOOKS)


def paused_trouble(webhook: Webhook) -> Trouble:
    return Trouble(
        BAD,
        f"The webhook for {host_of(webhook)} is paused. {webhook.pause_reason or ''}".strip(),
        "Its events are kept. Mend its receiver, then resume it.",
        f"{WEBHOOKS}/{webhook.pk}",
        f"Webhook {webhook.pk}",
    )


def failing_trouble(webhook: Webhook) -> Trouble:
    times = "once" if webhook.failures == 1 else f"{webhook.failures:,} times in a row"
    return Trouble(
        WARN,
        f"The webhook for {host_of(webhook)} has failed {times}.",
        "It is tried again by itself, with growing pauses.",
        f"{WEBHOOKS}/{webhook.pk}",
        f"Webhook {webhook.pk}",
    )


# Storage


def storage(stored_bytes: int, stored_files: int) -> Part:
    facts, troubles = [], []
    found = disks()
    for disk in found:
        name = disk.name if len(found) > 1 else ""
        level = BAD if disk.is_nearly_full else WARN if disk.is_low else GOOD
        facts.append(
            Fact(
                f"Free for {name}" if name else "Free disk",
                f"{size(disk.free)} of {size(disk.total)}",
                level,
                done=100 * (disk.total - disk.free) // disk.total,
            )
        )
        if level != GOOD:
            troubles.append(
                Trouble(
                    level,
                    f"The disk{f' for {name}' if name else ''} is nearly full: {size(disk.free)} are free.",
                    "Free some space, keep less in the settings, or turn off the download of files.",
                    reverse("settings"),
                    "Settings",
                )
            )
    facts.append(Fact("Database", size(gauges.database_bytes())))
    kept = f"{size(stored_bytes)} in {counted(stored_files, 'files')}" if stored_files else "none yet"
    facts.append(Fact("Files", kept, path="/media"))
    return Part("storage", "Storage", "disk", "There is enough room.", facts, troubles)


def size(number: int) -> str:
    return str(filesizeformat(number)).replace("\xa0", " ")
