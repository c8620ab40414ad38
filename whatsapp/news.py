"""What a process hears of what others have written: that there is something, never what.

On PostgreSQL that comes by LISTEN and NOTIFY, with REDIS_URL by a channel of Redis's. `whatsapp.wakeup` has
what SQLite offers, and knows which of them it is.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

from django.db import Error, connection

from whatsapp import redis_server

log = logging.getLogger(__name__)

CHANNEL = "whatsapp_hub"  # of the database's
GUESS_SECONDS = 0.1  # how often those who wait look by themselves while nothing can be heard
QUIET_SECONDS = 2.0  # after so long without a message they look, too: whoever wrote may not have said so
RETRY_SECONDS = 0.5


class News:
    """Counts the changes that were seen, and wakes who waits for them."""

    def __init__(self) -> None:
        self.seen = 0
        self._changed = threading.Condition()
        self._listeners: set[threading.Event] = set()

    def tell(self) -> None:
        """Wakes all who wait."""
        with self._changed:
            self.seen += 1
            self._changed.notify_all()
            for listener in self._listeners:
                listener.set()

    @contextlib.contextmanager
    def heard_by(self, listener: threading.Event) -> Iterator[None]:
        """Sets `listener` whenever something has changed, as long as the block lasts."""
        with self._changed:
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._changed:
                self._listeners.discard(listener)

    def wait(self, seen: int, timeout: float) -> int:
        """Returns the count once it is past `seen`, or when `timeout` seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self.seen != seen, timeout)
            return self.seen


class Channel(News):
    """Changes that are told by messages, which a thread of its own hears.

    While it can't hear any, another thread tells every moment that there may be something: nobody misses
    anything by a lost connection, and it is made again as soon as that can be done.
    """

    troubles: tuple[type[Exception], ...] = (OSError,)  # that are to be expected

    def __init__(self) -> None:
        super().__init__()
        self._is_deaf = threading.Event()
        self._is_deaf.set()
        self._closing = threading.Event()
        self._has_warned = False
        self._threads = [
            threading.Thread(target=self._listen, name="news", daemon=True),
            threading.Thread(target=self._guess, name="news, unheard", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_heard(self) -> bool:
        return not self._is_deaf.is_set()

    def close(self) -> None:
        """Ends it, and its connection. Who waits for it then waits in vain."""
        self._closing.set()
        self._is_deaf.set()
        for thread in self._threads:
            thread.join(2 * QUIET_SECONDS)

    def messages(self) -> Iterator[None]:
        """Connects; gives something once it hears, at each message, and when it was quiet for long."""
        raise NotImplementedError(f"{type(self).__name__} must say what it hears")

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                for _ in self.messages():
                    self._note_heard()
                    self.tell()
                    if self._closing.is_set():
                        break
            except Exception as error:  # the thread must not end: all who wait rely on it
                self._note_loss(error)
            self._closing.wait(RETRY_SECONDS)

    def _guess(self) -> None:
        while not self._closing.is_set():
            self._is_deaf.wait()
            self.tell()
            self._closing.wait(GUESS_SECONDS)

    def _note_heard(self) -> None:
        if self._is_deaf.is_set() and not self._closing.is_set():
            self._is_deaf.clear()
            if self._has_warned:
                log.info("Wake-ups are heard again")
            self._has_warned = False

    def _note_loss(self, error: Exception) -> None:
        self._is_deaf.set()
        if not self._has_warned:
            log.warning(
                "Wake-ups can't be heard, looking every %s seconds until they can: %s",
                GUESS_SECONDS,
                error,
                exc_info=None if isinstance(error, self.troubles) else error,
            )
        self._has_warned = True


class PostgresChannel(Channel):
    """NOTIFY of the database that Django uses, on a connection beside Django's."""

    def __init__(self) -> None:
        database: Any = connection
        self._driver = database.Database  # which is loaded where this is the database, and nowhere else
        self._parameters = database.get_connection_params()
        self.troubles = (OSError, self._driver.Error)
        super().__init__()

    def messages(self) -> Iterator[None]:
        with contextlib.closing(self._driver.connect(**self._parameters, autocommit=True)) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            yield
            while True:
                # Several that came at once are one piece of news.
                list(listening.notifies(timeout=QUIET_SECONDS, stop_after=1))
                yield


class RedisChannel(Channel):
    def __init__(self) -> None:
        self.troubles = (OSError, redis_server.errors())
        super().__init__()

    def messages(self) -> Iterator[None]:
        with redis_server.client().pubsub() as listening:
            listening.subscribe(redis_server.own_name())
            if listening.get_message(timeout=redis_server.ANSWER_SECONDS) is None:
                raise redis_server.errors()("it did not confirm the subscription in time")
            yield
            while True:
                listening.get_message(timeout=QUIET_SECONDS)
                yield


def notify() -> None:
    """Tells all processes that use this database: at once, or in a transaction when that is committed."""
    try:
        with connection.wrap_database_errors:
            connection.ensure_connection()
            connection.connection.execute(f"NOTIFY {CHANNEL}")
    except Error as error:
        log.warning("Nobody could be woken, they find what was written a moment later: %s", error)


def publish() -> None:
    """Tells all processes of this hub."""
    # Where it can't be reached that has been logged, and who can't hear looks often.
    with contextlib.suppress(redis_server.Unreachable):
        redis_server.ask(lambda: redis_server.client().publish(redis_server.own_name(), b""))
