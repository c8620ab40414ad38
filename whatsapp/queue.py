"""The worker's queue: huey's own on SQLite, but those who wait for a task wait for news and don't poll.

huey would let an idle thread look every ten seconds at the worst. Here one thread of the process watches the
queue's file (`whatsapp.wakeup`), and a task begins within some ten milliseconds, whoever has queued it.
"""

import threading
from pathlib import Path
from typing import Any

from huey import Huey
from huey.storage import SqliteStorage

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
