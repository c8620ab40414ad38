"""Somebody's presence: how they are now, and when they were online in the last days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from whatsapp import preferences
from whatsapp.models import Account, Connection, Contact, Presence, PresenceChange

State = Presence.State

DAYS = 7
MOST_CHANGES = 4000  # of a week; who comes and goes more often is drawn from the newest
WIDTH = 1440  # of a day's strip: a unit is a minute
LEAST_WIDTH = 5  # so that a glance can be seen
TYPING_SECONDS = 45  # WhatsApp doesn't always tell when somebody stops
MILLISECONDS = 1000

TYPING = {State.COMPOSING: "Typing", State.RECORDING: "Recording a voice message"}
WORDS = {
    State.AVAILABLE: "Came online",
    State.UNAVAILABLE: "Went offline",
    State.COMPOSING: "Typed",
    State.RECORDING: "Recorded a voice message",
    State.PAUSED: "Stopped typing",
}


@dataclass(frozen=True, slots=True)
class Now:
    """`is_online` is None when nothing is known. `does` is what they are doing in a chat, if anything."""

    is_online: bool | None = None
    last_seen: int | None = None
    does: str | None = None
    where: str | None = None  # the group's JID, when it is in one
    is_live: bool = True  # whether WhatsApp can tell of changes now
    is_followed: bool = True  # whether the owner wants presence to be followed


def now_of(account: Account, contact: Contact, now: float) -> Now:
    is_live = account.connection.status == Connection.Status.CONNECTED
    is_followed = bool(preferences.get("trackPresence"))
    known = Presence.objects.filter(contact=contact).select_related("chat").first()
    if known is None:
        return Now(is_live=is_live, is_followed=is_followed)
    does = None
    if is_live and now * MILLISECONDS - known.chat_state_at < TYPING_SECONDS * MILLISECONDS:
        does = TYPING.get(State(known.chat_state)) if known.chat_state else None
    where = known.chat.jid if does and known.chat is not None and known.chat.is_group else None
    return Now(known.is_online, known.last_seen, does, where, is_live, is_followed)


@dataclass(frozen=True, slots=True)
class Span:
    """Unix seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day's strip: bars in minutes from midnight, and what they come to."""

    date: date
    bars: list[Bar]
    seconds: float
    times: int

    @property
    def length(self) -> str:
        return length_of(self.seconds)


@dataclass(frozen=True, slots=True)
class Week:
    days: list[Day]

    @property
    def is_empty(self) -> bool:
        return not any(day.bars for day in self.days)


def week_of(account: Account, contact: Contact, now: float) -> Week:
    """The last days in the reader's time zone, today first."""
    days = midnights(now)
    since = days[-1][1].timestamp()
    known = PresenceChange.objects.filter(contact=contact, state__in=(State.AVAILABLE, State.UNAVAILABLE))
    order = ("-changed_at", "-state")
    rows = known.order_by(*order).values_list("changed_at", "state")
    within = list(rows.filter(changed_at__gte=int(since * MILLISECONDS))[:MOST_CHANGES])
    earlier = list(rows.filter(changed_at__lt=int(since * MILLISECONDS))[:1])
    changes = [(at / MILLISECONDS, state == State.AVAILABLE) for at, state in [*within, *earlier]]
    connection = account.connection
    is_live = connection.status == Connection.Status.CONNECTED
    until = now if is_live else min(now, max(connection.since or now, since))
    return Week(strips(online_spans(reversed(changes), since, until), days))


def midnights(now: float) -> list[tuple[date, datetime, datetime]]:
    """(day, its beginning, its end) of the last days, today first."""
    zone = timezone.get_current_timezone()
    today = datetime.fromtimestamp(now, zone).date()
    days = [today - timedelta(days=number) for number in range(-1, DAYS)]
    starts = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in days]
    return [(days[number], starts[number], starts[number - 1]) for number in range(1, len(days))]


def online_spans(changes: Iterable[tuple[float, bool]], since: float, until: float) -> list[Span]:
    """When somebody was online between `since` and `until`, of changes (Unix seconds, whether they came
    online) in their order. Who has not gone again is online until the end."""
    spans = []
    begun: float | None = None
    for at, is_online in changes:
        if is_online and begun is None:
            begun = at
        elif not is_online and begun is not None:
            spans.append(Span(max(begun, since), min(at, until)))
            begun = None
    if begun is not None:
        spans.append(Span(max(begun, since), until))
    return [span for span in spans if span.end > span.start]


def strips(spans: Sequence[Span], days: Sequence[tuple[date, datetime, datetime]]) -> list[Day]:
    """The spans, cut at midnights. A day of 23 or 25 hours is as wide as any other."""
    made = []
    for day, beginning, ending in days:
        start, end = beginning.timestamp(), ending.timestamp()
        cut = [
            Span(max(span.start, start), min(span.end, end))
            for span in spans
            if span.start < end and span.end > start
        ]
        scale = WIDTH / (end - start)
        bars = joined([bar_of((span.start - start) * scale, (span.end - span.start) * scale) for span in cut])
        made.append(Day(day, bars, sum(span.end - span.start for span in cut), len(cut)))
    return made


def bar_of(x: float, width: float) -> Bar:
    width = max(width, LEAST_WIDTH)
    return Bar(round(min(x, WIDTH - width), 1), round(width, 1))


def joined(bars: Sequence[Bar]) -> list[Bar]:
    """The bars, those made one between which nobody could see a gap."""
    made: list[Bar] = []
    for bar in bars:
        if made and bar.x <= made[-1].x + made[-1].width + 1:
            first = made.pop()
            end = max(first.x + first.width, bar.x + bar.width)
            bar = Bar(first.x, round(end - first.x, 1))
        made.append(bar)
    return made


def length_of(seconds: float) -> str:
    """`40 s`, `12 min`, `1 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `at` is Unix seconds, `chat` the JID of where it was."""

    at: float
    words: str
    last_seen: int | None
    chat: str | None


def changes_of(contact: Contact) -> QuerySet[PresenceChange]:
    """Every change that is kept of a person's presence, the newest first."""
    changes: QuerySet[PresenceChange] = PresenceChange.objects.of_person(contact.pk).select_related("chat")
    return changes


def in_words(change: PresenceChange) -> Change:
    chat = change.chat.jid if change.chat is not None else None
    at = change.changed_at / MILLISECONDS
    return Change(at, WORDS[State(change.state)], change.last_seen, chat)
