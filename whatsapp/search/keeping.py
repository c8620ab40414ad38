"""Makes the indexes, and keeps them whole.

Triggers keep them in step with their tables. SQLite drops a table's triggers when Django rebuilds the table
(AlterField, AddField with a default, AddConstraint do), with no error; and it refuses to drop or rename a
column that a trigger names. So the triggers go before migrations run, and come back after them: an index of
which a part is missing, or made by another release, is made and filled anew. Where nothing is to be migrated,
nothing happens.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import connections

from whatsapp.search import messages, names
from whatsapp.search.parts import Part

log = logging.getLogger(__name__)

Schema = dict[str, str]  # name → the statement that made it, of tables and triggers


@dataclass(frozen=True, slots=True)
class Index:
    """The parts of an index, its own table first; what it is made from; and the statement that fills it."""

    parts: tuple[Part, ...]
    sources: dict[str, tuple[str, ...]]  # table → columns
    fill: str

    @property
    def table(self) -> str:
        return self.parts[0].name

    def broken(self, there: Schema) -> list[str]:
        return [part.name for part in self.parts if there.get(part.name) != part.statement]


INDEXES = (
    Index(messages.PARTS, messages.SOURCES, messages.FILL),
    *(
        Index(names.parts_of(table, columns), {table: columns}, names.fill(table))
        for table, columns in names.NAMES.items()
    ),
)


def broken_parts(using: str = "default") -> list[str]:
    """The names of tables and triggers that are not there or not as they should be; none where no FTS5 is
    used, and none of an index whose own tables are not there yet."""
    if connections[using].vendor != "sqlite":
        return []
    there = schema(using)
    return [name for index in possible(using) for name in index.broken(there)]


def ensure_index(using: str = "default") -> bool:
    """Makes and fills anew each index that is not whole. True when one was not."""
    if connections[using].vendor != "sqlite":
        return False
    there = schema(using)
    broken = [index for index in possible(using) if index.broken(there)]
    for index in broken:
        make(index, there, using)
    return bool(broken)


def make(index: Index, there: Schema, using: str) -> None:
    if index.table in there:
        log.info("Filling the search index %s anew, for lack of %s", index.table, index.broken(there))
    with connections[using].cursor() as cursor:
        for part in index.parts:
            if part.name in there:
                cursor.execute(f"DROP {'TRIGGER' if part.is_trigger else 'TABLE'} {part.name}")
        for part in index.parts:
            cursor.execute(part.statement)
        cursor.execute(index.fill)


def drop_triggers(using: str = "default") -> None:
    """Lets all tables be changed. `ensure_index` must follow."""
    there = schema(using)
    with connections[using].cursor() as cursor:
        for index in INDEXES:
            for part in index.parts:
                if part.is_trigger and part.name in there:
                    cursor.execute(f"DROP TRIGGER {part.name}")


def schema(using: str) -> Schema:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
        return dict(cursor.fetchall())


def possible(using: str) -> list[Index]:
    """The indexes whose tables have all that they are made from: a database of an earlier release may not."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT one.name, columns.name FROM sqlite_master one, pragma_table_info(one.name) columns "
            "WHERE one.type = 'table' AND one.name IN ({})".format(
                ", ".join(f"'{table}'" for index in INDEXES for table in index.sources)
            )
        )
        there = set(cursor.fetchall())
    return [
        index
        for index in INDEXES
        if all((table, column) in there for table, columns in index.sources.items() for column in columns)
    ]


# Django calls these around every `migrate`.


def before_migrate(using: str, plan: Any, **kwargs: Any) -> None:
    is_changed = any(migration.app_label == "whatsapp" for migration, _ in plan)
    if is_changed and connections[using].vendor == "sqlite":
        drop_triggers(using)


def after_migrate(using: str, **kwargs: Any) -> None:
    ensure_index(using)
