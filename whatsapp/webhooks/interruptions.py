"""Whoever sends for a webhook may be killed. What they had under way is sent again, and the log of deliveries
says why: they could write nothing down."""

import logging
from datetime import UTC, datetime

from django.db import transaction

from whatsapp import processes
from whatsapp.models import DeliveryAttempt, Process, Webhook
from whatsapp.webhooks import leases
from whatsapp.webhooks.choosing import next_batch
from whatsapp.webhooks.subscriptions import now_ms

log = logging.getLogger(__name__)

INTERRUPTED = "The worker stopped in the middle: whether this was sent is not known."
SLACK_MS = 2000  # from a sign of life until its round is chosen, at the most


def free_forgotten() -> None:
    """Frees what dead workers of this machine have held, and this one, should it have had its number."""
    for webhook in Webhook.objects.filter(drained_by__isnull=False):
        owner, _, _ = str(webhook.drained_by).rpartition("-")
        if owner == processes.own_id(Process.Kind.WORKER) or processes.is_dead(owner):
            free(webhook)


def free_expired(webhook_id: int) -> bool:
    """Frees the lease if its holder has given no sign of life for long. Whether it has been freed."""
    rows = Webhook.objects.filter(pk=webhook_id, drained_by__isnull=False, drained_until__lt=now_ms())
    webhook = rows.first()
    return webhook is not None and free(webhook)


def free(webhook: Webhook) -> bool:
    """Takes the lease from its holder, and notes on each delivery that they may have been sending that it is
    sent again. False when somebody else was faster."""
    seen_at = (webhook.drained_until or now_ms()) - leases.LEASE_MS
    with transaction.atomic():
        held = Webhook.objects.filter(
            pk=webhook.pk, drained_by=webhook.drained_by, drained_until=webhook.drained_until
        )
        if not held.update(drained_by=None, drained_until=None):
            return False
        batch = next_batch(webhook, seen_at + SLACK_MS)
        chosen_by = datetime.fromtimestamp((seen_at + SLACK_MS) / 1000, UTC)
        noted = DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(
                delivery_id=delivery.pk,
                number=delivery.attempts + 1,
                at=seen_at,
                duration_ms=0,
                error=INTERRUPTED,
            )
            for delivery in (batch.deliveries if batch is not None else ())
            if delivery.created_at <= chosen_by
        )
    log.warning(
        "%s stopped while it sent for %s: up to %d deliveries are sent again",
        webhook.drained_by,
        webhook,
        len(noted),
    )
    return True
