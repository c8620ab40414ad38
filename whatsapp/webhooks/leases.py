"""The lease of a webhook: who holds it alone sends for it, until it is given back. One that has ended because
its holder is dead is freed by `interruptions`."""

from whatsapp.models import Webhook
from whatsapp.webhooks.subscriptions import now_ms

LEASE_MS = 15_000


def take(webhook_id: int, holder: str) -> bool:
    rows = Webhook.objects.filter(pk=webhook_id, drained_by=None, is_active=True, paused_at=None)
    return bool(rows.update(drained_by=holder, drained_until=now_ms() + LEASE_MS))


def renew(webhook_id: int, holder: str) -> bool:
    """False when another thread has it."""
    rows = Webhook.objects.filter(pk=webhook_id, drained_by=holder)
    return bool(rows.update(drained_until=now_ms() + LEASE_MS))


def release(webhook_id: int, holder: str) -> None:
    Webhook.objects.filter(pk=webhook_id, drained_by=holder).update(drained_by=None, drained_until=None)
