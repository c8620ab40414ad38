"""The lease of a webhook: who holds it alone sends for it, until it ends or is given back."""

import os
import socket

from django.db.models import Q

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
        prefix, _, pid = owner.rpartition("-")
        ours = prefix == f"{Process.Kind.WORKER}-{socket.gethostname()[:40]}"
        if ours and pid.isdecimal() and (int(pid) == os.getpid() or not is_running(int(pid))):
            release(pk, holder)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
