"""The index of names: for each of chats, contacts and groups an FTS5 table of trigrams, with a row under the
same key that holds all that its row can be found by, folded.

SQLite does not fold diacritics in trigrams before 3.45, so the triggers call a function of ours, which every
connection of the hub has (`add_functions`). Whoever writes names over another connection is told that there
is no such function: better than names that are not found.
"""

import re
import unicodedata
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from whatsapp.database_parts import Part
from whatsapp.jids import InvalidJid, parse_jid

FOLD = "whatsapp_fold"

# table → columns with names; each has a JID besides, of which the user counts
NAMES = {
    "whatsapp_chat": ("name",),
    "whatsapp_contact": ("name", "business_name", "notify_name", "short_name"),
    "whatsapp_group": ("name",),
}

MOST_CHARACTERS = 200
MOST_WORDS = 16
NUMBER = re.compile(r"\+?[\d\s().\-–/]*\d[\d\s().\-–/]*")
SEPARATORS = re.compile(r"[^\d]")
WILD = re.compile(r"[\\%_]")  # in LIKE
TRIGRAM = 3  # characters; what is shorter is looked for in each name
# Letters that Unicode does not take apart.
APART = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
PLAIN = str.maketrans(APART)


def fold(text: str) -> str:
    """`text` without diacritics and differences of case: what people mean by the same name."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(PLAIN)


def fold_all(*texts: str | None) -> str:
    """The texts, folded, each in a line of its own."""
    return fold("\n".join(text for text in texts if text))


def add_functions(connection: Any, **kwargs: Any) -> None:
    """Django calls this for every new connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FOLD, -1, fold_all, deterministic=True)


# What it holds


def index_of(table: str) -> str:
    return f"{table}_names"


def value(row: str, names: tuple[str, ...]) -> str:
    user = f"substr({row}.jid, 1, instr({row}.jid, '@') - 1)"
    return f"{FOLD}({', '.join(f'{row}.{name}' for name in names)}, {user})"


def parts_of(table: str, names: tuple[str, ...]) -> tuple[Part, ...]:
    index, sources = index_of(table), ("id", *names, "jid")
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in sources)
    return (
        Part(
            index,
            f'CREATE VIRTUAL TABLE {index} USING fts5(text, tokenize="trigram case_sensitive 1")',
        ),
        Part(
            f"{index}_insert",
            f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN "
            f"INSERT INTO {index}(rowid, text) VALUES (new.id, {value('new', names)}); END",
        ),
        Part(
            f"{index}_delete",
            f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN "
            f"DELETE FROM {index} WHERE rowid = old.id; END",
        ),
        Part(
            f"{index}_update",
            f"CREATE TRIGGER {index}_update AFTER UPDATE OF {', '.join(sources)} ON {table} WHEN {changed} "
            f"BEGIN UPDATE {index} SET rowid = new.id, text = {value('new', names)} "
            "WHERE rowid = old.id; END",
        ),
    )


def fill(table: str) -> str:
    return (
        f"INSERT INTO {index_of(table)}(rowid, text) "
        f"SELECT named.id, {value('named', NAMES[table])} FROM {table} AS named ORDER BY named.id"
    )


# How it is asked


def found_by_name(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `rows` (chats, contacts or groups) that have each word of `text` in a name or in the JID's
    user; a word may be any part of a name. All of them when `text` is blank."""
    words = wanted(text)
    if not words:
        return rows if not text.strip() else rows.none()
    index = index_of(rows.model._meta.db_table)
    look_up = holding_on_postgresql if connections[rows.db].vendor == "postgresql" else holding
    conditions, values = look_up(words)
    statement = f"SELECT rowid FROM {index} WHERE {' AND '.join(conditions)}"
    found = RawSQL(statement, values)  # noqa: S611  # nosec B611  # what the user typed is in `values`
    return rows.filter(pk__in=found)


def holding(words: list[str]) -> tuple[list[str], list[str]]:
    """The conditions for a text to have each of the words, and their values."""
    # One MATCH alone: two with less than a trigram in the first (`GLOB '*ab*' AND …`) crash SQLite 3.40.
    long = [word for word in words if len(word) >= TRIGRAM]
    conditions, values = [], []
    if long:
        conditions.append("text MATCH %s")
        values.append(" AND ".join('"' + word.replace('"', '""') + '"' for word in long))
    for word in words:
        if word not in long:
            conditions.append("instr(text, %s) > 0")
            values.append(word)
    return conditions, values


def holding_on_postgresql(words: list[str]) -> tuple[list[str], list[str]]:
    return ["text LIKE %s"] * len(words), [f"%{WILD.sub(escaped, word)}%" for word in words]


def escaped(wild: re.Match[str]) -> str:
    return f"\\{wild.group()}"


def wanted(text: str) -> list[str]:
    """What a name must contain to be found by `text`: folded words, or the digits of a phone number."""
    text = text[:MOST_CHARACTERS].encode(errors="ignore").decode().replace("\0", " ").strip()
    if NUMBER.fullmatch(text):
        return [SEPARATORS.sub("", text)]
    words = [fold(user_of(word)) for word in text.split()[:MOST_WORDS]]
    return [word for word in dict.fromkeys(words) if word]


def user_of(word: str) -> str:
    """The user of a JID; any other word as it is."""
    try:
        return parse_jid(word).partition("@")[0] if "@" in word else word
    except InvalidJid:
        return word
