"""The lease of a webhook: who holds it alone sends for it, until it ends or is given back."""

from django.db.models import Q

from whatsapp import processes
from whatsapp.models import Process, Webhook
from whatsapp.webhooks.subscriptions import now_ms

LEASE_MS = 15_000


def take(webhook_id: int, holder: str) -> bool:
    now = now_ms()
    free = Q(drained_until__isnull=True) | Q(drained_until__lt=now)
    rows = Webhook.objects.filter(free, pk=webhook_id, is_active=True, paused_at=None)
    return bool(rows.update(drained_by=holder, drained_until=now + LEASE_MS))


def renew(webhook_id: int, holder: str) -> bool:
    """False when another thread has it."""
    rows = Webhook.objects.filter(pk=webhook_id, drained_by=holder)
    return bool(rows.update(drained_until=now_ms() + LEASE_MS))


def release(webhook_id: int, holder: str) -> None:
    Webhook.objects.filter(pk=webhook_id, drained_by=holder).update(drained_by=None, drained_until=None)


def free_forgotten() -> None:
    """Gives back what dead workers of this machine have held, and this one, should it have had its number."""
    for pk, name in Webhook.objects.filter(drained_by__isnull=False).values_list("pk", "drained_by"):
        holder = str(name)
        owner, _, _ = holder.rpartition("-")
        if owner == processes.own_id(Process.Kind.WORKER) or processes.is_dead(owner):
            release(pk, holder)
