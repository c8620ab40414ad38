"""A file that events are put into before anything else: the fastest way to have them.

neonize queues up to a hundred events that WhatsApp thinks we have, and what is in that queue dies with the
process. So the callback must be done before the next event comes. Appending to a file takes microseconds,
waits for no lock, and what is written outlives the process; the database follows within milliseconds.
"""

import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# size of the data, kind of event, Unix milliseconds, sequence, CRC-32 of the data
HEADER = struct.Struct("<IHQQI")

DAMAGED = 0  # no kind of event
MOST_LOOKED_AT = 20_000  # events, to count those that wait: some milliseconds


@dataclass(frozen=True, slots=True)
class Spooled:
    """One event in the spool. Sequences only grow, over restarts too; `end` is where it ends in the file.

    One that the disk has damaged has what is left of it for its data, and `DAMAGED` for its code where that
    can't be known.
    """

    code: int
    received_at: int
    sequence: int
    data: bytes
    end: int
    is_whole: bool = True


def number_waiting(path: Path, after: int, most: int) -> int:
    """How many events the spool at `path` has after the sequence `after`, `most` at the most. For whoever
    looks on: it reads no data, and waits for nobody."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    found = start = 0
    try:
        for _ in range(MOST_LOOKED_AT):
            header = os.pread(file, HEADER.size, start)
            if len(header) < HEADER.size or found == most:
                break
            size, _, _, sequence, _ = HEADER.unpack(header)
            start += HEADER.size + size
            found += sequence > after
    finally:
        os.close(file)
    return found


class Spool:
    """An append-only file of events. One thread at a time appends, another takes out.

    `after` is a sequence that was given already, when the file doesn't show it any more: those to come are
    higher, whatever the clock says by now.
    """

    def __init__(self, path: Path, after: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._taken = 0  # how far the file has been taken out
        last = 0
        end = 0
        for event in self._read(0):
            last, end = event.sequence, event.end
        os.ftruncate(self._file, end)  # what a dying process had not finished
        self._end = end
        self._sequence = max(last, after)

    def append(self, code: int, data: bytes) -> None:
        """Adds an event. Raises OSError, and leaves nothing behind, when it can't be written."""
        now = time.time_ns()
        with self._lock:
            sequence = max(self._sequence + 1, now)
            header = HEADER.pack(len(data), code, now // 1_000_000, sequence, zlib.crc32(data))
            record = header + data
            try:
                written = os.write(self._file, record)
                if written < len(record):
                    raise OSError(f"only {written} of {len(record)} bytes were written")
            except OSError:
                os.ftruncate(self._file, self._end)
                raise
            self._end += len(record)
            self._sequence = sequence

    def waiting(self, limit: int) -> list[Spooled]:
        """The oldest events that have not been taken out, at most `limit`."""
        found: list[Spooled] = []
        for event in self._read(self._taken):
            found.append(event)
            if len(found) == limit:
                break
        return found

    def take_out(self, event: Spooled) -> None:
        """Forgets the events up to this one."""
        with self._lock:
            self._taken = event.end
            if self._taken == self._end:
                os.ftruncate(self._file, 0)
                self._taken = self._end = 0

    def close(self) -> None:
        os.close(self._file)

    def _read(self, start: int) -> Iterator[Spooled]:
        """The events from `start` on, damaged ones among them. Stops where one is cut short that nothing
        follows."""
        while True:
            event = self._whole_at(start) or self._damaged_at(start)
            if event is None:
                return
            start = event.end
            yield event

    def _whole_at(self, start: int) -> Spooled | None:
        header = os.pread(self._file, HEADER.size, start)
        if len(header) < HEADER.size:
            return None
        size, code, received_at, sequence, checksum = HEADER.unpack(header)
        if size > os.fstat(self._file).st_size - start:
            return None
        data = os.pread(self._file, size, start + HEADER.size)
        if len(data) < size or zlib.crc32(data) != checksum or not sequence:
            return None
        return Spooled(code, received_at, sequence, data, start + HEADER.size + size)

    def _damaged_at(self, start: int) -> Spooled | None:
        """What is there before the next whole event; None where none follows. It may have been written to
        the end only now: where one follows, it has been."""
        left = os.fstat(self._file).st_size - start
        places = (start + offset for offset in range(1, left - HEADER.size + 1))
        end, following = next(((place, one) for place in places if (one := self._whole_at(place))), (0, None))
        if following is None:
            return None
        if (event := self._whole_at(start)) is not None:
            return event
        rest = os.pread(self._file, end - start, start)
        code, received_at = DAMAGED, following.received_at
        if len(rest) >= HEADER.size and HEADER.unpack_from(rest)[0] == len(rest) - HEADER.size:
            _, code, received_at, _, _ = HEADER.unpack_from(rest)
            rest = rest[HEADER.size :]
        return Spooled(code, received_at, following.sequence - 1, rest, end, is_whole=False)
