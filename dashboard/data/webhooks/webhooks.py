"""Webhooks as people see them: how each is, in a word and a sentence, and what it wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db.models import OuterRef, QuerySet, Subquery

from whatsapp import events
from whatsapp.models import Account, Delivery, Webhook
from whatsapp.models.webhook import Status
from whatsapp.webhooks.subscriptions import now_ms

MOST_COUNTED = 1000  # deliveries in line, and as many beside it
TRIED = (Status.DELIVERED, Status.FAILED, Status.EXHAUSTED)

# Title → beginnings of types that stand below it.
FAMILIES = {
    "Messages": ("wa.message", "wa.poll"),
    "Chats and contacts": (
        *("wa.chats", "wa.contacts", "wa.presence", "wa.labels"),
        *("wa.identity", "wa.blocklist", "wa.privacy"),
    ),
    "Groups and channels": ("wa.group", "wa.newsletters"),
    "Calls and stories": ("wa.call", "wa.story"),
    "Files and the hub itself": ("media", "action", "connection", "accounts", "settings", "webhook"),
}


@dataclass(frozen=True, slots=True)
class Health:
    """`kind` is `good`, `warn`, `bad` or empty, as badges have it; `word` what it is in one."""

    kind: str
    word: str

    @classmethod
    def of(cls, webhook: Webhook) -> "Health":
        if not webhook.is_active:
            return cls("", "off")
        if webhook.paused_at is not None:
            return cls("bad", "paused")
        if webhook.failures:
            return cls("warn", "failing")
        return cls("good", "healthy") if webhook.last_success_at else cls("info", "no delivery yet")


@dataclass(frozen=True, slots=True)
class Row:
    """A webhook with what is known of its receiver. `last` is its newest delivery that was tried."""

    webhook: Webhook
    pending: int
    last: Delivery | None

    @property
    def health(self) -> Health:
        return Health.of(self.webhook)

    @property
    def host(self) -> str:
        return urlsplit(self.webhook.url).netloc.rpartition("@")[2]

    @property
    def path(self) -> str:
        parts = urlsplit(self.webhook.url)
        return parts.path + ("?…" if parts.query else "")

    @property
    def pending_words(self) -> str:
        """How many deliveries wait; no more than some are counted."""
        return f"more than {MOST_COUNTED:,}" if self.pending > MOST_COUNTED else f"{self.pending:,}"

    @property
    def last_success(self) -> float | None:
        return seconds(self.webhook.last_success_at)

    @property
    def failing_since(self) -> float | None:
        return seconds(self.webhook.failing_since)

    @property
    def retry_at(self) -> float | None:
        return seconds(self.webhook.retry_at)

    @property
    def paused_at(self) -> float | None:
        return seconds(self.webhook.paused_at)

    @property
    def before_until(self) -> float | None:
        """Until when the secret before is good; None when there is none."""
        until = self.webhook.previous_secret_until
        return seconds(until) if until is not None and until > now_ms() else None

    @property
    def last_answer(self) -> str:
        """What the receiver answered last, in a few words; empty when nothing was tried."""
        return answer_of(self.last) if self.last is not None else ""

    @property
    def is_from_environment(self) -> bool:
        return self.webhook.source == Webhook.Source.ENVIRONMENT

    @property
    def is_busy(self) -> bool:
        """Whether something changes about it by itself soon."""
        return self.webhook.is_on and (self.pending > 0 or self.webhook.failures > 0)


def seconds(milliseconds: int | None) -> float | None:
    return milliseconds / 1000 if milliseconds is not None else None


def answer_of(delivery: Delivery) -> str:
    """The last answer to a delivery in a few words; empty when it was not tried."""
    if delivery.last_attempt_at is None:
        return ""
    code = str(delivery.last_status_code) if delivery.last_status_code is not None else "no answer"
    return f"{code} in {delivery.last_duration_ms} ms" if delivery.last_duration_ms is not None else code


def newest_first(account: Account) -> QuerySet[Webhook]:
    """Those that get its events."""
    return Webhook.objects.told_of(account).order_by("-id")


def rows_of(webhooks: Iterable[Webhook]) -> list[Row]:
    """Three queries, however many there are."""
    found = list(webhooks)
    keys = [webhook.pk for webhook in found]
    if not keys:
        return []
    pending = Delivery.objects.numbers_open(keys, MOST_COUNTED + 1)
    last = last_tried(keys)
    return [Row(webhook, pending[webhook.pk], last.get(webhook.pk)) for webhook in found]


def last_tried(webhook_ids: list[int]) -> dict[int, Delivery]:
    """Webhook → its newest delivery that was tried. Those that wait are never walked through."""
    newest = {
        f"newest_{status}": Subquery(
            Delivery.objects.filter(webhook=OuterRef("pk"), status=status).order_by("-id").values("pk")[:1]
        )
        for status in TRIED
    }
    rows = Webhook.objects.filter(pk__in=webhook_ids).annotate(**newest).values_list(*newest)
    keys = [key for row in rows for key in row if key is not None]
    found: dict[int, Delivery] = {}
    for delivery in Delivery.objects.filter(pk__in=keys).defer("payload"):
        known = found.get(delivery.webhook_id)
        if known is None or (delivery.last_attempt_at or 0) > (known.last_attempt_at or 0):
            found[delivery.webhook_id] = delivery
    return found


# What can be chosen


@dataclass(frozen=True, slots=True)
class Choice:
    prefix: str
    means: str  # what it stands for beside its own name; empty: nothing
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Family:
    title: str
    choices: list[Choice]


def families(chosen: Iterable[str]) -> list[Family]:
    """All types of events in groups, each beginning that stands for several before what it stands for; and
    last whatever else was `chosen`."""
    wanted = set(chosen)
    known: set[str] = set()
    made = []
    for title, beginnings in FAMILIES.items():
        names = [name for name in events.TYPES if name.startswith(beginnings)]
        prefixes = with_beginnings(names)
        known.update(prefixes)
        made.append(Family(title, [choice_of(prefix, wanted) for prefix in prefixes]))
    if others := sorted(wanted - known):
        made.append(Family("Others", [choice_of(prefix, wanted) for prefix in others]))
    return made


def with_beginnings(names: list[str]) -> list[str]:
    """The names, before which stands what several begin with: `wa.chats`, `wa.chats.delete`, …"""
    found: dict[str, None] = {}
    for name in names:
        beginning = name.rpartition(".")[0]
        if beginning.count(".") + 1 >= (2 if name.startswith("wa.") else 1) and (
            sum(other.startswith(beginning + ".") for other in names) > 1
        ):
            found[beginning] = None
        found[name] = None
    return list(found)


def choice_of(prefix: str, wanted: set[str]) -> Choice:
    """A beginning says how many types it stands for."""
    number = sum(name.startswith(prefix) for name in events.TYPES)
    return Choice(prefix, f"all {number} of them" if number > 1 else "", prefix in wanted)
