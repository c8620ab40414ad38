"""What has come in, for whoever waits for something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

#: How long a person waits unless told otherwise, in seconds.
PATIENCE = 15.0

T = TypeVar("T")


class Inbox(Generic[T]):
    """Items in the order in which they came; any thread adds, any thread waits."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._items: list[T] = []
        self._news = threading.Condition()

    def add(self, item: T) -> None:
        """Something came."""
        with self._news:
            self._items.append(item)
            self._news.notify_all()

    def contents(self) -> list[T]:
        """Everything so far."""
        with self._news:
            return list(self._items)

    def clear(self) -> None:
        """Forgets what came so far."""
        with self._news:
            self._items.clear()

    def wait_for(self, wanted: Callable[[T], Any], timeout: float, what: str) -> T:
        """The first item that is wanted, also among those that came before; TimeoutError if none comes."""
        deadline, seen = time.monotonic() + timeout, 0
        with self._news:
            while True:
                for item in self._items[seen:]:
                    if wanted(item):
                        return item
                seen = len(self._items)
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    last = self._items[-5:]
                    waited = f"{self._owner} waited {timeout:g} seconds for a {what}"
                    raise TimeoutError(f"{waited}; last came {last}")
