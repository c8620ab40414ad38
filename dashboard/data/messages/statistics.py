"""Statistics of messages: of the whole account, or of one chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.charts import Chart
from dashboard.data import figures
from dashboard.data.faces import Face, faces
from dashboard.data.figures import Ranked, Rhythm
from whatsapp import stats
from whatsapp.models import Account, Chat
from whatsapp.stats import Counts, Kind

CHATS = 20


@dataclass(frozen=True, slots=True)
class Range:
    """How far back the chart of days goes: `days` days; None: to the beginning."""

    name: str
    title: str
    days: int | None
    step: str  # what one column stands for


RANGES = (
    Range("30d", "30 days", 30, "day"),
    Range("90d", "90 days", 90, "day"),
    Range("1y", "1 year", 365, "week"),
    Range("all", "All", None, "month"),
)


def range_named(name: str) -> Range:
    """The range of that name; else the first."""
    return next((one for one in RANGES if one.name == name), RANGES[0])


def chat_keys(account: Account, jid: str) -> list[int]:
    """The keys of the chats that the JID means: of a person, by phone JID or LID."""
    return list(Chat.objects.filter(account=account).addressed(jid).values_list("pk", flat=True))


class Statistics:
    """What the page shows. Each part asks only when it is shown."""

    def __init__(self, account: Account, span: Range, jid: str = "", chats: list[int] | None = None) -> None:
        self.account = account
        self.span = span
        self.jid = jid
        self._chats = chats

    @cached_property
    def counts(self) -> Counts:
        return stats.counts_of_account(self.account, self._chats)

    @cached_property
    def chat(self) -> Face | None:
        """The chat that it is narrowed to."""
        return faces(self.account, [self.jid])[self.jid] if self.jid else None

    @cached_property
    def kinds(self) -> list[Kind]:
        return stats.by_kind(self.counts)

    @cached_property
    def total(self) -> int:
        return sum(kind.number for kind in self.kinds)

    @cached_property
    def sent(self) -> int:
        return sum(kind.number for kind in self.kinds if kind.from_me)

    @property
    def received(self) -> int:
        return self.total - self.sent

    @cached_property
    def with_file(self) -> int:
        return sum(kind.number for kind in self.kinds if kind.has_media)

    @property
    def directions(self) -> Chart:
        return figures.of_directions(self.kinds)

    @property
    def files(self) -> Chart:
        return figures.of_files(self.kinds)

    @cached_property
    def types(self) -> Chart:
        return figures.of_types(self.kinds)

    @cached_property
    def chats(self) -> Sequence[Ranked]:
        """The busiest; none where it is about one chat."""
        return [] if self.jid else figures.busiest_chats(self.account, stats.by_chat(self.counts, CHATS))

    @cached_property
    def days(self) -> Chart:
        last = figures.today()
        if self.span.days is None:
            return figures.of_months(stats.by_day(self.counts), last)
        numbers = stats.by_day(self.counts, figures.monday_before(last - self.span.days))
        draw = figures.of_weeks if self.span.step == "week" else figures.of_days
        return draw(numbers, last, self.span.days)

    @cached_property
    def rhythm(self) -> Rhythm:
        return figures.rhythm(self.account, self._chats)
