"""Makes the indexes, and keeps them whole.

Triggers keep them in step with their tables. SQLite drops a table's triggers when Django rebuilds the table
(AlterField, AddField with a default, AddConstraint do), with no error; and neither it nor PostgreSQL lets a
column be changed that a trigger names. So the triggers go before migrations run, and come back after them: an
index of which a part is missing, or made by another release, is made and filled anew. Where nothing is to be
migrated, nothing happens.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction

from whatsapp.database_parts import Part, Schema, schema
from whatsapp.search import messages, names, postgresql

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Index:
    """An index's own table; its parts, in the order in which they are made; what it is made from; and the
    statement that fills it."""

    table: str
    parts: tuple[Part, ...]
    sources: dict[str, tuple[str, ...]]  # table → columns
    fill: str

    def broken(self, there: Schema) -> list[str]:
        return [part.name for part in self.parts if there.get(part.name) != part.statement]


# vendor → the indexes
INDEXES = {
    "sqlite": (
        Index(messages.INDEX, messages.PARTS, messages.SOURCES, messages.FILL),
        *(
            Index(names.index_of(table), names.parts_of(table, columns), {table: columns}, names.fill(table))
            for table, columns in names.NAMES.items()
        ),
    ),
    "postgresql": (
        Index(messages.INDEX, postgresql.MESSAGE_PARTS, messages.SOURCES, postgresql.FILL_MESSAGES),
        *(
            Index(
                names.index_of(table),
                postgresql.name_parts(table, columns),
                {table: columns},
                postgresql.fill_names(table),
            )
            for table, columns in names.NAMES.items()
        ),
    ),
}


def broken_parts(using: str = "default") -> list[str]:
    """The names of tables, triggers and functions that are not there or not as they should be; none of an
    index whose own tables are not there yet."""
    there = schema(using)
    return [name for index in possible(using) for name in index.broken(there)]


def out_of_step(using: str = "default") -> list[tuple[str, int]]:
    """The indexes that have not an entry for each row, and how many they lack; a negative number is of those
    that they have too many of. It counts all rows, once."""
    vendor, found = connections[using].vendor, []
    entries = "{}_docsize" if vendor == "sqlite" else "{}"  # FTS5's own table of them
    with connections[using].cursor() as cursor:
        for index in INDEXES[vendor]:
            source, kept = next(iter(index.sources)), entries.format(index.table)
            cursor.execute(f"SELECT (SELECT count(*) FROM {source}) - (SELECT count(*) FROM {kept})")
            (lacking,) = cursor.fetchone()
            if lacking:
                found.append((index.table, lacking))
    return found


def ensure_index(using: str = "default") -> bool:
    """Makes and fills anew each index that is not whole. True when one was not."""
    there = schema(using)
    broken = [index for index in possible(using) if index.broken(there)]
    if broken and connections[using].vendor == "postgresql":
        postgresql.prepare(using)
    for index in broken:
        make(index, there, using)
    return bool(broken)


def make(index: Index, there: Schema, using: str) -> None:
    if index.table in there:
        log.info("Filling the search index %s anew, for lack of %s", index.table, index.broken(there))
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for part in reversed(index.parts):
            part.drop(cursor)
        for part in index.parts:
            part.make(cursor)
        cursor.execute(index.fill)


def drop_triggers(using: str = "default") -> None:
    """Lets all tables be changed. `ensure_index` must follow."""
    there = schema(using)
    with connections[using].cursor() as cursor:
        for index in INDEXES[connections[using].vendor]:
            for part in index.parts:
                if part.is_trigger and part.name in there:
                    part.drop(cursor)


def possible(using: str) -> list[Index]:
    """The indexes whose tables have all that they are made from: a database of an earlier release may not."""
    connection = connections[using]
    found = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        columns = {
            table: {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for table in {table for index in INDEXES[connection.vendor] for table in index.sources}
            if table in tables
        }
        for index in INDEXES[connection.vendor]:
            if all(columns.get(table, set()).issuperset(read) for table, read in index.sources.items()):
                found.append(index)
    return found


# Django calls these around every `migrate`.


def before_migrate(using: str, plan: Any, **kwargs: Any) -> None:
    if any(migration.app_label == "whatsapp" for migration, _ in plan):
        drop_triggers(using)


def after_migrate(using: str, **kwargs: Any) -> None:
    ensure_index(using)
