"""Full text: the index of messages' bodies, and the language in which it is asked.

On SQLite the index is an FTS5 table of external content, kept in step by triggers on the table of
messages. SQLite drops a table's triggers when Django rebuilds the table (AlterField, AddField with a
default, AddConstraint do), with no error. So `ensure_index` runs after every migrate: it makes what is
missing, and rebuilds the index when something was.
"""

import logging
import re
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Lookup, QuerySet, TextField

if TYPE_CHECKING:
    AnyLookup = Lookup[Any]
else:
    AnyLookup = Lookup  # Django's own can't be subscripted

log = logging.getLogger(__name__)

TABLE = "whatsapp_message"
INDEX = "whatsapp_message_fts"

CREATE_INDEX = f"""
CREATE VIRTUAL TABLE {INDEX} USING fts5(
    body, content='{TABLE}', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
)
"""
ADD = f"INSERT INTO {INDEX}(rowid, body) VALUES (new.id, new.body);"
REMOVE = f"INSERT INTO {INDEX}({INDEX}, rowid, body) VALUES ('delete', old.id, old.body);"
TRIGGERS = {
    f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN {ADD} END",
    f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN {REMOVE} END",
    f"{INDEX}_update": (
        f"AFTER UPDATE OF body, id ON {TABLE} WHEN old.body IS NOT new.body OR old.id <> new.id "
        f"BEGIN {REMOVE} {ADD} END"
    ),
}

TOKEN = re.compile(r'"([^"]*)"?|(\S+)')
OPERATORS = ("AND", "OR", "NOT")


# Asking


def to_fts5(text: str) -> str | None:
    """`text` in FTS5's own syntax; None when it holds nothing to look for.

    Understands words, "phrases", prefix*, AND, OR and NOT (in capitals). Every word is quoted, so no input
    is an error: an operator without something on both sides of it is a word like any other.
    """
    parts: list[str] = []
    operator: str | None = None
    tokens = TOKEN.findall(text.replace("\0", " "))
    for place, (phrase, word) in enumerate(tokens):
        follows = parts and operator is None and place + 1 < len(tokens)
        if word in OPERATORS and follows and tokens[place + 1][1] not in OPERATORS:
            operator = word
            continue
        is_prefix = word.endswith("*")
        bare = (phrase or word.rstrip("*")).replace('"', " ").strip()
        if not any(character.isalnum() for character in bare):
            continue
        if parts:
            parts.append(operator or "AND")
        operator = None
        parts.append(f'"{bare}"' + ("*" if is_prefix else ""))
    return " ".join(parts) or None


@TextField.register_lookup
class FullTextMatch(AnyLookup):
    """`body__fts="…"` on the index's own table, in FTS5's syntax."""

    lookup_name = "fts"

    def as_sql(self, compiler: Any, db: Any) -> tuple[str, tuple[Any, ...]]:
        _, params = self.process_rhs(compiler, db)
        alias = self.lhs.alias
        # The left side of MATCH is the table itself, under the name that the query gives it.
        table, column = (compiler.quote_name_unless_alias(name) for name in (alias, INDEX))
        return f"{table}.{column} MATCH %s", tuple(params)


def search(messages: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `messages` that `text` finds, to be ordered by key: a walk along the index."""
    query = to_fts5(text)
    return messages.filter(index__body__fts=query) if query else messages.none()


def newest_first() -> str:
    """What to order found messages by, so that the index gives them in that order without sorting."""
    return "-index__message_id"


# Keeping


def missing_parts(using: str = "default") -> list[str]:
    """The names of the index and triggers that are not there; none where no FTS5 is used."""
    if connections[using].vendor != "sqlite":
        return []
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in (INDEX, *TRIGGERS) if name not in there] if TABLE in there else []


def ensure_index(using: str = "default") -> bool:
    """Makes what is missing of the index, then fills it anew. True when something was missing."""
    missing = missing_parts(using)
    if not missing:
        return False
    if INDEX not in missing:
        log.warning("The full-text index has lost %s: it is made anew.", ", ".join(missing))
    with connections[using].cursor() as cursor:
        if INDEX in missing:
            cursor.execute(CREATE_INDEX)
        for name in missing:
            if name in TRIGGERS:
                cursor.execute(f"CREATE TRIGGER {name} {TRIGGERS[name]}")
        cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")
    return True


def ensure_index_after_migrate(using: str, **kwargs: Any) -> None:
    """Django calls this after every `migrate`."""
    ensure_index(using)
