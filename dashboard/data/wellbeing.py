"""Whether the hub is well: each part of it in plain words, and for what is not, what to do about it."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from whatsapp import followers, gauges, health
from whatsapp.actions import UNFINISHED
from whatsapp.models import (
    Account,
    Action,
    Connection,
    Event,
    HistorySync,
    InboxEvent,
    Media,
    Process,
    Webhook,
)
from whatsapp.webhooks.subscriptions import host_of

GOOD, WARN, BAD = "good", "warn", "bad"

MOST_COUNTED = health.MOST_COUNTED
FAR_BEHIND = 1000  # events
LOW_BYTES, LEAST_BYTES = 2 * 1024**3, 512 * 1024**2  # of free disk
MOST_WEBHOOKS = 10  # that are named; the page of webhooks has them all

QUARANTINE, CONNECTION, ACTIONS, WEBHOOKS, MEDIA = (
    "/events/quarantine",
    "/connection",
    "/actions",
    "/webhooks",
    "/media",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be, what to do about it, and where."""

    level: str
    text: str
    advice: str
    path: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a part: its name, how it is, and how good that is. `done` is percent of something that is
    under way."""

    name: str
    text: str
    level: str = GOOD
    path: str = ""
    seen_at: int | None = None  # Unix seconds
    done: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One side of the hub's health. `sentence` says how it is when nothing is wrong."""

    name: str
    title: str
    icon: str
    sentence: str
    facts: Sequence[Fact] = ()
    troubles: Sequence[Trouble] = ()
    path: str = ""

    @property
    def level(self) -> str:
        return worst(trouble.level for trouble in self.troubles)


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
    troubles: Sequence[Trouble] = field(default_factory=list)

    @property
    def level(self) -> str:
        return worst(trouble.level for trouble in self.troubles)


def worst(levels: Iterator[str] | Sequence[str]) -> str:
    found = set(levels)
    return next((level for level in (BAD, WARN) if level in found), GOOD)


