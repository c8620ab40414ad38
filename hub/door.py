"""The socket that all web processes accept connections from, each its share of them.

Left alone, whichever process wakes up first takes all of a burst. So each writes down how many connections it
has where the others see it, and one that has more than another gives that one a moment.
"""

import asyncio
import logging
import mmap
import os
import socket
from collections.abc import Callable
from pathlib import Path

from whatsapp import mapped

log = logging.getLogger(__name__)

MOMENT_SECONDS = 0.001
MOST_MOMENTS = 20  # that a process with fewer connections is given: it may be busy, or not get its turn
PAUSE_SECONDS = 1.0  # when the system allows no more connections
CLOSED = 2**32 - 1  # in the place of a process that takes no more


class Shares:
    """How many connections each process has: a number of 32 bits for each, in a file that all map."""

    def __init__(self, path: Path, number: int, processes: int) -> None:
        handle = mapped.reserved(path, 4 * processes)
        self._shares = memoryview(mmap.mmap(handle, 4 * processes)).cast("I")
        os.close(handle)
        self._number = number
        self.write(0)

    def write(self, own: int) -> None:
        self._shares[self._number] = own

    def is_too_large(self, own: int) -> bool:
        """Whether another process has so much less that this one should leave the next connection to it."""
        return any(own > other + 1 + other // 8 for other in self._shares)


class Door:
    """Accepts connections, one at a time. For the event loop."""

    def __init__(
        self,
        listening: socket.socket,
        shares: Shares,
        count: Callable[[], int],
        welcome: Callable[[socket.socket], None],
    ) -> None:
        """`count` says how many connections there are; `welcome` takes one more."""
        listening.setblocking(False)
        self._listening = listening
        self._shares = shares
        self._count = count
        self._welcome = welcome
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._moments = 0  # that others were given since this process last took a connection
        self._open()

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening)
        self._shares.write(CLOSED)
        self._listening.close()

    def tell(self) -> None:
        """Writes down how many connections there are."""
        self._shares.write(self._count())

    def _open(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._knock)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(seconds, self._open)

    def _knock(self) -> None:
        own = self._count()
        self._shares.write(own)
        if self._moments < MOST_MOMENTS and self._shares.is_too_large(own):
            self._moments += 1
            self._rest(MOMENT_SECONDS)
        else:
            self._take()

    def _take(self) -> None:
        self._moments = 0
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process has it, or it is gone
        except OSError as error:
            log.error("A connection can't be accepted: %s", error)
            self._rest(PAUSE_SECONDS)
            return
        connection.setblocking(False)
        self._welcome(connection)
        self.tell()
