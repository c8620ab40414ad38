"""Charts of messages, from counts that are kept; what no count is kept of, from the newest messages alone."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from dashboard import charts
from dashboard.charts import Chart, Value
from dashboard.data.faces import Face, faces
from whatsapp import stats
from whatsapp.models import Account
from whatsapp.stats import Kind
from whatsapp.tallies import SECONDS_A_DAY

NEWEST = 5000  # messages that the busiest hours are read from
MOST_TYPES = 9
QUARTER = 900  # seconds: every time zone's hours begin at one of them
EPOCH = date(1970, 1, 1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# As many of them are called; a type that is missing goes by its own word.
TYPE_NAMES = {
    "image": "Images",
    "video": "Videos",
    "document": "Documents",
    "sticker": "Stickers",
    "album": "Albums",
    "contact": "Contacts",
    "location": "Locations",
    "reaction": "Reactions",
    "poll": "Polls",
    "poll_update": "Poll votes",
    "event": "Events",
    "event_response": "Event answers",
    "list": "Lists",
    "order": "Orders",
    "product": "Products",
    "payment": "Payments",
    "comment": "Comments",
    "pin": "Pins",
    "group_invite": "Group invites",
    "call_log": "Calls",
    "notification": "Notifications",
    "unavailable": "On the phone only",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chat, with how many messages it has; `width` is that of its bar beside the busiest."""

    face: Face
    number: int
    width: str


def type_name(message_type: str) -> str:
    return TYPE_NAMES.get(message_type, message_type.replace("_", " ").capitalize())


def of_types(kinds: Iterable[Kind]) -> Chart:
    numbers: Counter[str] = Counter()
    for kind in kinds:
        numbers[kind.message_type] += kind.number
    values = [Value(type_name(word), number) for word, number in numbers.most_common()]
    return charts.bars("types", "Messages", "Type", charts.folded(values, MOST_TYPES, "Other types"))


def of_directions(kinds: Iterable[Kind]) -> Chart:
    sent = received = 0
    for kind in kinds:
        sent, received = (sent + kind.number, received) if kind.from_me else (sent, received + kind.number)
    return charts.split(
        "directions", "Messages", "Direction", [Value("Received", received), Value("Sent", sent)]
    )


def of_files(kinds: Iterable[Kind]) -> Chart:
    with_file = without = 0
    for kind in kinds:
        with_file, without = (
            (with_file + kind.number, without) if kind.has_media else (with_file, without + kind.number)
        )
    values = [Value("With a file", with_file), Value("Without", without)]
    return charts.split("files", "Messages", "Content", values)


def busiest_chats(account: Account, chats: Sequence[tuple[str, int]]) -> list[Ranked]:
    """The chats (JID, number) with their faces; five queries at the most."""
    found = faces(account, [jid for jid, _ in chats])
    most = max((number for _, number in chats), default=0)
    return [Ranked(found[jid], number, charts.width_of(number, most)) for jid, number in chats]


# By day. The counts are of days in UTC.


def today() -> int:
    """Days since 1970, in UTC."""
    return int(time.time()) // SECONDS_A_DAY


def date_of(day: int) -> date:
    return EPOCH + timedelta(days=day)


def of_days(numbers: dict[int, int], last: int, length: int) -> Chart:
    """The `length` days up to the day `last`."""
    rows = []
    for day in range(last - length + 1, last + 1):
        moment = date_of(day)
        rows.append((date_format(moment, "D j M Y"), date_format(moment, "j M"), numbers.get(day, 0)))
    return charts.columns("days", "Messages", "Day", charts.with_ticks(rows))


def of_weeks(numbers: dict[int, int], last: int, length: int) -> Chart:
    """The weeks, from Monday on, that the `length` days up to `last` are in; each is whole but the last."""
    rows = []
    for start in range(monday_before(last - length + 1), last + 1, 7):
        number = sum(numbers.get(day, 0) for day in range(start, start + 7))
        monday = date_of(start)
        rows.append((f"week of {date_format(monday, 'j M Y')}", date_format(monday, "M Y"), number))
    return charts.columns("days", "Messages", "Week", charts.with_ticks(rows))


def monday_before(day: int) -> int:
    """The Monday of the week that the day is in."""
    return day - date_of(day).weekday()


def of_months(numbers: dict[int, int], last: int) -> Chart:
    """All months from the first that has messages up to that of the day `last`."""
    months: dict[date, int] = {}
    for day, number in numbers.items():
        month = date_of(day).replace(day=1)
        months[month] = months.get(month, 0) + number
    rows = []
    month = min(months, default=date_of(last).replace(day=1))
    while month <= date_of(last):
        rows.append((date_format(month, "F Y"), date_format(month, "M Y"), months.get(month, 0)))
        month = (month + timedelta(days=32)).replace(day=1)
    return charts.columns("days", "Messages", "Month", charts.with_ticks(rows))


# By hour and weekday, in the reader's time zone


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When people write: of the newest `number` messages, since the day `since`."""

    number: int
    since: datetime | None
    hours: Chart
    weekdays: Chart


def rhythm(account: Account, chats: Collection[int] | None = None) -> Rhythm:
    moments = stats.newest_moments(account, NEWEST, chats)
    hours, weekdays = [0] * 24, [0] * 7
    for quarter, number in Counter(moment // QUARTER for moment in moments).items():
        local = timezone.localtime(datetime.fromtimestamp(quarter * QUARTER, UTC))
        hours[local.hour] += number
        weekdays[local.weekday()] += number
    by_hour = [
        Value(f"{hour:02}:00–{hour:02}:59", number, f"{hour:02}:00" if hour % 6 == 0 else "")
        for hour, number in enumerate(hours)
    ]
    by_weekday = [Value(name, number, name[:3]) for name, number in zip(WEEKDAYS, weekdays, strict=True)]
    return Rhythm(
        number=len(moments),
        since=timezone.localtime(datetime.fromtimestamp(moments[-1], UTC)) if moments else None,
        hours=charts.columns("hours", "Messages", "Hour", by_hour),
        weekdays=charts.columns("weekdays", "Messages", "Weekday", by_weekday),
    )
