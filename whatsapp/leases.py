"""Leases: to which of all machines an account's session belongs.

Where the database is a file, all that use it are on one machine, and the lock of a file keeps sessions apart
(`whatsapp.session.lock`). Where it is a server, machines share it: there a session takes a lease of its
account, renews it every few seconds, and ends when it can't, before anyone else may take over. Only the
database's clock counts for who may; a session's own counts the seconds since it last asked.

Nothing that a session writes may land after somebody else has taken over, however slow it is: so each of its
transactions asks for the lease once more (`fence`), and a takeover waits for those that have.
"""

import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import NoReturn

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from whatsapp.changes import changes_of
from whatsapp.models import Account, Lease
from whatsapp.processes import own_host

log = logging.getLogger(__name__)

LEASE_SECONDS = 20
RENEW_SECONDS = 4.0
ALONE_SECONDS = 15.0  # without a renewal for so long, a session ends itself
END_SECONDS = 5.0  # how long one that has lost its lease may take to end

_own: dict[int, str] = {}  # account's key → holder, of those that this process has taken
_lost: set[int] = set()


class Lost(OperationalError):
    """The account's lease is somebody else's: this process must write nothing more for it."""


def are_needed() -> bool:
    """Whether the database is one that several machines may use."""
    return connection.vendor != "sqlite"


def take(account: Account, holder: str) -> bool:
    """Takes the account's lease, if it is free, run out, or this holder's anyway. Its transactions are fenced
    from then on."""
    if renew(account, holder):
        _own[account.pk] = holder
        return True
    Lease.objects.get_or_create(account=account)
    free = Lease.objects.filter(Q(until=None) | Q(until__lt=Now()), account=account)
    with transaction.atomic():
        if not free.update(holder=holder, host=own_host(), until=Now() + timedelta(seconds=LEASE_SECONDS)):
            return False
        # How far a spool has been taken in was said of another machine's.
        Account.objects.filter(pk=account.pk).update(spooled=0)
    _own[account.pk] = holder
    return True


def renew(account: Account, holder: str) -> bool:
    """Whether the lease was the holder's; it then is for longer."""
    own = Lease.objects.filter(account=account, holder=holder)
    return bool(own.update(until=Now() + timedelta(seconds=LEASE_SECONDS)))


def give_back(account: Account, holder: str) -> None:
    """Lets anyone take the lease at once."""
    Lease.objects.filter(account=account, holder=holder).update(until=None)


def holders() -> dict[int, str | None]:
    """Account's key → holder, of the leases that run now."""
    return dict(Lease.objects.filter(until__gte=Now()).values_list("account_id", "holder"))


@contextlib.contextmanager
def fenced(account: Account) -> Iterator[None]:
    """A transaction that changes what only the account's session may change."""
    with changes_of(account):
        fence(account)
        yield


def fence(account: Account) -> None:
    """In a transaction: nobody takes the account's lease over before it ends. Raises Lost when somebody has;
    a process that has never had it needs none."""
    holder = _own.get(account.pk)
    if holder is None:
        return
    table = connection.ops.quote_name(Lease._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE account_id = %s AND holder = %s FOR KEY SHARE", [account.pk, holder]
        )
        if cursor.fetchone() is None:
            lose(account)


def lose(account: Account) -> NoReturn:
    """Lets the process end: it hangs up, keeps what has come until then in its spool, and writes no more.
    Raises Lost."""
    if account.pk not in _lost:
        _lost.add(account.pk)
        log.error("The lease of %s is another session's now, or gone: this one ends.", account.name)
        signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
    raise Lost(f"The lease of {account.name} is lost.")
