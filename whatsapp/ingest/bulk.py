"""Writing many rows fast.

`bulk_create` and `bulk_update` ask every field of every row how to prepare its value and compile the values
into the statement: more than half of the time of ingest, measured. Here a statement is compiled once and the
driver repeats it; only the fields whose values it can't take as they are get prepared.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connection, models

IDS_PER_QUERY = 450  # asked for twice in a query; SQLite takes 999 parameters at the least

# Fields whose Python values are what the database drivers take.
PLAIN = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.BooleanField)


class Values:
    """Takes the values of some fields out of rows, as the driver wants them."""

    def __init__(self, fields: Sequence[Any]) -> None:
        self.fields = fields
        self._get = attrgetter(*(field.attname for field in fields))
        self._special = [
            (place, field)
            for place, field in enumerate(fields)
            if not field.is_relation and not isinstance(field, PLAIN)
        ]

    def of(self, row: models.Model) -> list[Any]:
        values = list(self._get(row))
        for place, field in self._special:
            if values[place] is not None:
                values[place] = field.get_db_prep_save(values[place], connection)
        return values


@cache
def insertion(model: type[models.Model], with_keys: bool, ignore_conflicts: bool) -> tuple[str, Values]:
    fields = [field for field in model._meta.concrete_fields if with_keys or not field.primary_key]
    columns = ", ".join(_quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    table = _quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}){conflict}", Values(fields)


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

    With `ignore_conflicts`, a row that is there already stays as it is.
    """
    if rows:
        _repeat(insertion(model, rows[0].pk is not None, ignore_conflicts), rows)


def update_many(model: type[models.Model], rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Writes these fields of `rows`, which have keys."""
    if rows:
        _repeat(change(model, tuple(sorted(names))), rows)


def _repeat(plan: tuple[str, Values], rows: Sequence[models.Model]) -> None:
    statement, values = plan
    with connection.cursor() as cursor:
        cursor.executemany(statement, [values.of(row) for row in rows])


def _quote(name: Any) -> str:
    return connection.ops.quote_name(str(name))


def chunks(values: Iterable[str]) -> Iterable[list[str]]:
    """The values in order, as many at a time as one query may ask for."""
    ordered = sorted(values)
    return (ordered[start : start + IDS_PER_QUERY] for start in range(0, len(ordered), IDS_PER_QUERY))


def point_at_saved(row: Any) -> None:
    """Takes up the keys that related rows got when they were saved."""
    for field in row._meta.concrete_fields:
        if field.is_relation and field.is_cached(row):
            related = getattr(row, field.name)
            setattr(row, field.attname, related.pk if related is not None else None)
