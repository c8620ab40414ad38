"""Waiting for what happens in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 20.0  # seconds; only a failing test waits so long


def eventually(look: Callable[[], Found | None], what: str = "", timeout: float = PATIENCE) -> Found:
    """What `look` returns once that is true. Fails the test, saying what was awaited, when it never is."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what or look}; last seen: {found!r}")
        time.sleep(0.02)
