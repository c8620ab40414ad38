"""Moves a hub's rows from SQLite to PostgreSQL in one transaction, and compares every one before it commits.

Both databases are read through the same models, so a row is the same when its values are. The indexes and
counts that triggers keep are made anew. What SQLite has taken and PostgreSQL refuses, and ingest has not let
in since, is moved as ingest would take it in today (`fitting`), and compared as that.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction
from django.db.models import F

from whatsapp import search, tallies
from whatsapp.models import Event
from whatsapp.texts import identifier, name, text

SOURCE, TARGET = "default", "target"
ROWS_AT_ONCE = 2_000

Table = type[models.Model]


class NotMoved(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and a sum over all their values that doesn't depend on their order."""

    rows: int
    checksum: int


def move(target: dict[str, Any], told: Callable[[str, Content], None]) -> None:
    """Copies everything into the empty PostgreSQL whose settings `target` are, and tells of each table when
    it has been compared. Nobody may write meanwhile. Raises NotMoved and DatabaseError."""
    if sys.modules.get("psycopg", ...) is None:
        del sys.modules["psycopg"]  # the settings keep it out where SQLite is the database
    connections.databases[TARGET] = {**connections.databases[SOURCE], "OPTIONS": {}, **target}
    call_command("migrate", database=TARGET, verbosity=0, interactive=False)
    every = tables()
    with transaction.atomic(TARGET):
        require_empty(every)
        search.drop_triggers(TARGET)
        tallies.drop_triggers(TARGET)
        number_events(are_numbered=False)
        for model in every:
            copy(model)
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        number_events(are_numbered=True)
        search.ensure_index(TARGET)
        tallies.ensure_tallies(TARGET)
        execute(*connections[TARGET].ops.sequence_reset_sql(no_style(), every))
        for model in every:
            before, after = content_of(rows_to_move(model)), content_of(rows_of(model, TARGET))
            if before != after:
                raise NotMoved(f"{model._meta.db_table} would not be the same: {before} and {after}.")
            told(model._meta.db_table, after)
    execute("ANALYZE")


def execute(*statements: str) -> None:
    with connections[TARGET].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def tables() -> list[Table]:
    """Those of all models, but for what triggers keep."""
    kept = {tally.table for tally in tallies.TALLIES}
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in kept
    ]


def require_empty(every: list[Table]) -> None:
    """What `migrate` has written by itself goes: it comes again with the rest. Raises NotMoved."""
    for model in every:
        if model._meta.app_label == "whatsapp" and model._base_manager.using(TARGET).exists():
            raise NotMoved(f"There are rows in {model._meta.db_table} already: name an empty database.")
    names = ", ".join(connections[TARGET].ops.quote_name(model._meta.db_table) for model in every)
    execute(f"TRUNCATE {names} CASCADE")


def number_events(*, are_numbered: bool) -> None:
    """Whether events get new ids when they are inserted; those that are moved keep their own."""
    execute(
        f"ALTER TABLE {Event._meta.db_table} "
        f"{'ENABLE' if are_numbered else 'DISABLE'} TRIGGER whatsapp_event_number"
    )


def rows_of(model: Table, using: str) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.using(using).order_by("pk").values_list(*names).iterator(ROWS_AT_ONCE)


def rows_to_move(model: Table) -> Iterator[tuple[Any, ...]]:
    """The rows that are there, as PostgreSQL takes them."""
    fitters = [
        (place, fit) for place, field in enumerate(model._meta.concrete_fields) if (fit := fitting(field))
    ]
    for row in rows_of(model, SOURCE):
        values = list(row)
        for place, fit in fitters:
            if values[place] is not None:
                values[place] = fit(values[place])
        yield tuple(values)


def fitting(field: Any) -> Callable[[Any], Any] | None:
    """Makes a value of the field one that PostgreSQL takes; None where it takes all that there can be."""
    if isinstance(field, models.JSONField):
        return clean
    if not isinstance(field, models.CharField | models.TextField):
        return None
    if isinstance(field, models.CharField) and field.max_length is None:
        return lambda value: identifier(value) or ""
    if field.name in sorted_by(field.model):
        return lambda value: name(value) or ""
    return lambda value: text(value) or ""


def clean(value: Any) -> Any:
    """The JSON value without what a database refuses in a text."""
    if isinstance(value, str):
        return text(value) or ""
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value


def sorted_by(model: Table) -> set[str]:
    """The columns of which an index has an expression: of names."""
    every = [expression for index in model._meta.indexes for expression in index.expressions]
    return {column for expression in every for column in columns_in(expression)}


def columns_in(expression: Any) -> list[str]:
    if isinstance(expression, F):
        return [expression.name]  # type: ignore[attr-defined]  # the stubs don't know it
    return [column for inner in expression.get_source_expressions() for column in columns_in(inner)]


def copy(model: Table) -> None:
    fields, connection = model._meta.concrete_fields, connections[TARGET]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    try:
        with (
            connection.wrap_database_errors,  # Django's cursor doesn't know COPY
            connection.cursor() as cursor,
            cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as target,
        ):
            for row in rows_to_move(model):
                target.write_row(
                    [
                        field.get_db_prep_save(value, connection)
                        for field, value in zip(fields, row, strict=True)
                    ]
                )
    except DatabaseError as error:
        raise NotMoved(
            f"{model._meta.db_table} has a row that PostgreSQL does not take: {reason_of(error)}"
        ) from error


def reason_of(error: DatabaseError) -> str:
    """PostgreSQL's own reason, and where it was: `COPY whatsapp_label, line 3, column name`. Without the
    value, which may be a secret."""
    told = getattr(error.__cause__, "diag", None)
    if told is None or not told.message_primary:
        return str(error)
    where = (told.context or "").partition("\n")[0].partition(": ")[0]
    return f"{told.message_primary} ({where})" if where else str(told.message_primary)


def content_of(rows: Iterable[tuple[Any, ...]]) -> Content:
    number = total = 0
    for row in rows:
        written = orjson.dumps(row, default=bytes.hex, option=orjson.OPT_SORT_KEYS)
        number += 1
        total += int.from_bytes(hashlib.blake2b(written, digest_size=8).digest())
    return Content(number, total % 2**64)
