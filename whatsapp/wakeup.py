"""News: tells waiting threads that someone has written to the database. Never says what, and is never the
only copy of anything; whoever wakes up reads the tables.

On SQLite one thread a process watches `PRAGMA data_version`, which changes with every commit of any other
connection, of this process or another. It looks now and then by itself, and at once when whoever has written
says so (`nudge`): each watching process has a socket in a folder beside the database for that.

A PostgreSQL may have processes on several machines. There `nudge` sends a message, and one thread a process
hears it (`whatsapp.news`): by Redis where REDIS_URL is set, else by the database itself.
"""

import contextlib
import logging
import os
import select
import socket
import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from whatsapp import news
from whatsapp.news import News, PostgresChannel, RedisChannel

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.02
LOOK_WITHOUT_WATCH_SECONDS = 0.1


class Watch(News):
    """The changes that were seen of a SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._nudges = _listen(path)
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
                self.tell()
            self._sleep()

    def _sleep(self) -> None:
        """Until it is time to look again."""
        if select.select([self._nudges], [], [], LOOK_SECONDS)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._nudges.recv(1)


def _listen(path: Path) -> socket.socket:
    """The socket by which the watch of the database at `path` is nudged."""
    folder = _folder(path)
    folder.mkdir(mode=0o700, exist_ok=True)
    nudges = _datagrams()
    with _opened(folder) as here:
        nudges.bind(f"{here}/{os.getpid()}-{time.monotonic_ns()}")
    return nudges


def _datagrams() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)


def _folder(path: Path) -> Path:
    return path.with_name(f"{path.name}-news")


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[str]:
    """A name of the folder that is short enough for the address of a socket in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def nudge() -> None:
    """Lets all who wait for news look at once. For whoever has just committed; nothing depends on it."""
    path = _path()
    if path is not None:
        _nudge_watches(path)
    elif connection.vendor == "postgresql":
        news.publish() if settings.REDIS_URL else news.notify()


def _nudge_watches(path: Path) -> None:
    if not _folder(path).is_dir():
        return  # nobody watches
    with _opened(_folder(path)) as here, _datagrams() as nudger:
        for address in Path(here).iterdir():
            try:
                nudger.sendto(b"!", str(address))
            except BlockingIOError:
                continue  # it has many to read already
            except FileNotFoundError:
                continue  # another process has just swept it away
            except ConnectionRefusedError:
                address.unlink(missing_ok=True)  # of a process that is no more


_watches: dict[Hashable, News] = {}
_lock = threading.Lock()


def _watch() -> News | None:
    """This process's news of the database that Django uses now; None where there is none to be had."""
    path = _path()
    if path is None and connection.vendor != "postgresql":
        return None
    database = connection.settings_dict
    place = path or (database["HOST"], database["PORT"], database["NAME"])
    with _lock:
        if place not in _watches:
            _watches[place] = _made(path)
        return _watches[place]


def _made(path: Path | None) -> News:
    if path is not None:
        return Watch(path)
    return RedisChannel() if settings.REDIS_URL else PostgresChannel()


def close() -> None:
    """Ends this process's connections for news. Before a database is deleted, for one."""
    with _lock:
        for place, watch in list(_watches.items()):
            if isinstance(watch, news.Channel):
                watch.close()
                del _watches[place]


def _path() -> Path | None:
    """The file of the database that Django uses now; None where there is none to be watched."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name == ":memory:" or "mode=memory" in name:
        return None
    return Path(name)


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


@contextlib.contextmanager
def heard_by(listener: threading.Event) -> Iterator[float]:
    """Lets `listener` be set whenever there is news, as long as the block lasts. Gives how long it is worth
    waiting for that, in seconds: where there is never any, only a moment. News that is to come by messages
    comes every moment while these can't be heard."""
    watch = _watch()
    if watch is None:
        yield LOOK_WITHOUT_WATCH_SECONDS
        return
    with watch.heard_by(listener):
        yield threading.TIMEOUT_MAX
