"""Looking rows up, fast.

A query set is made, cloned, compiled and turned into objects again for each question: half of the time of a
small batch, and what ingest asks is always the same. Here Django says once how a question reads in SQL; from
then on only the values change.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, models

from whatsapp.ingest.bulk import IDS_PER_QUERY
from whatsapp.models import Account, HistorySync, InboxEvent
from whatsapp.rows import loaded

Row = TypeVar("Row", bound=models.Model)

# How many values a statement asks for: few different numbers, as the driver keeps a statement prepared. What
# is left over is filled up with a value that is asked for anyway.
SIZES = (1, 8, 64, IDS_PER_QUERY)

NOBODY = -1  # stands for the account in a question that is compiled


class Question(Generic[Row]):
    """What a query set asks, to be asked again with other values in the places of `placeholders`."""

    def __init__(self, rows: "models.QuerySet[Row]", placeholders: Sequence[Any]) -> None:
        self.model = rows.model
        self.compiler = rows.query.get_compiler(connection=connection)
        self.statement, params = self.compiler.as_sql()
        self.params = list(params)
        self.places = [self.params.index(one) for one in placeholders]
        self.converters = self.compiler.get_converters([column for column, _, _ in self.compiler.select])

    def ask(self, values: Iterable[Any]) -> list[Row]:
        params = self.params.copy()
        for place, value in zip(self.places, values, strict=True):
            params[place] = value
        with connection.cursor() as cursor:
            cursor.execute(self.statement, params)
            found = cursor.fetchall()
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        return [loaded(self.model, row) for row in found]


@cache
def by_values(model: type[Row], lookup: str, path: str, size: int) -> Question[Row]:
    """How rows are asked for by `size` texts or numbers in `lookup`, of the account at `path`."""
    field = model._meta.get_field(lookup.partition("__")[0])
    numbers: list[Any] = list(range(size))
    values = numbers if isinstance(field, models.AutoField) else [f"text {number}" for number in numbers]
    rows = model._base_manager.filter(**{f"{lookup}__in": values, path: NOBODY})
    return Question(rows, [*values, NOBODY])


def rows_by(
    model: type[Row], lookup: str, values: Iterable[Any], account: Account, path: str = "account"
) -> Iterator[Row]:
    """The account's rows with one of these values. `lookup` and `path`, the way to the account, are such as
    query sets take."""
    ordered = sorted(values)
    for start in range(0, len(ordered), IDS_PER_QUERY):
        some = ordered[start : start + IDS_PER_QUERY]
        size = next(size for size in SIZES if size >= len(some))
        yield from by_values(model, lookup, path, size).ask(
            [*some, *[some[-1]] * (size - len(some)), account.pk]
        )


def rows_of(model: type[Row], keys: Iterable[int], account: Account) -> Iterator[Row]:
    """The account's rows with these keys."""
    return rows_by(model, "id", keys, account)


def waiting_for(message_ids: Iterable[str], account: Account) -> list[InboxEvent]:
    """Changes of messages that had not come when the change did, in the order of their arrival."""
    return sorted(rows_by(InboxEvent, "waits_for", message_ids, account), key=lambda row: row.pk)


# What is asked before every batch, and mostly for nothing.


def pending(account: Account, limit: int) -> list[InboxEvent]:
    """The oldest events of the inbox's table that ingest has yet to take, at most `limit`."""
    return _pending(limit).ask([account.pk])


@cache
def _pending(limit: int) -> Question[InboxEvent]:
    return Question(InboxEvent.objects.pending().filter(account=NOBODY)[:limit], [NOBODY])


def history_under_way(account: Account) -> HistorySync | None:
    """The history that is to be imported next, or on."""
    return next(iter(_under_way().ask([account.pk])), None)


@cache
def _under_way() -> Question[HistorySync]:
    rows = HistorySync.objects.under_way().filter(account=NOBODY, event__isnull=False)
    return Question(rows[:1], [NOBODY])
