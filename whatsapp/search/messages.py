"""The index of messages' texts: an FTS5 table with a row for each message, under the message's own key.

Its columns are what people look in (the body with captions; the file's name; the options of a poll, the names
of a place and of shared contacts) and `scope`, which holds words that say of the message what a search can be
narrowed by. So the index alone finds, counts and pages: however many messages have a word, none of them is
looked at but those of the page.

The index holds a copy of the texts. The other ways that FTS5 knows want to be told the old texts word by word
when something changes, which no trigger can do whose message and file are in two tables, and what is told
wrongly damages the index.
"""

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, FloatField, Func, Lookup, QuerySet, TextField, Value

from whatsapp.database_parts import Part
from whatsapp.search.language import to_fts5, to_tsquery

MESSAGES, FILES = "whatsapp_message", "whatsapp_media"
INDEX = "whatsapp_message_fts"

TEXTS = ("body", "filename", "other")
SCOPE = "scope"
# How much a hit counts in each column: a place or a poll's option less than what somebody wrote.
# They are PostgreSQL's weights A to D, too.
WEIGHTS = (1.0, 1.0, 0.5, 0.0)

# How many of the newest hits are looked at to find the best ones.
MOST_RANKED = 20_000

if TYPE_CHECKING:
    AnyLookup = Lookup[Any]
else:
    AnyLookup = Lookup  # Django's own can't be subscripted


# What it holds


def values(row: str) -> dict[str, str]:
    """column → its value, of a message that SQL calls `row`; the name of its file comes from elsewhere."""
    texts = [
        f"CASE WHEN {row}.poll_name IS NOT {row}.body THEN {row}.poll_name END",
        f"(SELECT group_concat(value, char(10)) FROM json_each({row}.poll_options))",
        f"{row}.location_name",
        f"{row}.location_address",
        "(SELECT group_concat(json_extract(card.value, '$.name'), char(10))"
        f" FROM json_each({row}.contacts) AS card WHERE card.type = 'object')",
    ]
    other = " || ".join(f"coalesce({text} || char(10), '')" for text in texts)
    scope = " || ' ' || ".join(
        [
            f"'a' || {row}.account_id",
            f"'c' || {row}.chat_id",
            f"'s' || {row}.sender_id",
            f"'t' || replace({row}.message_type, '_', '')",
            f"CASE WHEN {row}.from_me THEN 'mine' ELSE 'theirs' END",
            f"CASE WHEN {row}.has_media THEN 'file' ELSE 'bare' END",
            f"CASE WHEN {row}.is_starred THEN 'starred' ELSE 'plain' END",
        ]
    )
    return {"body": f"{row}.body", "other": f"nullif(rtrim({other}, char(10)), '')", SCOPE: scope}


READ = (
    *("id", "body", "poll_name", "poll_options", "location_name", "location_address", "contacts"),
    *("account_id", "chat_id", "sender_id", "message_type", "from_me", "has_media", "is_starred"),
)
SOURCES = {MESSAGES: READ, FILES: ("message_id", "original_filename")}
NEW = values("new")
CHANGED = " OR ".join(f"old.{column} IS NOT new.{column}" for column in READ)
ASSIGNED = ", ".join(f"{column} = {value}" for column, value in NEW.items())
TABLE_VALUES = values("message")

