"""News: tells waiting threads that someone has written to the database. Never says what, and is never the
only copy of anything; whoever wakes up reads the tables.

On SQLite one thread a process watches `PRAGMA data_version`, which changes with every commit of any other
connection, of this process or another. Elsewhere waiting threads look every moment by themselves.
"""

import logging
import sqlite3
import threading
import time
from pathlib import Path

from django.db import connection

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.01
LOOK_WITHOUT_WATCH_SECONDS = 0.1


class Watch:
    """Counts the changes that were seen of a SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._look, name="news", daemon=True).start()

    def _look(self) -> None:
        """Ends when the file can't be read any more; the waiting then fall back on their time limit."""
        database = sqlite3.connect(self.path, isolation_level=None)
        version = None
        while True:
            try:
                (now,) = database.execute("PRAGMA data_version").fetchone()
            except sqlite3.OperationalError as error:
                log.debug("The database can't be watched at the moment: %s", error)
                now = version
            if now != version:
                version = now
                with self._changed:
                    self.seen += 1
                    self._changed.notify_all()
            time.sleep(LOOK_SECONDS)

    def tell(self) -> None:
        """Wakes the waiting at once, for whoever has just written in this process."""
        with self._changed:
            self.seen += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> int:
        """Returns the count once it is past `seen`, or when `timeout` seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self.seen != seen, timeout)
            return self.seen


_watches: dict[str, Watch] = {}
_lock = threading.Lock()


def _watch() -> Watch | None:
    """This process's watch of the database that Django uses now; None where it can't be watched."""
    path = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or path == ":memory:" or "mode=memory" in path:
        return None
    with _lock:
        if path not in _watches:
            _watches[path] = Watch(Path(path))
        return _watches[path]


def now() -> int:
    """A number to give to `wait`: what is written from here on counts as news."""
    watch = _watch()
    return watch.seen if watch else 0


def wait(seen: int, timeout: float) -> int:
    """Waits for news since `seen`, `timeout` seconds at most. Returns the next `seen`."""
    watch = _watch()
    if watch is not None:
        return watch.wait(seen, timeout)
    time.sleep(min(timeout, LOOK_WITHOUT_WATCH_SECONDS))
    return seen
