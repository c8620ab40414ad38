"""How fast messages may go out, so that a burst doesn't look like a machine's and cost the number."""

import random
import threading
import time
from collections.abc import Callable, Iterable

from whatsapp import preferences

BURST = 5  # messages that may go at once after a silence

Limits = Callable[[], tuple[float, float]]


def limits() -> tuple[float, float]:
    """Messages a minute, 0 for no limit; and the most seconds that one which waits for its turn waits longer
    by chance."""
    return preferences.get("sendRatePerMinute"), preferences.get("sendJitterSeconds")


class Pace:
    """Says when the next message may go: a bucket of BURST turns that fills again at the rate.

    The limits are read at each question, and hold from then on. `now` gives seconds of any origin, `chance`
    a number from 0 to 1.
    """

    def __init__(
        self,
        limits: Limits = limits,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits
        self._now = now
        self._chance = chance
        self._lock = threading.Lock()
        self._last = now()  # when the last message went
        self._turns = float(BURST)  # how many turns were left then
        self._luck = 0.0  # which part of the jitter the next one waits

    def remember(self, moments: Iterable[float]) -> None:
        """Takes into account when earlier messages went, the oldest first."""
        for number, moment in enumerate(moments):
            if not number:
                self._last, self._turns = moment, float(BURST)
            self._take(moment)

    def wait(self) -> float:
        """Seconds until the next message may go; 0: now."""
        rate, jitter = self._limits()
        with self._lock:
            return self._wait(rate, jitter)

    def _wait(self, rate: float, jitter: float) -> float:
        if not rate or self._turns >= 1.0:
            return 0.0
        # What is waited for by chance fills the bucket too, so the rate holds in the long run.
        most = (1.0 - self._turns) * 60.0 / rate + self._luck * jitter
        passed = max(0.0, self._now() - self._last)  # a clock that was put back makes nobody wait for ever
        return max(0.0, most - passed)

    def went(self) -> None:
        """Notes that a message has gone."""
        self._take(self._now())

    def _take(self, moment: float) -> None:
        rate, _ = self._limits()
        with self._lock:
            filled = max(0.0, moment - self._last) * rate / 60.0 if rate else BURST
            self._turns = max(0.0, min(float(BURST), self._turns + filled) - 1.0)
            self._last = moment
            self._luck = self._chance()