# Without indexes of prefixes, a letter and a star would go through all words that begin with it: 1.5 s for a
# million messages. Longer beginnings have few words each.
# A file's row is written after its message's. No trigger reads another table of Django's: SQLite refuses to
# rename a table while a trigger names one that is not there, and Django renames to change a table.
PARTS = (
    Part(
        INDEX,
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5("
        f"{', '.join(TEXTS)}, {SCOPE}, tokenize=\"unicode61 remove_diacritics 2\", prefix='1 2')",
    ),
    Part(
        f"{INDEX}_insert",
        f"CREATE TRIGGER {INDEX}_insert AFTER INSERT ON {MESSAGES} BEGIN "
        f"INSERT INTO {INDEX}(rowid, {', '.join(NEW)}) VALUES (new.id, {', '.join(NEW.values())}); END",
    ),
    Part(
        f"{INDEX}_delete",
        f"CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {MESSAGES} BEGIN "
        f"DELETE FROM {INDEX} WHERE rowid = old.id; END",
    ),
    Part(
        f"{INDEX}_update",
        f"CREATE TRIGGER {INDEX}_update AFTER UPDATE OF {', '.join(READ)} ON {MESSAGES} WHEN {CHANGED} "
        f"BEGIN UPDATE {INDEX} SET rowid = new.id, {ASSIGNED} WHERE rowid = old.id; END",
    ),
    Part(
        f"{INDEX}_file_insert",
        f"CREATE TRIGGER {INDEX}_file_insert AFTER INSERT ON {FILES} "
        f"WHEN new.message_id IS NOT NULL AND new.original_filename IS NOT NULL BEGIN "
        f"UPDATE {INDEX} SET filename = new.original_filename WHERE rowid = new.message_id; END",
    ),
    Part(
        f"{INDEX}_file_delete",
        f"CREATE TRIGGER {INDEX}_file_delete AFTER DELETE ON {FILES} "
        f"WHEN old.message_id IS NOT NULL AND old.original_filename IS NOT NULL BEGIN "
        f"UPDATE {INDEX} SET filename = NULL WHERE rowid = old.message_id; END",
    ),
    Part(
        f"{INDEX}_file_update",
        f"CREATE TRIGGER {INDEX}_file_update AFTER UPDATE OF message_id, original_filename ON {FILES} "
        f"WHEN old.message_id IS NOT new.message_id OR old.original_filename IS NOT new.original_filename "
        f"BEGIN UPDATE {INDEX} SET filename = NULL WHERE rowid = old.message_id; "
        f"UPDATE {INDEX} SET filename = new.original_filename WHERE rowid = new.message_id; END",
    ),
)
FILL = (
    f"INSERT INTO {INDEX}(rowid, filename, {', '.join(TABLE_VALUES)}) "
    f"SELECT message.id, file.original_filename, {', '.join(TABLE_VALUES.values())} "
    f"FROM {MESSAGES} AS message LEFT JOIN {FILES} AS file ON file.message_id = message.id "
    "ORDER BY message.id"
)


# How it is asked


@TextField.register_lookup
class FullTextMatch(AnyLookup):
    """`row__fts="…"` and `scope__fts="…"` on the index, in the engine's syntax: of the whole row or a
    column. On PostgreSQL the column with all words is asked, whose weights tell the columns apart."""

    lookup_name = "fts"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} MATCH {right}", (*left_params, *right_params)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        right, right_params = self.process_rhs(compiler, connection)
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        return f"{table}.{INDEX} @@ {right}::tsquery", tuple(right_params)


def search(messages: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `messages`, of whatever conditions, that `text` finds; to be ordered by `newest_first`.

    Each hit is looked up among the messages; `MessageIndex.objects.holding` does without that.
    """
    query = in_texts(text)
    return messages.filter(index__row__fts=query) if query else messages.none()


def newest_first() -> str:
    """What to order found messages by, so that the index gives them in that order without sorting."""
    return "-index__message_id"


def in_texts(text: str) -> str | None:
    """The engine's syntax for `text` in the columns that people look in; None when there is nothing to look
    for."""
    if is_postgresql():
        return to_tsquery(text)
    query = to_fts5(text)
    return f"{{{' '.join(TEXTS)}}} : ({query})" if query else None


def in_scope(*words: str) -> str:
    """The engine's syntax for messages whose scope has one of these words."""
    if is_postgresql():
        return " | ".join(f"'{word}':D" for word in words)
    return " OR ".join(f'"{word}"' for word in words)


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


class Rank(Func):
    """How well a hit fits, the lowest best: BM25 of the index's `row`, and PostgreSQL's own measure."""

    output_field = FloatField()

    def __init__(self, query: str) -> None:
        super().__init__(F("row"), Value(query))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        row, parameters = compiler.compile(self.source_expressions[0])
        return f"bm25({row}, {', '.join(map(str, WEIGHTS))})", parameters

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        (row, first), (query, last) = map(compiler.compile, self.source_expressions)
        weights = ", ".join(map(str, reversed(WEIGHTS)))
        return f"-ts_rank('{{{weights}}}', {row}, {query}::tsquery)", (*first, *last)


def best_first(hits: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The newest MOST_RANKED of `hits`, rows of the index that `text` finds; what fits best comes first,
    newer before older.

    To rank a hit costs a look-up of its own, so their number is bounded.
    """
    query = in_texts(text)
    if query is None:
        return hits.order_by("-pk")
    last = hits.order_by("-pk").values_list("pk", flat=True)[MOST_RANKED - 1 : MOST_RANKED]
    oldest = next(iter(last), None)
    ranked = hits if oldest is None else hits.filter(pk__gte=oldest)
    return ranked.order_by(Rank(query), "-pk")
