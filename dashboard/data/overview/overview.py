"""The overview: is the hub well, what does it hold, and what happens just now."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache
from django.db.models import Sum

from dashboard.charts import Chart
from dashboard.data import figures
from dashboard.data.figures import Ranked, Rhythm
from dashboard.data.overview import wellbeing
from dashboard.data.overview.latest_events import TOLD, Line, latest
from dashboard.data.overview.wellbeing import Wellbeing
from whatsapp import stats
from whatsapp.models import (
    Account,
    ApiKey,
    Call,
    Chat,
    Connection,
    Contact,
    Group,
    Media,
    Story,
    Webhook,
)
from whatsapp.stats import Kind

DAYS = 30
CHATS = 8
EVENTS = 10
KEPT_SECONDS = 15  # how old a count may be that nothing keeps


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    number: int
    path: str
    icon: str


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first things to do with a new hub."""

    title: str
    text: str
    path: str
    does: str  # the words of its button
    is_done: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """How much there is of what no tally is kept of. `files` and `bytes` are of files that were fetched."""

    chats: int
    contacts: int
    groups: int
    calls: int
    stories: int
    files: int
    bytes: int


class Overview:
    """What the page shows of an account; each part asks only when it is shown."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.now = int(time.time())

    @property
    def is_linked(self) -> bool:
        return bool(self.account.device) or self.account.connection.status == Connection.Status.CONNECTED

    @cached_property
    def kinds(self) -> list[Kind]:
        return stats.by_kind(stats.counts_of_account(self.account))

    @cached_property
    def messages(self) -> int:
        return sum(kind.number for kind in self.kinds)

    @cached_property
    def stored(self) -> Stored:
        return stored(self.account)

    @cached_property
    def health(self) -> Wellbeing:
        return wellbeing.of(self.account, self.now, self.stored.bytes, self.stored.files)

    @cached_property
    def figures(self) -> list[Figure]:
        stored = self.stored
        return [
            Figure("Messages", self.messages, "/messages", "send"),
            Figure("Chats", stored.chats, "/messages", "chat"),
            Figure("Contacts", stored.contacts, "/contacts", "person"),
            Figure("Groups", stored.groups, "/groups", "people"),
            Figure("Files", stored.files, "/media", "image"),
            Figure("Calls", stored.calls, "/events/calls", "phone"),
            Figure("Stories", stored.stories, "/events?type=wa.story", "story"),
        ]

    @cached_property
    def steps(self) -> list[Step]:
        """The first steps, while there are some to do before there is anything to see; else none."""
        if self.is_linked and self.messages:
            return []
        is_wired = Webhook.objects.told_of(self.account).exists() or ApiKey.objects.exists()
        return first_steps(self.is_linked, bool(self.messages), is_wired)

    @cached_property
    def days(self) -> Chart:
        last = figures.today()
        numbers = stats.by_day(stats.counts_of_account(self.account), last - DAYS + 1)
        return figures.of_days(numbers, last, DAYS)

    @cached_property
    def types(self) -> Chart:
        return figures.of_types(self.kinds)

    @cached_property
    def chats(self) -> list[Ranked]:
        return figures.busiest_chats(
            self.account, stats.by_chat(stats.counts_of_account(self.account), CHATS)
        )

    @cached_property
    def rhythm(self) -> Rhythm:
        return figures.rhythm(self.account)

    @property
    def told_types(self) -> str:
        """The types of the events that are told, as a page listens to them."""
        return " ".join(sorted(TOLD))

    @cached_property
    def events(self) -> Sequence[Line]:
        return latest(self.account, EVENTS)


def stored(account: Account) -> Stored:
    """The counts, a few seconds old at the most: each is a walk along an index, which a page that is fetched
    anew with every event must not repeat each time."""
    name = f"stored:{account.pk}"
    found: Stored | None = cache.get(name)
    if found is None:
        found = count(account)
        cache.set(name, found, KEPT_SECONDS)
    return found


def count(account: Account) -> Stored:
    fetched = Media.objects.filter(account=account, download_status=Media.Status.DOWNLOADED)
    size = fetched.aggregate(bytes=Sum("file_size", default=0))["bytes"]
    return Stored(
        chats=Chat.objects.filter(account=account).count(),
        contacts=Contact.objects.filter(account=account).count(),
        groups=Group.objects.filter(account=account).count(),
        calls=Call.objects.filter(account=account).count(),
        # By their senders, or each row would be read with its bytes.
        stories=Story.objects.filter(sender__account=account).count(),
        files=fetched.count(),
        bytes=size,
    )


def first_steps(is_linked: bool, has_messages: bool, is_wired: bool) -> list[Step]:
    return [
        Step(
            "Link your phone",
            "Scan a code with WhatsApp on your phone, or type a pairing code there. It takes a minute, and "
            "your phone goes on as before.",
            "/connection",
            "Link a phone",
            is_linked,
        ),
        Step(
            "Open your messages",
            "Your phone hands its recent history over as soon as it is linked. Chats, files, contacts and "
            "groups appear here by themselves.",
            "/messages",
            "Open messages",
            has_messages,
        ),
        Step(
            "Wire up a program",
            "Send and receive by the REST API, a WebSocket or webhooks. The API docs let you try each call "
            "in the browser.",
            "/docs",
            "Read the API docs",
            is_wired,
        ),
    ]
