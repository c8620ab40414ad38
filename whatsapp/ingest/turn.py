"""Whose turn it is to write, among the threads that fill the inbox and empty it.

SQLite has one writer at a time, and lets whoever else wants to write sleep and try again, up to a tenth of a
second each time. The inbox is filled by many small transactions one after another, so without turns ingest
would sleep through the gaps between them: most of its time, measured at 500 events a second.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

_turn = threading.Lock()


@contextmanager
def turn_to_write() -> Iterator[None]:
    """A transaction, begun when no other thread of this process is in one of these."""
    with _turn, transaction.atomic():
        yield
