"""Counts that all web processes of this machine share: a table in a file that each maps into its memory.

A count costs some microseconds, and no process gets more than its part of a limit. A place in the table is
found by a keyed digest of the count's name, so nobody can choose whose place their own counts take. Where all
places are taken, the smallest count has to go.
"""

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
from functools import cache

from django.conf import settings

ENTRY = struct.Struct("<16sII")  # digest of the name, Unix second at which it ends, count
SHELF = 8  # places that a name may have
SHELVES = 8192
SIZE = SHELVES * SHELF * ENTRY.size


class Table:
    """The file, mapped. Whoever writes has a lock on it: other processes wait, and threads of this one."""

    def __init__(self) -> None:
        self._key = settings.SECRET_KEY.encode()[:64]
        self._file = os.open(settings.DATA_DIR / "counts", os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, SIZE)
        self._places = mmap.mmap(self._file, SIZE)
        self._lock = threading.Lock()

    def clear(self) -> None:
        self._places[:] = bytes(SIZE)

    def count(self, name: str, seconds: int, by: int) -> int:
        """The count of that name and `by` more; it begins anew `seconds` after its first."""
        digest = hashlib.blake2b(name.encode(), digest_size=16, key=self._key).digest()
        first = int.from_bytes(digest[:4], "little") % SHELVES * SHELF * ENTRY.size
        now = int(time.time())
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                return self._count(first, digest, now, seconds, by)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _count(self, first: int, digest: bytes, now: int, seconds: int, by: int) -> int:
        place, smallest = first, None
        shelf = self._places[first : first + SHELF * ENTRY.size]
        for offset, (found, until, number) in enumerate(ENTRY.iter_unpack(shelf)):
            worth = number if until > now else 0
            if found == digest and worth:
                at = first + offset * ENTRY.size
                self._places[at : at + ENTRY.size] = ENTRY.pack(digest, until, number + by)
                return int(number) + by
            if smallest is None or worth < smallest:
                place, smallest = first + offset * ENTRY.size, worth
        if by:
            self._places[place : place + ENTRY.size] = ENTRY.pack(digest, now + seconds, by)
        return by


@cache
def table() -> Table:
    return Table()


def add_one(name: str, seconds: int) -> int:
    """The count of that name, with this one; it begins anew `seconds` after its first."""
    return table().count(name, seconds, 1)


def of(name: str) -> int:
    """The count of that name; 0 when there is none, or its time is over."""
    return table().count(name, 0, 0)
