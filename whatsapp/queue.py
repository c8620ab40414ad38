"""The worker's queue: huey's own, but a task begins at once, and a queue that is away is waited for.

On SQLite huey would let an idle thread look every ten seconds at the worst. Here one thread of the process
watches the queue's file (`whatsapp.wakeup`), and a task begins within some ten milliseconds, whoever has
queued it. With REDIS_URL the queue is in Redis, the same for the workers of all machines; threads wait there
until there is a task.

The queue holds nothing but hints: what is to be done is in the database. So a task that can't be queued is
left out, and its turn comes again, by the dispatcher of webhooks or by the clock.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from huey import Huey
from huey.storage import RedisStorage, SqliteStorage

from whatsapp import redis_server
from whatsapp.redis_server import Unreachable
from whatsapp.wakeup import Watch

WAIT_SECONDS = 1.0  # a thread that is to end looks up so often


class PromptStorage(SqliteStorage):
    blocking = True  # huey then leaves the waiting to `dequeue`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._watch: Watch | None = None
        self._watch_lock = threading.Lock()
        super().__init__(*args, **kwargs)

    def _create_connection(self) -> Any:
        """Doesn't wait for the disk at each task: what a power cut takes, the hub's own rows still know."""
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        super().enqueue(data, priority)
        if self._watch is not None:
            self._watch.tell()

    def dequeue(self) -> bytes | None:
        """The next task; None when none has come for a while."""
        watch = self._watching()
        seen = watch.seen
        found: bytes | None = super().dequeue()
        if found is None:
            watch.wait(seen, WAIT_SECONDS)
            found = super().dequeue()
        return found

    def _watching(self) -> Watch:
        with self._watch_lock:
            if self._watch is None:
                self._watch = Watch(Path(self.filename))
            return self._watch


class PromptHuey(Huey):
    storage_class = PromptStorage


class SharedStorage(RedisStorage):
    """In the Redis of REDIS_URL, apart from other hubs' there. While it is away there are no tasks, and what
    huey asks about one that is under way is answered as if nothing was known of it."""

    def __init__(self, name: str) -> None:
        pool = redis_server.client().connection_pool
        super().__init__(f"{redis_server.own_name()}:{name}", connection_pool=pool, clean_name=False)

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        answer_or(None, lambda: self.conn.lpush(self.queue_key, data))

    def dequeue(self) -> bytes | None:
        """The next task; None when none has come for a while."""
        try:
            found = redis_server.ask(lambda: self.conn.brpop([self.queue_key], timeout=WAIT_SECONDS))
        except Unreachable:
            time.sleep(WAIT_SECONDS)
            return None
        return found[1] if found else None

    def read_schedule(self, ts: Any) -> list[bytes]:
        return answer_or([], partial(super().read_schedule, ts))

    def put_data(self, key: Any, value: Any, is_result: bool = False) -> None:
        answer_or(None, partial(super().put_data, key, value, is_result))

    def peek_many(self, keys: Any) -> dict[Any, bytes]:
        return answer_or({}, partial(super().peek_many, keys))

    def delete_data(self, key: Any) -> bool:
        return answer_or(False, partial(super().delete_data, key))

    def queue_size(self) -> int:
        """Raises Unreachable."""
        size: int = redis_server.ask(super().queue_size)
        return size


Answer = TypeVar("Answer")


def answer_or(otherwise: Answer, question: Callable[[], Any]) -> Answer:
    """What Redis answers, or `otherwise` where it can't be reached, which has been logged."""
    try:
        answer: Answer = redis_server.ask(question)
    except Unreachable:
        return otherwise
    return answer


class SharedHuey(Huey):
    storage_class = SharedStorage


def number_waiting() -> int | None:
    """How many tasks wait for a thread of a worker; None when the queue can't be reached."""
    from huey.contrib.djhuey import HUEY  # it makes the queue from this module

    try:
        number: int = HUEY.storage.queue_size()
    except (Unreachable, sqlite3.Error):
        return None
    return number
