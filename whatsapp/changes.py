"""Transactions that read rows of an account and change them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from whatsapp.models import Account

LOCK = 0x57A  # tells these locks from others that are known by a number
LANES = 16  # so many accounts are changed at once; those beyond share a lane


def lane_of(account: Account) -> int:
    return int(account.pk) % LANES


@contextmanager
def changes_of(account: Account) -> Iterator[None]:
    """One transaction at a time for each lane, so that what is read in it is still so when it is written.

    SQLite has one writer at a time anyway. PostgreSQL lets others change what has been read; and two that
    change the same rows, and append to the log, each in its own order, would wait for each other.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, lane_of(account)])
        yield
