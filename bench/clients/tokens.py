"""The mark that the injection door puts into each live message: when it was handed over, and which it is."""

import re
import time
from typing import NamedTuple

PATTERN = re.compile(rb"@@m:(\d+):(\d+):([A-Za-z0-9_-]+)@@")


class Token(NamedTuple):
    """`moment` in microseconds of CLOCK_MONOTONIC, `number` from 0 on in its `run`."""

    moment: int
    number: int
    run: bytes


def token_in(data: bytes | bytearray, begin: int, end: int) -> Token | None:
    """The first one in that part of the bytes: an event has its text twice."""
    found = PATTERN.search(data, begin, end)
    return Token(int(found[1]), int(found[2]), found[3]) if found else None


def now() -> int:
    """The door's clock."""
    return time.monotonic_ns() // 1000


class Arrivals:
    """What one client got of one run."""

    def __init__(self, run: str) -> None:
        self.run = run.encode()
        self.latencies: list[float] = []  # milliseconds, of each message's first arrival
        self.repeated = 0
        self.out_of_order = 0
        self.first_at = self.last_at = 0  # microseconds
        self._seen: set[int] = set()
        self._newest = -1

    def note(self, token: Token, moment: int) -> None:
        if token.run != self.run:
            return
        if token.number in self._seen:
            self.repeated += 1
            return
        self._seen.add(token.number)
        self.out_of_order += token.number < self._newest
        self._newest = max(self._newest, token.number)
        self.first_at = self.first_at or moment
        self.last_at = moment
        self.latencies.append((moment - token.moment) / 1000)

    @property
    def count(self) -> int:
        return len(self._seen)
