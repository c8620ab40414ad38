"""Counts that all web processes share, so that together they allow no more than the limit.

They are in a table in a file that each process of a machine maps into its memory: a count costs some
microseconds. A place in the table is found by a keyed digest of the count's name, so nobody can choose whose
place their own counts take. Where all places are taken, the smallest count has to go.

With REDIS_URL they are in Redis, by the same digests, for the processes of all machines. While Redis is away,
the hub goes on and each machine counts for itself, in its table.
"""

import fcntl
import hashlib
import mmap
import struct
import threading
import time
from functools import cache, partial

from django.conf import settings

from whatsapp import mapped, redis_server

ENTRY = struct.Struct("<16sII")  # digest of the name, Unix second at which it ends, count
SHELF = 8  # places that a name may have
SHELVES = 8192
SIZE = SHELVES * SHELF * ENTRY.size


class Table:
    """The file, mapped. Whoever writes has a lock on it: other processes wait, and threads of this one."""

    def __init__(self) -> None:
        self._file = mapped.reserved(settings.DATA_DIR / "counts", SIZE)
        self._places = mmap.mmap(self._file, SIZE)
        self._lock = threading.Lock()

    def clear(self) -> None:
        self._places[:] = bytes(SIZE)

    def count(self, digest: bytes, seconds: int, by: int) -> int:
        """The count of that name and `by` more; it begins anew `seconds` after its first."""
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


def digest_of(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16, key=settings.SECRET_KEY.encode()[:64]).digest()


def add_one(name: str, seconds: int) -> int:
    """The count of that name, with this one; it begins anew `seconds` after its first."""
    return counted(digest_of(name), seconds, 1)


def of(name: str) -> int:
    """The count of that name; 0 when there is none, or its time is over."""
    return counted(digest_of(name), 0, 0)


def clear() -> None:
    """Forgets all counts."""
    table().clear()
    if settings.REDIS_URL:
        redis = redis_server.client()
        for key in redis_server.ask(lambda: list(redis.scan_iter(f"{key_of(b'')}*"))):
            redis_server.ask(partial(redis.delete, key))


def counted(digest: bytes, seconds: int, by: int) -> int:
    if settings.REDIS_URL:
        try:
            return redis_server.ask(partial(counted_by_redis, key_of(digest), seconds, by))
        except redis_server.Unreachable:
            return table().count(digest, seconds, by)  # why has been logged
    return table().count(digest, seconds, by)


def counted_by_redis(key: str, seconds: int, by: int) -> int:
    """The same as the table does it, in one step and one journey."""
    redis = redis_server.client()
    if not by:
        return int(redis.get(key) or 0)
    with redis.pipeline(transaction=True) as steps:
        steps.set(key, 0, ex=seconds, nx=True)
        steps.incrby(key, by)
        return int(steps.execute()[-1])


def key_of(digest: bytes) -> str:
    return f"{redis_server.own_name()}:count:{digest.hex()}"
