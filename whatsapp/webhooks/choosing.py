"""Which deliveries of a webhook are sent next."""

from collections.abc import Sequence
from dataclasses import dataclass

from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks.results import ASIDE, EXTRA, FLOW, PROBE, bad_types_of, patience_with
from whatsapp.webhooks.subscriptions import now_ms

MOST_IN_ROUND = 64
AT_ONCE = 4
MOST_LOOKED_AT = 100  # deliveries in line, for one of another type


@dataclass(frozen=True, slots=True)
class Batch:
    kind: str
    deliveries: list[Delivery]


def is_due(webhook_id: int) -> bool:
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    return webhook is not None and next_batch(webhook, now_ms(), 1) is not None


def next_batch(
    webhook: Webhook, now: int, most: int = MOST_IN_ROUND, *, line_first: bool = True
) -> Batch | None:
    """What to send now; None when nothing is due."""
    if not webhook.is_on:
        return None
    own = Delivery.objects.filter(webhook=webhook)
    if webhook.failures:
        bad_types = bad_types_of(webhook)
        window = window_of(list(own.in_line()[:MOST_LOOKED_AT]), bad_types)
        if webhook.retry_at is None or webhook.retry_at <= now:
            return Batch(PROBE, window) if window else None
        # Where one alone has failed often, the next one tells whether it is the receiver or that one.
        fresh = [one for one in window if not one.attempts]
        if fresh and window[0].attempts >= patience_with(window[0], bad_types):
            return Batch(EXTRA, fresh)
        return None
    aside = list(own.aside().filter(aside_at__lte=now)[: min(most, AT_ONCE)])
    line = list(own.in_line()[:most]) if line_first or not aside else []
    if line:
        return Batch(FLOW, line)
    return Batch(ASIDE, aside) if aside else None


def window_of(line: Sequence[Delivery], bad_types: frozenset[str]) -> list[Delivery]:
    """What a receiver that fails is tried with: the oldest delivery; and after those that have failed often,
    or are of a type that it doesn't take, the next one and the first of another type."""
    window: list[Delivery] = []
    for delivery in line[: AT_ONCE + 1]:
        window.append(delivery)
        if delivery.attempts + 1 < patience_with(delivery, bad_types):
            break
    if len(window) > 1:
        types = {delivery.event_type for delivery in window}
        window += [one for one in line[len(window) :] if one.event_type not in types][:1]
    return window
