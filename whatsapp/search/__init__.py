"""Search: messages by full text, and chats, contacts and groups by name.

    language    what people type, in the engine's own syntax: FTS5's or PostgreSQL's
    messages    the index of messages' texts: what it holds on SQLite, and how it is asked
    snippets    the place of a hit, marked; `marking` does it where the database doesn't
    names       the index of names: what it holds on SQLite, and how it is asked
    postgresql  what both hold on PostgreSQL
    keeping     makes the indexes, and keeps them whole through migrations

All SQL that only one of the two understands is in here.
"""

from whatsapp.search.keeping import after_migrate, before_migrate, broken_parts, drop_triggers, ensure_index
from whatsapp.search.language import to_fts5, words_of
from whatsapp.search.messages import best_first, newest_first, search
from whatsapp.search.names import found_by_name

__all__ = [
    "after_migrate",
    "before_migrate",
    "best_first",
    "broken_parts",
    "drop_triggers",
    "ensure_index",
    "found_by_name",
    "newest_first",
    "search",
    "to_fts5",
    "words_of",
]
