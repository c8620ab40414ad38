"""What ingest asks for every batch. The statements are made once: to make those of one message anew took
longer than to ask them.

A condition on the account stands where an index begins with it, and nowhere else: with it, SQLite would take
an index on the account alone, and read all that the account has.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from django.db.models import Func, IntegerField, Model

from whatsapp.models import Account, HistorySync, InboxEvent
from whatsapp.prepared import Prepared, Slot, Slots

Row = TypeVar("Row", bound=Model)


@cache
def question(model: Any, lookup: str, account: str | None) -> Prepared:
    conditions: dict[str, Any] = {f"{lookup}__in": Slots("values")}
    if account is not None:
        conditions[account] = Slot("account")
    return Prepared(lambda: model._base_manager.filter(**conditions))


def rows_by(model: type[Row], lookup: str, values: Iterable[Any]) -> list[Row]:
    """The rows of all accounts with one of these values."""
    wanted = list(values)
    return question(model, lookup, None).objects(values=wanted) if wanted else []


def rows_with_keys(model: type[Row], keys: Iterable[int]) -> list[Row]:
    return rows_by(model, "pk", keys)


def own_rows_by(
    model: type[Row], lookup: str, values: Iterable[Any], account: Account, path: str = "account"
) -> list[Row]:
    """The account's rows with one of these values. `lookup`, and `path` to the account, are as query sets
    take them."""
    wanted = list(values)
    if not wanted:
        return []
    return question(model, lookup, path).objects(values=wanted, account=account.pk)


UNDER_WAY = Prepared(
    lambda: HistorySync.objects.under_way().filter(account=Slot("account"), event__isnull=False)[:1]
)


@cache
def oldest_pending(limit: int) -> Prepared:
    # SQLite takes an index on some rows only where the statement itself says that it is about those.
    state = Func(template=str(InboxEvent.State.PENDING.value), output_field=IntegerField())
    rows = InboxEvent.objects.filter(account=Slot("account"), state=state)
    return Prepared(lambda: rows.order_by("id")[:limit])


def pending(account: Account, limit: int) -> list[InboxEvent]:
    """The oldest events in the inbox's table that ingest has yet to take, at most `limit`."""
    return oldest_pending(limit).objects(account=account.pk)


def waiting_for(message_ids: Iterable[str], account: Account) -> list[InboxEvent]:
    """Changes of messages that had not come when the change did, in the order of their arrival."""
    found = rows_by(InboxEvent, "waits_for", message_ids)
    return sorted((row for row in found if row.account_id == account.pk), key=lambda row: row.pk)


def history_under_way(account: Account) -> HistorySync | None:
    """The history that is to be imported next, or on."""
    return next(iter(UNDER_WAY.objects(account=account.pk)), None)
