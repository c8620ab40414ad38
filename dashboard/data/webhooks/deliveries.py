"""The log of deliveries: what was sent to whom, what came of it, and what exactly is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from dashboard.data.webhooks.webhooks import answer_of, seconds
from dashboard.templatetags.dashboard import pretty
from whatsapp.models import Account, Delivery, DeliveryAttempt, Webhook
from whatsapp.models.webhook import OPEN, Status
from whatsapp.webhooks import signing
from whatsapp.webhooks.bodies import texts_of
from whatsapp.webhooks.samples import TEST_EVENT
from whatsapp.webhooks.sending import delivery_id
from whatsapp.webhooks.subscriptions import host_of

MOST_TRIES = 50
MOST_LOOKED_AT = 50_000  # newest deliveries, for those of one type
MOST_CHARACTERS = 100_000  # of a body on a page
KINDS = {
    Status.PENDING: "info",
    Status.DELIVERED: "good",
    Status.FAILED: "warn",
    Status.EXHAUSTED: "bad",
}
WORDS = {
    Status.PENDING: "pending",
    Status.DELIVERED: "delivered",
    Status.FAILED: "retrying",
    Status.EXHAUSTED: "given up",
}
STATUSES = [(status.value, word) for status, word in WORDS.items()]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries are shown. What makes no sense counts as not said."""

    webhook: int | None = None
    status: str = ""
    event_type: str = ""

    @classmethod
    def of(cls, request: HttpRequest, webhook: int | None = None) -> "Filter":
        asked = request.GET
        text = asked.get("webhook", "")
        if webhook is None and text.isascii() and text.isdecimal() and len(text) < 19:
            webhook = int(text)
        status = asked.get("status", "")
        return cls(
            webhook,
            status if status in Status.values else "",
            asked.get("type", "").strip()[:64],
        )

    @property
    def is_set(self) -> bool:
        return bool(self.status or self.event_type)


def found(account: Account, wanted: Filter) -> QuerySet[Delivery]:
    """Newest first, by an index. Of a type, which no index knows, among the newest deliveries alone. Those
    for a webhook of all accounts, which tell of others, where that is asked for alone."""
    rows: QuerySet[Delivery] = Delivery.objects.order_by("-id").defer("payload")
    webhooks = Webhook.objects.filter(account=account)
    if wanted.webhook is not None:
        rows, webhooks = rows.filter(webhook=wanted.webhook), Webhook.objects.told_of(account)
    # Not by a join, which would let a database begin with the webhooks, and sort.
    rows = rows.filter(Exists(webhooks.filter(pk=OuterRef("webhook"))))
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.event_type:
        newest = Delivery.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        rows = rows.filter(event_type__startswith=wanted.event_type, pk__gt=newest - MOST_LOOKED_AT)
    return rows


@dataclass(frozen=True, slots=True)
class Row:
    delivery: Delivery
    host: str = ""

    @property
    def kind(self) -> str:
        return KINDS[Status(self.delivery.status)]

    @property
    def word(self) -> str:
        return WORDS[Status(self.delivery.status)]

    @property
    def is_open(self) -> bool:
        return self.delivery.status in OPEN

    @property
    def is_test(self) -> bool:
        return self.delivery.event_type == TEST_EVENT

    @property
    def answer(self) -> str:
        return answer_of(self.delivery)

    @property
    def last_attempt(self) -> float | None:
        return seconds(self.delivery.last_attempt_at)

    @property
    def next_retry(self) -> float | None:
        return seconds(self.delivery.next_retry_at) if self.is_open else None


def rows_of(deliveries: list[Delivery], hosts: Mapping[int, str]) -> list[Row]:
    return [Row(delivery, hosts.get(delivery.webhook_id, "")) for delivery in deliveries]


# One of them


@dataclass(frozen=True, slots=True)
class Header:
    """`value` is None where it is a secret, or made anew for each attempt; `note` says which."""

    name: str
    value: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Try:
    """One request that was made, and what came back."""

    attempt: DeliveryAttempt

    @property
    def at(self) -> float | None:
        return seconds(self.attempt.at)


@dataclass(frozen=True, slots=True)
class Detail:
    row: Row
    webhook: Webhook
    headers: list[Header]
    body: str | None  # pretty; None: the event is not in the log any more
    is_cut: bool
    tries: list[Try]

    @property
    def delivery(self) -> Delivery:
        return self.row.delivery


def detail_of(delivery: Delivery) -> Detail:
    """The delivery's webhook and account are loaded."""
    text = texts_of([delivery])[delivery.pk]
    body = pretty(text) if text is not None else ""
    tries = DeliveryAttempt.objects.filter(delivery=delivery).order_by("-id")[:MOST_TRIES]
    webhook = delivery.webhook
    return Detail(
        Row(delivery),
        webhook,
        headers_of(delivery, webhook),
        body[:MOST_CHARACTERS] if text is not None else None,
        len(body) > MOST_CHARACTERS,
        [Try(attempt) for attempt in tries],
    )


def headers_of(delivery: Delivery, webhook: Webhook) -> list[Header]:
    """What the request carries: signatures and the webhook's own headers by name alone."""
    name = (
        f"{webhook.pk}-test-{delivery.pk}"
        if delivery.event_id is None
        else delivery_id(webhook.pk, delivery.event_id)
    )
    plain = signing.headers_of(b"", delivery_id=name, event_type=delivery.event_type, event_ms=0, now=0)
    varying = {"X-Hub-Timestamp": "when the event was logged", "webhook-timestamp": "when it is sent"}
    headers = [
        Header(key, None if key in varying else value, varying.get(key, "")) for key, value in plain.items()
    ]
    if webhook.secret is not None:
        for key in ("X-Hub-Signature", "webhook-signature"):
            headers.append(Header(key, None, "made with the secret for each attempt"))
    return headers + [Header(key, None, "hidden") for key in webhook.headers]


def hosts_of(webhooks: Iterable[Webhook]) -> dict[int, str]:
    """Webhook → what to call it in a list: its host."""
    return {webhook.pk: host_of(webhook) for webhook in webhooks}
