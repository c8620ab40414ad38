"""Django's SQLite, whose writers look often whether it is their turn.

SQLite has one writer at a time. Whoever else wants to write sleeps, longer each time and up to a tenth of a
second, and wakes up to find that another one was quicker: beside processes that write often, some wait for
seconds. Here SQLite itself doesn't wait, and a statement that found another writer is tried again every half
millisecond.
"""

import sqlite3
import time
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

PAUSE_SECONDS = 0.0005
PATIENCE_SECONDS = 20.0  # then the statement fails

# Another one writes; not those codes that mean that this transaction can't write any more.
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)


@lru_cache(maxsize=512)
def with_question_marks(query: str) -> str:
    """The statement with SQLite's placeholders in place of Django's; they are few, and asked often."""
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class PatientCursor(base.SQLiteCursorWrapper):
    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is not None:
            return super().convert_query(query, param_names=param_names)
        return with_question_marks(query)

    def execute(self, query: str, params: Any = None) -> Any:
        until: float | None = None
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                now = time.monotonic()
                until = until or now + PATIENCE_SECONDS
                if error.sqlite_errorcode not in BUSY or now >= until:
                    raise
                time.sleep(PAUSE_SECONDS)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: Any) -> Any:
        """One is made with SQLite's own patience: after a crash, the first one mends what was left."""
        made = super().get_new_connection(conn_params)
        made.execute("PRAGMA busy_timeout = 0")
        return made

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=PatientCursor)
