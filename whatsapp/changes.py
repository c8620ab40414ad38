"""Transactions that read rows of an account and change them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import QuerySet

if TYPE_CHECKING:
    from whatsapp.models import Account

LOCK = 0x57A  # tells these locks from others that are known by a number
ALONE = 0x57B
LONGEST_PAUSE_MS = 10_000  # in a transaction: then it is of a machine that was cut off
LANES = 16  # so many accounts are changed at once; those beyond share a lane


def lane_of(account: "Account | int") -> int:
    """The lane of the account, or of the account with that key."""
    return int(account if isinstance(account, int) else account.pk) % LANES


@contextmanager
def changes_of(account: "Account | int") -> Iterator[None]:
    """One transaction at a time for each lane, so that what is read in it is still so when it is written.

    SQLite has one writer at a time anyway. PostgreSQL lets others change what has been read; and two that
    change the same rows, and append to the log, each in its own order, would wait for each other. So would
    two that have a lane each and want the other's: what changes rows of several accounts has one transaction
    for each (`change_all`, `change_each`).
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, lane_of(account)])
        yield


def change_all(rows: QuerySet[Any], change: Callable[[QuerySet[Any]], int]) -> int:
    """Calls `change` with those of `rows` that belong to each account, in `changes_of` that account. Returns
    how many it has changed in all."""
    changed = 0
    for account in sorted(rows.order_by().values_list("account_id", flat=True).distinct()):
        with changes_of(account):
            changed += change(rows.filter(account=account))
    return changed


def change_each(rows: Iterable[tuple[int, int]], change: Callable[[list[int]], int]) -> int:
    """Calls `change` with the keys of each account's rows, in `changes_of` that account; `rows` are pairs of
    an account's key and a row's. Whoever gave them may have read them before: `change` looks again. Returns
    how many it has changed in all."""
    keys_of: defaultdict[int, list[int]] = defaultdict(list)
    for account, key in rows:
        keys_of[account].append(key)
    changed = 0
    for account, keys in sorted(keys_of.items()):
        with changes_of(account):
            changed += change(keys)
    return changed


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
