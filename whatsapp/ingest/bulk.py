"""Writing many rows fast.

`bulk_create` and `bulk_update` ask every field of every row how to prepare its value and compile the values
into the statement: more than half of the time of ingest, measured. Here a statement is compiled once and run
again with other values; only the fields whose values the driver can't take as they are get prepared.

New rows go many to a statement. With each statement whose triggers write into a search index, FTS5 writes out
what it has gathered: messages that are inserted one by one cost twice as much.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection, models

IDS_PER_QUERY = 450  # asked for twice in a query; SQLite takes 999 parameters at the least
VALUES_PER_STATEMENT = 2_624  # 64 messages of 41 columns; SQLite takes 32,766 since 3.32

# Fields whose Python values are what the database drivers take.
PLAIN = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.BinaryField,
)


class Values:
    """Takes the values of some fields out of rows, as the driver wants them."""

    def __init__(self, fields: Sequence[Any]) -> None:
        self.fields = fields
        self._get = itemgetter(*(field.attname for field in fields))
        self._special = [
            (place, field)
            for place, field in enumerate(fields)
            if not field.is_relation and not isinstance(field, PLAIN)
        ]

    def of(self, row: models.Model) -> list[Any]:
        """Of a row that was loaded whole."""
        values = list(self._get(row.__dict__))
        for place, field in self._special:
            if (value := values[place]) is not None:
                if isinstance(field, models.DateTimeField):
                    values[place] = moment(value)
                else:
                    values[place] = field.get_db_prep_save(value, connection)
        return values


@lru_cache(maxsize=256)
def moment(value: Any) -> Any:
    """A time as the driver wants it; most rows of a batch have the same."""
    return connection.ops.adapt_datetimefield_value(value)


@cache
def insertion(
    model: type[models.Model], with_keys: bool, ignore_conflicts: bool, rows: int
) -> tuple[str, Values]:
    fields = [field for field in model._meta.concrete_fields if with_keys or not field.primary_key]
    columns = ", ".join(_quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    table = _quote(model._meta.db_table)
    values = ", ".join([f"({marks})"] * rows)
    return f"INSERT INTO {table} ({columns}) VALUES {values}{conflict}", Values(fields)


@cache
def change(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, Values]:
    key: Any = model._meta.pk
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    assignments = ", ".join(f"{_quote(field.column)} = %s" for field in fields)
    table = _quote(model._meta.db_table)
    return f"UPDATE {table} SET {assignments} WHERE {_quote(key.column)} = %s", Values([*fields, key])


def insert_many(
    model: type[models.Model], rows: Sequence[models.Model], *, ignore_conflicts: bool = False
) -> None:
    """Inserts `rows` as they are, all with a key or all without; keys from the database are not read back.
    Those with keys go in the order of these: so FTS5 gathers them, and neighbours are written together.

    With `ignore_conflicts`, a row that is there already stays as it is.
    """
    if not rows:
        return
    if with_keys := rows[0].pk is not None:
        rows = sorted(rows, key=attrgetter("pk"))
    portion = VALUES_PER_STATEMENT // len(model._meta.concrete_fields)
    whole = len(rows) - len(rows) % portion
    with connection.cursor() as cursor:
        for start in range(0, whole, portion):
            statement, values = insertion(model, with_keys, ignore_conflicts, portion)
            some = rows[start : start + portion]
            cursor.execute(statement, list(chain.from_iterable(map(values.of, some))))
        if whole < len(rows):
            statement, values = insertion(model, with_keys, ignore_conflicts, 1)
            cursor.executemany(statement, [values.of(row) for row in rows[whole:]])


def update_many(model: type[models.Model], rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Writes these fields of `rows`, which have keys."""
    if rows:
        statement, values = change(model, tuple(sorted(names)))
        with connection.cursor() as cursor:
            cursor.executemany(statement, [values.of(row) for row in rows])


def delete_many(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Deletes `rows`, which nothing points to."""
    if rows:
        key: Any = model._meta.pk
        statement = f"DELETE FROM {_quote(model._meta.db_table)} WHERE {_quote(key.column)} = %s"
        with connection.cursor() as cursor:
            cursor.executemany(statement, [(row.pk,) for row in rows])


def _quote(name: Any) -> str:
    return connection.ops.quote_name(str(name))


def chunks(values: Iterable[str]) -> Iterable[list[str]]:
    """The values in order, as many at a time as one query may ask for."""
    ordered = sorted(values)
    return (ordered[start : start + IDS_PER_QUERY] for start in range(0, len(ordered), IDS_PER_QUERY))


@cache
def relations_of(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """Name and attribute of the key, of each."""
    return tuple((field.name, field.attname) for field in model._meta.concrete_fields if field.is_relation)


def point_at_saved(row: models.Model) -> None:
    """Takes up the keys that related rows got when they were saved."""
    related = row._state.fields_cache
    for name, attribute in relations_of(type(row)):
        if name in related:
            other = related[name]
            row.__dict__[attribute] = other.pk if other is not None else None
