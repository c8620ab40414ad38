"""Transactions that read rows of an account and change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction

from whatsapp.models import Account

LOCK = 0x57A  # tells these locks from others that are known by a number
ALONE = 0x57B
LONGEST_PAUSE_MS = 10_000  # in a transaction: then it is of a machine that was cut off
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


@contextmanager
def on_one_machine_at_a_time() -> Iterator[None]:
    """For what machines that share a PostgreSQL would do at once when they are started together."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ALONE])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ALONE])


def hold_nobody_up(connection: Any, **_kwargs: Any) -> None:
    """A transaction of a machine that was cut off must not keep its locks, for which all others wait. A
    receiver of `connection_created`."""
    if connection.vendor == "postgresql" and connection.alias == DEFAULT_DB_ALIAS:
        with connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = {LONGEST_PAUSE_MS}")
