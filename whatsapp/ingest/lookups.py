"""Looking rows up by many values, fast.

A query set is made, cloned, compiled and turned into objects again for each question: half of the time of a
small batch, and what ingest asks is always the same. Here Django says once how a question reads in SQL; from
then on only the values change.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models

from whatsapp.ingest.bulk import IDS_PER_QUERY
from whatsapp.ingest.rows import loaded
from whatsapp.models import Account

Row = TypeVar("Row", bound=models.Model)

# How many values a statement asks for: few different ones, which the driver keeps prepared. What is left over
# is filled up with a value that is asked for anyway.
SIZES = (1, 8, 64, IDS_PER_QUERY)


class Question(NamedTuple):
    statement: str
    compiler: Any
    converters: Any

    def ask(self, model: type[Row], values: list[Any]) -> Iterator[Row]:
        with connection.cursor() as cursor:
            cursor.execute(self.statement, values)
            found = cursor.fetchall()
        rows = self.compiler.apply_converters(found, self.converters) if self.converters else found
        return (loaded(model, row) for row in rows)


@cache
def question(model: type[models.Model], lookup: str, path: str, size: int) -> Question:
    """How rows are asked for by `size` texts or numbers in `lookup`, of the account at `path`."""
    field = model._meta.get_field(lookup.partition("__")[0])
    values = list(range(size)) if isinstance(field, models.AutoField) else [str(one) for one in range(size)]
    found = model._base_manager.filter(**{f"{lookup}__in": values}).filter(**{path: -1}).order_by()
    compiler = found.query.get_compiler(connection=connection)
    statement, params = compiler.as_sql()
    assert [str(one) for one in params] == [*map(str, range(size)), "-1"]
    return Question(
        statement, compiler, compiler.get_converters([column for column, _, _ in compiler.select])
    )


def rows_by(
    model: type[Row], lookup: str, values: Iterable[Any], account: Account, path: str = "account"
) -> Iterator[Row]:
    """The account's rows with one of these values. `lookup` and `path`, the way to the account, are such as
    query sets take."""
    ordered = sorted(values)
    for start in range(0, len(ordered), IDS_PER_QUERY):
        some = ordered[start : start + IDS_PER_QUERY]
        size = next(size for size in SIZES if size >= len(some))
        asked = [*some, *[some[-1]] * (size - len(some)), account.pk]
        yield from question(model, lookup, path, size).ask(model, asked)


def rows_of(model: type[Row], keys: Iterable[int], account: Account) -> Iterator[Row]:
    """The account's rows with these keys."""
    return rows_by(model, "id", keys, account)
