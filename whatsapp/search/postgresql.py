"""The same indexes on PostgreSQL: a table with a `tsvector` of each message, and for each of chats, contacts
and groups one with the folded names and an index of their trigrams.

A message's words are parted and folded by a function of ours, so that the same words are found as with FTS5:
PostgreSQL's own parser would take an address or a hyphenated word for one word. A `tsvector` has the words
of the body (weight A), the file's name (B) and the rest (C), between them those of the scope (D), over which
no phrase reaches. It must not be larger than a megabyte, or PostgreSQL would refuse the message: of each text
it has the beginning.
"""

from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connections, transaction

from whatsapp.database_parts import Part, differs, trigger
from whatsapp.search.language import LONGEST, MARKS
from whatsapp.search.names import APART, NAMES, index_of

MESSAGES, FILES = "whatsapp_message", "whatsapp_media"
INDEX = "whatsapp_message_fts"
WORDS, CUT, DOCUMENT = "whatsapp_words", "whatsapp_cut", "whatsapp_document"

# Characters. A phone writes 65,536 at the most; the worst ones take 4 bytes each.
LONGEST_BODY, LONGEST_OTHER = 100_000, 50_000

# Rules of Unicode for letters and case, whatever the database was made with.
UNICODE = 'COLLATE "und-x-icu"'


def prepare(using: str) -> None:
    """What a database needs before the indexes are made. Raises ImproperlyConfigured."""
    with connections[using].cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
        if encoding != "UTF8":
            raise ImproperlyConfigured(
                f"DATABASE_URL names a database whose encoding is {encoding}: it must be UTF8."
            )
        try:
            with transaction.atomic(using):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except ProgrammingError as error:
            raise ImproperlyConfigured(
                "DATABASE_URL names a database without the extension pg_trgm, which this user may not add: "
                "let one who may run CREATE EXTENSION pg_trgm in it."
            ) from error


def function(name: str, arguments: str, returns: str, body: str) -> Part:
    """One that always returns the same for the same. What it calls is found when it is made, not when it is
    called: whoever puts a dump back has no search path."""
    return Part(
        name,
        f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql IMMUTABLE PARALLEL SAFE "
        f"RETURN {body}",
    )


# Messages


