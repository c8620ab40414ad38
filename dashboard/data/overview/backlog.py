"""What has come and is not done yet: events, history, files, acts; and who is behind the event log."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from dashboard.data.overview.health_parts import GOOD, WARN, Fact, Part, Trouble, counted
from whatsapp import followers, health
from whatsapp.actions import UNFINISHED
from whatsapp.models import Account, Action, Event, HistorySync, InboxEvent, Media

MOST_COUNTED = health.MOST_COUNTED
MOST_IMPORTS = 10
FAR_BEHIND = 1000  # events


def backlog(account: Account, now: int) -> Part:
    """What has come and is not done yet. Things that wait are no trouble, unless they are very many."""
    work = [*inbox(account), *imports(account), downloads(account), acts(account)]
    facts = [*work, *behind(now)]
    troubles = [*far_behind(facts), *quarantine()]
    is_idle = all(fact.text == NOTHING for fact in work)
    sentence = "Nothing waits." if is_idle else "What waits is being worked on."
    return Part("backlog", "Work that waits", "clock", sentence, facts, troubles)


NOTHING = "nothing waits"


def waiting(number: int, is_more: bool, what: str) -> str:
    return counted(number, what, is_more=is_more) if number else NOTHING


def bounded(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many `rows` there are, MOST_COUNTED at the most; and whether there are more."""
    found = rows[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def inbox(account: Account) -> Iterator[Fact]:
    number, is_more = health.inbox_events(InboxEvent.State.PENDING, [account])
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
    syncs = list(HistorySync.objects.filter(account=account).under_way()[:MOST_IMPORTS])
    if not syncs:
        yield Fact("History", NOTHING)
        return
    sync = syncs[0]
    done = 100 * sync.messages // sync.message_total if sync.message_total else 0
    text = f"importing {sync.messages:,} of {sync.message_total:,} messages"
    if len(syncs) > 1:
        text += f"; {counted(len(syncs) - 1, 'more parts')} to come"
    yield Fact("History", text, done=min(done, 100), path="/connection")


def downloads(account: Account) -> Fact:
    rows = Media.objects.filter(account=account, download_status=Media.Status.PENDING)
    return Fact("Downloads", waiting(*bounded(rows), "files"), path="/media?status=pending")


def behind(now: int) -> Iterator[Fact]:
    """How far those who follow the event log are behind it."""
    lags = followers.lags(Event.objects.newest_id(), now)
    streams, hooks = lags["streams"], lags["webhooks"]
    yield lag_of("Live listeners", streams["listeners"], streams["lag"])
    yield lag_of("Webhooks", hooks["active"], hooks["lag"], "/webhooks")


def lag_of(name: str, number: int, lag: int, path: str = "") -> Fact:
    if not number:
        return Fact(name, "there are none", path=path)
    if not lag:
        return Fact(name, "up to date", path=path)
    level = WARN if lag >= FAR_BEHIND else GOOD
    return Fact(name, f"{counted(lag, 'events')} behind", level, path)


def acts(account: Account) -> Fact:
    rows = Action.objects.filter(account=account, status__in=UNFINISHED).order_by()
    return Fact("Actions", waiting(*bounded(rows), "actions"), path="/actions?status=queued")


def quarantine() -> Iterator[Trouble]:
    number, is_more = health.inbox_events(InboxEvent.State.QUARANTINED)
    if number:
        yield Trouble(
            WARN,
            f"{counted(number, 'events', is_more=is_more)} of WhatsApp's could not be taken in.",
            "They are kept in quarantine with their errors. Replay them after an update of the hub.",
            "/events/quarantine",
            "Quarantine",
        )
