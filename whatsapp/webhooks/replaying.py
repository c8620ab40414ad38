"""Sending again what was sent, given up or never sent: one delivery, or many by a filter."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min, QuerySet
from django.utils import timezone

from whatsapp import wakeup
from whatsapp.following import bounds
from whatsapp.models import Delivery, Event, Webhook
from whatsapp.models.webhook import Status
from whatsapp.webhooks import subscriptions
from whatsapp.webhooks.bodies import envelopes_of
from whatsapp.webhooks.schedule import MOST_ATTEMPTS
from whatsapp.webhooks.subscriptions import now_ms

log = logging.getLogger(__name__)

AT_ONCE = 500  # rows or events in one transaction

ANEW: dict[str, Any] = {
    "status": Status.PENDING,
    "place": F("event_id"),
    "aside_at": None,
    "attempts": 0,
    "next_retry_at": None,
}


def new_delivery(webhook_id: int, event_id: int, event_type: str) -> Delivery:
    """An unsaved one, that waits in line."""
    return Delivery(
        webhook_id=webhook_id,
        event_id=event_id,
        event_type=event_type,
        place=event_id,
        max_attempts=MOST_ATTEMPTS,
    )


class NotAgain(Exception):
    """This can't be sent again; the message says why."""


def retry(delivery: Delivery) -> None:
    """Lets the delivery be tried at once, whatever came of it before, with all its attempts. Later events
    don't wait for it. Raises NotAgain."""
    if delivery.event_id is None:
        raise NotAgain("A test is sent once only: send another one.")
    if not Event.objects.filter(pk=delivery.event_id).exists():
        raise NotAgain("The event is not in the log any more, so there is nothing to send.")
    now = now_ms()
    with transaction.atomic():
        # A receiver that fails is tried now, too, and gets this one when it is well.
        try_now(delivery.webhook_id, now)
        Delivery.objects.filter(pk=delivery.pk).update(
            **{**ANEW, "place": None, "aside_at": now, "next_retry_at": now, "updated_at": timezone.now()}
        )
        transaction.on_commit(wakeup.nudge)
    delivery.refresh_from_db()
    log.info("Sending %s of webhook %d again", delivery, delivery.webhook_id)


def try_now(webhook_id: int, now: int) -> None:
    """Ends the wait for a receiver that fails. Call it before the deliveries are changed: whoever writes what
    came of some has the webhook's row first, too, so neither waits for the other with what it waits for."""
    Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    Webhook.objects.filter(pk=webhook_id, retry_at__isnull=False).update(retry_at=now)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be sent again. Times are Unix milliseconds: logged at `since` or later, before `until`."""

    webhook: Webhook | None = None
    status: str | None = None
    event_type: str | None = None  # or its beginning
    since: int | None = None
    until: int | None = None
    since_id: int | None = None  # events after this one
    until_id: int | None = None  # and up to this one

    @property
    def has_beginning(self) -> bool:
        return self.since is not None or self.since_id is not None


def replay(webhooks: QuerySet[Webhook], selection: Selection) -> int:
    """Sends again what is selected of these webhooks' deliveries, in the order of the events, and with it
    what was never a delivery: where the selection has a beginning and no status, also events from before a
    webhook was made or while it was off. In small transactions. Returns how many deliveries are queued."""
    first, last = event_range(selection)
    if first > last:
        return 0
    if selection.webhook is not None:
        webhooks = webhooks.filter(pk=selection.webhook.pk)
    queued = 0
    for webhook in webhooks.select_related("account").order_by("pk"):
        queued += ask_again(webhook, selection, first, last)
        if selection.has_beginning and selection.status is None:
            queued += make_missing(webhook, selection, first, min(last, webhook.cursor))
    log.info("Sending %d deliveries again", queued)
    return queued


def event_range(selection: Selection) -> tuple[int, int]:
    """The ids of the first and the last event that it is about, of those that are in the log."""
    first, last = bounds()
    first = max(first, 1)
    if selection.since_id is not None:
        first = max(first, selection.since_id + 1)
    if selection.until_id is not None:
        last = min(last, selection.until_id)
    # As sums, or SQLite would look through the log along its ids.
    if selection.since is not None:
        later = Event.objects.filter(logged_at__gte=selection.since)
        found = later.aggregate(first=Min(F("id") + 0))["first"]
        first = max(first, found) if found is not None else last + 1
    if selection.until is not None:
        earlier = Event.objects.filter(logged_at__lt=selection.until)
        last = min(last, earlier.aggregate(last=Max(F("id") + 0))["last"] or 0)
    return first, last


def of_type(rows: QuerySet[Any], selection: Selection) -> QuerySet[Any]:
    return rows.filter(event_type__startswith=selection.event_type) if selection.event_type else rows


def ask_again(webhook: Webhook, selection: Selection, first: int, last: int) -> int:
    """Puts deliveries that have ended, or failed, back in line. Returns how many."""
    queued, place = 0, first - 1
    rows = of_type(Delivery.objects.filter(webhook=webhook).exclude(status=Status.PENDING), selection)
    if selection.status is not None:
        rows = rows.filter(status=selection.status)
    while True:
        found = rows.filter(event_id__gt=place, event_id__lte=last).order_by("event_id")
        keys = list(found.values_list("event_id", "pk")[:AT_ONCE])
        if not keys:
            return queued
        place = keys[-1][0]
        with transaction.atomic():
            try_now(webhook.pk, now_ms())
            queued += Delivery.objects.filter(pk__in=[key for _, key in keys]).update(
                **ANEW, updated_at=timezone.now()
            )
            transaction.on_commit(wakeup.nudge)


def make_missing(webhook: Webhook, selection: Selection, first: int, last: int) -> int:
    """Writes deliveries of events that the webhook wants and has none of. Returns how many."""
    made, place = 0, first - 1
    wish = subscriptions.wishes_of([webhook])[webhook.pk]
    logged = Event.objects.all() if webhook.account is None else Event.objects.filter(account=webhook.account)
    rows = of_type(logged, selection)
    while True:
        found = (
            rows.filter(pk__gt=place, pk__lte=last).order_by("pk").values_list("pk", "event_type")[:AT_ONCE]
        )
        events = dict(found)
        if not events:
            return made
        place = max(events)
        own = Delivery.objects.filter(webhook=webhook, event_id__in=list(events))
        known = set(own.values_list("event_id", flat=True))
        wanted = [key for key, kind in events.items() if key not in known and wish.wants(kind)]
        if wish.chats is not None:
            envelopes = envelopes_of(wish, wanted)
            wanted = [key for key in wanted if envelopes.get(key) is not None]
        Delivery.objects.bulk_create(
            [new_delivery(webhook.pk, key, events[key]) for key in wanted],
            ignore_conflicts=True,
        )
        made += len(wanted)
        transaction.on_commit(wakeup.nudge)