def values(row: str) -> dict[str, str]:
    """column → its value, of a message that SQL calls `row`; the name of its file comes from elsewhere."""
    other = ", ".join(
        [
            f"CASE WHEN {row}.poll_name IS DISTINCT FROM {row}.body THEN {row}.poll_name END",
            "(SELECT string_agg(value, chr(10))"
            f" FROM jsonb_array_elements_text({array(row, 'poll_options')}))",
            f"{row}.location_name",
            f"{row}.location_address",
            "(SELECT string_agg(card ->> 'name', chr(10))"
            f" FROM jsonb_array_elements({array(row, 'contacts')}) AS card)",
        ]
    )
    scope = ", ".join(
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
    return {
        "body": f"{row}.body",
        "other": f"nullif(concat_ws(chr(10), {other}), '')",
        "scope": f"concat_ws(' ', {scope})",
    }


def array(row: str, column: str) -> str:
    return f"CASE jsonb_typeof({row}.{column}) WHEN 'array' THEN {row}.{column} ELSE '[]' END"


READ = (
    *("id", "body", "poll_name", "poll_options", "location_name", "location_address", "contacts"),
    *("account_id", "chat_id", "sender_id", "message_type", "from_me", "has_media", "is_starred"),
)
ADDED, NEW = values("added"), values("new")
MESSAGE_PARTS = (
    function(  # a `tsvector` leaves out words of more than 2 KB
        CUT,
        "text",
        "text",
        f"CASE WHEN length($1) <= {LONGEST} THEN $1 ELSE "
        f"regexp_replace($1, '(([[:alnum:]]{{100}}){{{LONGEST // 100}}})[[:alnum:]]+', '\\1', 'g') END",
    ),
    function(
        WORDS,
        "text",
        "text",
        f"{CUT}(regexp_replace(replace(regexp_replace("
        f"normalize(lower($1 {UNICODE}), NFD), '[{MARKS}]', '', 'g'), 'ς', 'σ') {UNICODE}, "
        "'[^[:alnum:]]+', ' ', 'g'))",
    ),
    function(
        DOCUMENT,
        "body text, filename text, other text, scope text",
        "tsvector",
        " || ".join(
            f"setweight(to_tsvector('simple', {text}), '{weight}')"
            for text, weight in (
                (f"coalesce(left({WORDS}(body), {LONGEST_BODY}), '')", "A"),
                ("scope", "D"),
                (f"coalesce(left({WORDS}(filename), {LONGEST_OTHER}), '')", "B"),
                (f"coalesce(left({WORDS}(other), {LONGEST_OTHER}), '')", "C"),
            )
        ),
    ),
    Part(
        INDEX,
        f"CREATE TABLE {INDEX} (rowid bigint PRIMARY KEY, body text, filename text, other text, "
        f"scope text NOT NULL, {INDEX} tsvector "
        f"GENERATED ALWAYS AS ({DOCUMENT}(body, filename, other, scope)) STORED)",
    ),
    Part(f"{INDEX}_words", f"CREATE INDEX {INDEX}_words ON {INDEX} USING gin ({INDEX})"),
    *trigger(
        f"{INDEX}_insert",
        MESSAGES,
        "INSERT",
        f"INSERT INTO {INDEX}(rowid, {', '.join(ADDED)}) SELECT id, {', '.join(ADDED.values())} FROM added;",
        rows="NEW TABLE AS added",
    ),
    *trigger(
        f"{INDEX}_delete",
        MESSAGES,
        "DELETE",
        f"DELETE FROM {INDEX} WHERE rowid IN (SELECT id FROM gone);",
        rows="OLD TABLE AS gone",
    ),
    *trigger(f"{INDEX}_truncate", MESSAGES, "TRUNCATE", f"TRUNCATE {INDEX};"),
    *trigger(
        f"{INDEX}_update",
        MESSAGES,
        f"UPDATE OF {', '.join(READ)}",
        f"UPDATE {INDEX} SET rowid = new.id, {', '.join(f'{name} = {value}' for name, value in NEW.items())} "
        "WHERE rowid = old.id;",
        when=differs(*READ),
    ),
    *trigger(
        f"{INDEX}_file_insert",
        FILES,
        "INSERT",
        f"UPDATE {INDEX} SET filename = new.original_filename WHERE rowid = new.message_id;",
        when="new.message_id IS NOT NULL AND new.original_filename IS NOT NULL",
    ),
    *trigger(
        f"{INDEX}_file_delete",
        FILES,
        "DELETE",
        f"UPDATE {INDEX} SET filename = NULL WHERE rowid = old.message_id;",
        when="old.message_id IS NOT NULL AND old.original_filename IS NOT NULL",
    ),
    *trigger(
        f"{INDEX}_file_update",
        FILES,
        "UPDATE OF message_id, original_filename",
        f"UPDATE {INDEX} SET filename = NULL WHERE rowid = old.message_id; "
        f"UPDATE {INDEX} SET filename = new.original_filename WHERE rowid = new.message_id;",
        when=differs("message_id", "original_filename"),
    ),
)
ALL = values("message")
FILL_MESSAGES = (
    f"INSERT INTO {INDEX}(rowid, filename, {', '.join(ALL)}) "
    f"SELECT message.id, file.original_filename, {', '.join(ALL.values())} "
    f"FROM {MESSAGES} AS message LEFT JOIN {FILES} AS file ON file.message_id = message.id"
)


# Names

# What Unicode calls combining, of the scripts that names are written in: Latin, Greek, Cyrillic, Hebrew,
# Arabic, Devanagari, Japanese, and of symbols.
COMBINING = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u093c\u094d\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20dc\u20e1\u20e5-\u20f0\u302a-\u302f"
    "\u3099\u309a\ufe20-\ufe2f"
)
CASEFOLD = {"ß": "ss", "ς": "σ"}  # what is the same in lower case, too


def folded(row: str, names: tuple[str, ...]) -> str:
    """What a row can be found by, as `names.fold_all` makes it."""
    texts = [*(f"nullif({row}.{name}, '')" for name in names), f"split_part({row}.jid, '@', 1)"]
    folded = (
        f"regexp_replace(normalize(lower(concat_ws(chr(10), {', '.join(texts)}) {UNICODE}), NFKD), "
        f"'[{COMBINING}]', '', 'g')"
    )
    for letter, plain in (APART | CASEFOLD).items():
        folded = f"replace({folded}, '{letter}', '{plain}')"
    return folded


def name_parts(table: str, names: tuple[str, ...]) -> tuple[Part, ...]:
    index = index_of(table)
    return (
        Part(index, f"CREATE TABLE {index} (rowid bigint PRIMARY KEY, text text NOT NULL)"),
        Part(f"{index}_trigrams", f"CREATE INDEX {index}_trigrams ON {index} USING gin (text gin_trgm_ops)"),
        *trigger(
            f"{index}_insert",
            table,
            "INSERT",
            f"INSERT INTO {index}(rowid, text) VALUES (new.id, {folded('new', names)});",
        ),
        *trigger(f"{index}_delete", table, "DELETE", f"DELETE FROM {index} WHERE rowid = old.id;"),
        *trigger(f"{index}_truncate", table, "TRUNCATE", f"TRUNCATE {index};"),
        *trigger(
            f"{index}_update",
            table,
            f"UPDATE OF {', '.join(('id', *names, 'jid'))}",
            f"UPDATE {index} SET rowid = new.id, text = {folded('new', names)} WHERE rowid = old.id;",
            when=differs("id", *names, "jid"),
        ),
    )


def fill_names(table: str) -> str:
    return (
        f"INSERT INTO {index_of(table)}(rowid, text) "
        f"SELECT named.id, {folded('named', NAMES[table])} FROM {table} AS named"
    )
