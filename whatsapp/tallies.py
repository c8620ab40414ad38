"""Counts that are kept and not counted: how many messages there are of each kind, and of each day, and how
many files.

Triggers on the tables of messages and files keep them, in the statement that changes a row; so they are right
in every transaction, whoever writes. SQLite drops a table's triggers when Django rebuilds the table, with no
error, as it does with those of full-text search: so `ensure_tallies` runs after every migrate. It makes what
is missing, and counts anew when something was.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models import Func, IntegerField, Lookup
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In

from whatsapp.database_parts import Part, differs, schema, trigger
from whatsapp.prepared import Prepared, Slot, Slots

if TYPE_CHECKING:
    from whatsapp.querysets import MessageQuerySet

log = logging.getLogger(__name__)

MESSAGES, FILES = "whatsapp_message", "whatsapp_media"
SECONDS_A_DAY = 86_400
COUNTED = ("account", "chat", "message_type", "from_me", "has_media")  # of a message, under the same names


@dataclass(frozen=True, slots=True)
class Tally:
    """A table of counts of the rows of `source`: `columns` is column → what stands there for a row; `sums` is
    column → what of a row is added up there."""

    table: str
    source: str
    columns: Mapping[str, str]
    depends_on: tuple[str, ...]
    sums: Mapping[str, str] = field(default_factory=dict)

    def triggers(self, vendor: str) -> list[Part]:
        return self._on_postgresql() if vendor == "postgresql" else self._on_sqlite()

    def _on_sqlite(self) -> list[Part]:
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in self.depends_on)
        of = ", ".join(self.depends_on)
        bodies = {
            "insert": f"AFTER INSERT ON {self.source} BEGIN {self._add()}",
            "delete": f"AFTER DELETE ON {self.source} BEGIN {self._take()}",
            "update": (
                f"AFTER UPDATE OF {of} ON {self.source} WHEN {changed} BEGIN {self._take()} {self._add()}"
            ),
        }
        return [
            Part(name := f"{self.table}_{event}", f"CREATE TRIGGER {name} {body} END")
            for event, body in bodies.items()
        ]

    def _on_postgresql(self) -> list[Part]:
        """Rows that one statement adds or deletes are counted together."""
        return [
            *trigger(
                f"{self.table}_insert",
                self.source,
                "INSERT",
                self._add_all(),
                rows="NEW TABLE AS added",
            ),
            *trigger(
                f"{self.table}_delete",
                self.source,
                "DELETE",
                self._take_all(),
                rows="OLD TABLE AS gone",
            ),
            *trigger(f"{self.table}_truncate", self.source, "TRUNCATE", f"DELETE FROM {self.table};"),
            *trigger(
                f"{self.table}_update",
                self.source,
                f"UPDATE OF {', '.join(self.depends_on)}",
                f"{self._take()} {self._add()}",
                when=differs(*self.depends_on),
            ),
        ]

    def count(self) -> str:
        """Counts all rows anew, into the emptied table."""
        return (
            f"INSERT INTO {self.table} ({', '.join([*self.columns, 'number', *self.sums])}) "
            f"{self._groups(self.source)}"
        )

    def _of(self, expressions: Mapping[str, str], row: str) -> list[str]:
        return [expression.format(row=row) for expression in expressions.values()]

    def _changed(self, sign: str, row: str) -> str:
        """The assignments that count a row in or out."""
        amounts = {"number": "1", **dict(zip(self.sums, self._of(self.sums, row), strict=True))}
        return ", ".join(
            f"{column} = {self.table}.{column} {sign} {amount}" for column, amount in amounts.items()
        )

    def _groups(self, row: str) -> str:
        """Selects the groups of many rows: what tells them apart, their number and sums."""
        groups = self._of(self.columns, row)
        sums = [f"sum({value})" for value in self._of(self.sums, row)]
        selected = [
            f"{value} AS {name}"
            for name, value in zip(
                [*self.columns, "number", *self.sums], [*groups, "count(*)", *sums], strict=True
            )
        ]
        return f"SELECT {', '.join(selected)} FROM {row} GROUP BY {', '.join(groups)}"

    def _add_all(self) -> str:
        names = ", ".join(self.columns)
        amounts = ["number", *self.sums]
        added = ", ".join(f"{name} = {self.table}.{name} + excluded.{name}" for name in amounts)
        return (  # in order, as two who count at a time would else wait for each other
            f"INSERT INTO {self.table} ({', '.join([names, *amounts])}) "
            f"{self._groups('added')} ORDER BY {names} ON CONFLICT ({names}) DO UPDATE SET {added};"
        )

    def _take_all(self) -> str:
        amounts = ["number", *self.sums]
        same = " AND ".join(f"{self.table}.{name} = counted.{name}" for name in self.columns)
        taken = ", ".join(f"{name} = {self.table}.{name} - counted.{name}" for name in amounts)
        groups = self._groups("gone")
        return (
            f"UPDATE {self.table} SET {taken} FROM ({groups}) AS counted WHERE {same}; "
            f"DELETE FROM {self.table} USING ({groups}) AS counted WHERE {same} AND {self.table}.number = 0;"
        )

    def _add(self) -> str:
        names, values = ", ".join(self.columns), self._of(self.columns, "new")
        return (
            f"INSERT INTO {self.table} ({', '.join([names, 'number', *self.sums])}) "
            f"VALUES ({', '.join([*values, '1', *self._of(self.sums, 'new')])}) "
            f"ON CONFLICT ({names}) DO UPDATE SET {self._changed('+', 'new')};"
        )

    def _take(self) -> str:
        same = " AND ".join(
            f"{column} = {value}"
            for column, value in zip(self.columns, self._of(self.columns, "old"), strict=True)
        )
        return (
            f"UPDATE {self.table} SET {self._changed('-', 'old')} WHERE {same}; "
            f"DELETE FROM {self.table} WHERE {same} AND number = 0;"
        )


def same(*columns: str) -> dict[str, str]:
    return {column: f"{{row}}.{column}" for column in columns}


KIND = ("message_type", "from_me", "has_media")
OF_KINDS = Tally(
    "whatsapp_messagetally",
    MESSAGES,
    same("account_id", "chat_id", *KIND),
    ("account_id", "chat_id", *KIND),
)
OF_TOTALS = Tally("whatsapp_totaltally", MESSAGES, same("account_id", *KIND), ("account_id", *KIND))
OF_DAYS = Tally(
    "whatsapp_daytally",
    MESSAGES,
    {**same("account_id"), "day": f"{{row}}.timestamp / {SECONDS_A_DAY}", **same("chat_id")},
    ("account_id", "timestamp", "chat_id"),
)
OF_FILES = Tally(
    "whatsapp_filetally",
    FILES,
    {**same("account_id", "kind", "download_status"), "mime_type": "coalesce({row}.mime_type, '')"},
    ("account_id", "kind", "download_status", "mime_type", "file_size"),
    {"size": "coalesce({row}.file_size, 0)"},
)
TALLIES = (OF_KINDS, OF_TOTALS, OF_DAYS, OF_FILES)


def triggers(using: str) -> list[Part]:
    vendor = connections[using].vendor
    return [part for tally in TALLIES for part in tally.triggers(vendor)]


# Asking


def count_of(messages: "MessageQuerySet") -> int | None:
    """How many `messages` there are, without walking through them, where nothing is asked but what the
    tallies tell apart. None: count them."""

    query = messages.query
    if query.is_sliced or query.distinct or query.combinator:
        return None
    if query.annotations or query.extra or query.where.negated or query.where.connector != "AND":
        return None
    kinds: list[tuple[str, Any]] = []
    for condition in query.where.children:
        if not isinstance(condition, Lookup) or not isinstance(condition.lhs, Col):
            return None
        if hasattr(condition.rhs, "resolve_expression"):
            return None
        model, name = condition.lhs.target.model, condition.lhs.target.name
        if model is messages.model and name in COUNTED and isinstance(condition, Exact | In):
            kinds.append((f"{name}__{condition.lookup_name}", condition.rhs))
        else:
            return None
    values = {f"value{place}": value for place, (_, value) in enumerate(kinds)}
    return total_of(tuple(lookup for lookup, _ in kinds)).value(**values) or 0


@cache
def total_of(lookups: tuple[str, ...]) -> Prepared:
    """How many messages the tallies count where each of `lookups` has its value: `value0`, `value1`, …"""
    from whatsapp.models import MessageTally, TotalTally

    is_of_chats = any(lookup.startswith("chat__") for lookup in lookups)
    tallies: Any = (MessageTally if is_of_chats else TotalTally)._default_manager.order_by()
    for place, lookup in enumerate(lookups):
        slot = Slots if lookup.endswith("__in") else Slot
        tallies = tallies.filter(**{lookup: slot(f"value{place}")})
    total = Func("number", function="sum", output_field=IntegerField())  # Django's own would group by the key
    return Prepared(lambda: tallies.values_list(total))


# Keeping


def missing_parts(using: str = "default") -> list[str]:
    """The names of the triggers that are not there, or not as they should be; none where their tables aren't
    there yet."""
    there = schema(using)
    if not {table for tally in TALLIES for table in (tally.table, tally.source)} <= there.keys():
        return []
    return [part.name for part in triggers(using) if there.get(part.name) != part.statement]


def drop_triggers(using: str = "default") -> None:
    """Lets all tables be changed. `ensure_tallies` must follow."""
    there = schema(using)
    with connections[using].cursor() as cursor:
        for part in triggers(using):
            if part.is_trigger and part.name in there:
                part.drop(cursor)


def ensure_tallies(using: str = "default") -> bool:
    """Makes the triggers that are missing, then counts anew. True when one was missing."""
    missing = missing_parts(using)
    if not missing:
        return False
    parts = triggers(using)
    if len(missing) < len(parts):
        log.warning("The counts of messages and files have lost %s: they are made anew.", ", ".join(missing))
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for part in reversed(parts):
            part.drop(cursor)
        for part in parts:
            part.make(cursor)
        for tally in TALLIES:
            cursor.execute(f"DELETE FROM {tally.table}")
            cursor.execute(tally.count())
    return True


# Django calls these around every `migrate`. SQLite refuses to rename a table while a trigger names one that
# is not there, and Django renames to change a table: so the triggers go before, and come back after.


def before_migrate(using: str, plan: Any, **kwargs: Any) -> None:
    if any(migration.app_label == "whatsapp" for migration, _ in plan):
        drop_triggers(using)


def after_migrate(using: str, **kwargs: Any) -> None:
    ensure_tallies(using)