def of(account: Account, now: int, stored_bytes: int, stored_files: int) -> Wellbeing:
    """How the hub is at `now` (Unix seconds). About a dozen queries, however much there is."""
    seen = health.signs_of_life(now)
    lives = health.lives(account.connection, seen, now)
    line = line_of(account, now, is_alive=lives["session"]["alive"])
    parts = [
        line.part,
        processes(lives, seen[Process.Kind.WEB]),
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


def processes(lives: dict[str, dict[str, Any]], web: Sequence[int]) -> Part:
    """The hub's three processes; this one, which answers, is a web process."""
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
    return Part("processes", "Processes", "gauge", "All processes are running.", facts, troubles)


# What waits


def backlog(account: Account, now: int) -> Part:
    """What has come and is not done yet. Things that wait are no trouble, unless they are very many."""
    work = [*inbox(), *imports(account), downloads(account), acts(account)]
    facts = [*work, *behind(now)]
    troubles = [*far_behind(facts), *quarantine()]
    is_idle = all(fact.text == NOTHING for fact in work)
    sentence = "Nothing waits." if is_idle else "What waits is being worked on."
    return Part("backlog", "Work that waits", "clock", sentence, facts, troubles)


NOTHING, NOBODY, UP_TO_DATE = "nothing waits", "nobody listens", "up to date"


def waiting(number: int, is_more: bool, what: str) -> str:
    return counted(number, what, is_more=is_more) if number else NOTHING


def counted(number: int, what: str, *, is_more: bool = False) -> str:
    """`1 event`, `1,000+ events`; `what` is their plural."""
    return f"{number:,}{'+' if is_more else ''} {what.removesuffix('s') if number == 1 else what}"


def bounded(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many `rows` there are, MOST_COUNTED at the most; and whether there are more."""
    found = rows[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def inbox() -> Iterator[Fact]:
    number, is_more = health.inbox_events(InboxEvent.State.PENDING)
    level = WARN if number >= FAR_BEHIND else GOOD
    yield Fact("Inbox", waiting(number, is_more, "events"), level)


def far_behind(facts: Sequence[Fact]) -> Iterator[Trouble]:
    for fact in facts:
        if fact.level == GOOD:
            continue
        yield Trouble(
            WARN,
            f"{fact.name} is far behind: {fact.text}.",
            "It catches up by itself while the hub runs; look again in a few minutes.",
            fact.path,
            fact.name if fact.path else "",
        )


def imports(account: Account) -> Iterator[Fact]:
    """The history that is being taken in, and how much of it waits."""
    syncs = list(HistorySync.objects.filter(account=account).under_way()[:MOST_WEBHOOKS])
    if not syncs:
        yield Fact("History", NOTHING)
        return
    sync = syncs[0]
    done = 100 * sync.messages // sync.message_total if sync.message_total else 0
    text = f"importing {sync.messages:,} of {sync.message_total:,} messages"
    if len(syncs) > 1:
        text += f"; {counted(len(syncs) - 1, 'more parts')} to come"
    yield Fact("History", text, done=min(done, 100), path=CONNECTION)


def downloads(account: Account) -> Fact:
    rows = Media.objects.filter(account=account, download_status=Media.Status.PENDING)
    return Fact("Downloads", waiting(*bounded(rows), "files"), path=f"{MEDIA}?status=pending")


def behind(now: int) -> Iterator[Fact]:
    """How far those who follow the event log are behind it."""
    lags = followers.lags(Event.objects.newest_id(), now)
    streams, hooks = lags["streams"], lags["webhooks"]
    yield lag_of("Live listeners", streams["listeners"], streams["lag"], "")
    yield lag_of("Webhooks", hooks["active"], hooks["lag"], WEBHOOKS)


def lag_of(name: str, number: int, lag: int, path: str) -> Fact:
    if not number:
        return Fact(name, NOBODY, path=path)
    if not lag:
        return Fact(name, UP_TO_DATE, path=path)
    level = WARN if lag >= FAR_BEHIND else GOOD
    return Fact(name, f"{counted(lag, 'events')} behind", level, path)


def acts(account: Account) -> Fact:
    rows = Action.objects.filter(account=account, status__in=UNFINISHED).order_by()
    return Fact("Actions", waiting(*bounded(rows), "actions"), path=f"{ACTIONS}?status=queued")


def quarantine() -> Iterator[Trouble]:
    number, is_more = health.inbox_events(InboxEvent.State.QUARANTINED)
    if number:
        yield Trouble(
            WARN,
            f"{counted(number, 'events', is_more=is_more)} of WhatsApp's could not be taken in.",
            "They are kept in quarantine with their errors. Replay them after an update of the hub.",
            QUARANTINE,
            "Quarantine",
        )


# Webhooks


def webhooks(account: Account) -> Part:
    rows = list(
        Webhook.objects.filter(account=account, is_active=True)
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
    for name, folder in folders():
        usage = shutil.disk_usage(folder)
        level = BAD if usage.free < LEAST_BYTES else WARN if usage.free < LOW_BYTES else GOOD
        facts.append(
            Fact(
                f"Free for {name}" if name else "Free disk",
                f"{size(usage.free)} of {size(usage.total)}",
                level,
                done=100 * (usage.total - usage.free) // usage.total,
            )
        )
        if level != GOOD:
            troubles.append(
                Trouble(
                    level,
                    f"The disk{f' for {name}' if name else ''} is nearly full: {size(usage.free)} are free.",
                    "Free some space, keep less in the settings, or turn off the download of files.",
                    reverse("settings"),
                    "Settings",
                )
            )
    database = gauges.database_bytes()
    if database is not None:
        facts.append(Fact("Database", size(database)))
    kept = f"{size(stored_bytes)} in {counted(stored_files, 'files')}" if stored_files else "none yet"
    facts.append(Fact("Files", kept, path=MEDIA))
    return Part("storage", "Storage", "disk", "There is enough room.", facts, troubles)


def folders() -> list[tuple[str, Path]]:
    """(name, folder) of what is on a disk of its own; the name is empty where there is but one."""
    data, media = Path(settings.DATA_DIR), Path(settings.MEDIA_DIR)
    if not media.exists() or media.stat().st_dev == data.stat().st_dev:
        return [("", data)]
    return [("data", data), ("files", media)]


def size(number: int) -> str:
    return str(filesizeformat(number)).replace("\xa0", " ")
