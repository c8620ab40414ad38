"""Tables, triggers and functions that no model describes, and the statements that make them.

They are compared by these statements, so that a part which is missing, or was made by another release, is
found: SQLite keeps the statements itself, on PostgreSQL each part has its own as a comment.
"""

from dataclasses import dataclass

from django.db import connections
from django.db.backends.utils import CursorWrapper

Schema = dict[str, str]  # name → the statement that made it

KINDS = ("TABLE", "TRIGGER", "FUNCTION", "INDEX")

THERE = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')",
    "postgresql": (
        "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
        "WHERE relkind IN ('r', 'i') AND relnamespace = current_schema()::regnamespace "
        "UNION ALL SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE NOT tgisinternal "
        "UNION ALL SELECT proname, obj_description(oid, 'pg_proc') FROM pg_proc "
        "WHERE pronamespace = current_schema()::regnamespace"
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a database, and the statement that makes it: `CREATE …`. A trigger is on a `table`."""

    name: str
    statement: str
    table: str = ""

    @property
    def kind(self) -> str:
        return next(word for word in self.statement.split() if word in KINDS)

    @property
    def is_trigger(self) -> bool:
        return self.kind == "TRIGGER"

    @property
    def _address(self) -> str:
        return f"{self.kind} {self.name}"

    def make(self, cursor: CursorWrapper) -> None:
        cursor.execute(self.statement)
        if cursor.db.vendor == "postgresql":
            on = f" ON {self.table}" if self.is_trigger else ""
            cursor.execute(f"COMMENT ON {self._address}{on} IS %s", [self.statement])

    def drop(self, cursor: CursorWrapper) -> None:
        """Nothing happens when it is not there."""
        on = f" ON {self.table}" if self.is_trigger and cursor.db.vendor == "postgresql" else ""
        cursor.execute(f"DROP {self.kind} IF EXISTS {self.name}{on}")


def schema(using: str) -> Schema:
    """All tables, triggers, … that are there, whoever has made them."""
    with connections[using].cursor() as cursor:
        cursor.execute(THERE[connections[using].vendor])
        return {name: statement or "" for name, statement in cursor.fetchall()}


# PostgreSQL's


def trigger(
    name: str, table: str, event: str, body: str, *, when: str = "", rows: str = ""
) -> tuple[Part, Part]:
    """On PostgreSQL: a function, and the trigger that calls it after `event`, for each row or with all `rows`
    at once."""
    each = "FOR EACH ROW"
    if rows or event == "TRUNCATE":
        each = f"REFERENCING {rows} FOR EACH STATEMENT" if rows else "FOR EACH STATEMENT"
    condition = f" WHEN ({when})" if when else ""
    return (
        Part(
            f"{name}_function",
            f"CREATE FUNCTION {name}_function() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {body} RETURN NULL; END $$",
        ),
        Part(
            name,
            f"CREATE TRIGGER {name} AFTER {event} ON {table} {each}{condition} "
            f"EXECUTE FUNCTION {name}_function()",
            table,
        ),
    )


def differs(*columns: str) -> str:
    return " OR ".join(f"old.{column} IS DISTINCT FROM new.{column}" for column in columns)
