"""Test deliveries: sent at once, for a person who wants to see whether a webhook works."""

import orjson
from django.db import transaction

from whatsapp.models import Delivery, DeliveryAttempt, Webhook
from whatsapp.models.webhook import Status
from whatsapp.webhooks.sending import Outcome, Target, send
from whatsapp.webhooks.subscriptions import now_ms

INTERRUPTED = "The hub was stopped before an answer came."
TEST_EVENT = "webhook.test"


def send_test(webhook: Webhook) -> tuple[Delivery, Outcome]:
    """Sends a delivery at once, whatever the webhook's state, and once only. It is no event of the log.
    Raises sealing.Unsealable."""
    now = now_ms()
    target = Target.of(webhook, now)
    envelope = {
        "type": TEST_EVENT,
        "timestamp": now,
        "data": {"webhook": str(webhook.pk), "message": "This is a test of your webhook."},
        "id": None,
        "account": webhook.account.name if webhook.account is not None else None,
    }
    body = orjson.dumps(envelope)
    delivery = Delivery.objects.create(
        webhook=webhook,
        event_type=TEST_EVENT,
        payload=body.decode(),
        status=Status.EXHAUSTED,  # until it is known
        last_error=INTERRUPTED,
        max_attempts=1,
    )
    outcome = send(
        webhook.pk,
        target,
        body,
        delivery_id=f"{webhook.pk}-test-{delivery.pk}",
        event_type=TEST_EVENT,
        event_ms=now,
        keeps_line=False,
    )
    with transaction.atomic():
        delivery.status = Status.EXHAUSTED if outcome.error else Status.DELIVERED
        delivery.attempts, delivery.last_attempt_at = 1, outcome.at
        delivery.last_error, delivery.last_status_code = outcome.error, outcome.status_code
        delivery.last_duration_ms = outcome.duration_ms
        delivery.save()
        DeliveryAttempt.objects.create(
            delivery=delivery,
            number=1,
            at=outcome.at,
            status_code=outcome.status_code,
            duration_ms=outcome.duration_ms,
            error=outcome.error,
            answer=outcome.answer,
        )
    return delivery, outcome
