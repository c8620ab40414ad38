"""Signs of life of the web and worker processes, and how far behind the log their listeners are.

The session's own is in its account's connection.
"""

import hashlib
import os
import socket
import time
from functools import cache

from django.conf import settings

from whatsapp.models import Process
from whatsapp.random_texts import random_text_in

BEAT_SECONDS = 5.0
ALIVE_SECONDS = 15  # without a sign of life for so long, a process counts as dead
FORGET_SECONDS = 3600


@cache
def started_at() -> int:
    """When this process began to beat: its code may have been loaded long before, for all."""
    return int(time.time())


@cache
def own_host() -> str:
    """This machine's own name, and a mark of its DATA_DIR's: another may be called the same. At most 40
    characters."""
    own = random_text_in(settings.DATA_DIR / "machine")
    return f"{socket.gethostname()[:31]}-{hashlib.sha256(own.encode()).hexdigest()[:8]}"


def own_id(kind: str) -> str:
    return f"{kind}-{own_host()}-{os.getpid()}"


def beat(kind: str, *, listeners: int = 0, cursor: int | None = None) -> None:
    """Says that this process lives; `cursor` is how far the slowest of its listeners has come in the log."""
    now = int(time.time())
    Process.objects.update_or_create(
        id=own_id(kind),
        defaults={"seen_at": now, "listeners": listeners, "cursor": cursor},
        create_defaults={
            "kind": kind,
            "started_at": started_at(),
            "seen_at": now,
            "listeners": listeners,
            "cursor": cursor,
        },
    )
    Process.objects.filter(kind=kind, seen_at__lt=now - FORGET_SECONDS).delete()
    forget_dead(kind, now)


def forget_dead(kind: str, now: int) -> None:
    """Takes away the rows of this machine's processes that are no more: who was killed could not."""
    silent = Process.objects.filter(kind=kind, seen_at__lte=now - ALIVE_SECONDS)
    dead = [name for name in silent.values_list("id", flat=True) if is_dead(name)]
    if dead:
        Process.objects.filter(id__in=dead).delete()


def end(kind: str) -> None:
    """Takes this process's row away: it ends."""
    Process.objects.filter(id=own_id(kind)).delete()


def is_dead(name: str) -> bool:
    """Whether that id (`own_id`) is of a process of this machine that is no more."""
    prefix, _, pid = name.rpartition("-")
    _kind, _, host = prefix.partition("-")
    return host == own_host() and pid.isdecimal() and not is_running(int(pid))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_alive(seen_at: int | None, now: int) -> bool:
    return seen_at is not None and now - seen_at < ALIVE_SECONDS


def slowest_listener(now: int) -> int | None:
    """The newest event that the slowest listener of any living process has got; None when nobody listens."""
    living = Process.objects.filter(seen_at__gte=now - ALIVE_SECONDS, cursor__isnull=False)
    cursor: int | None = living.order_by("cursor").values_list("cursor", flat=True).first()
    return cursor
