"""An account's line, and what people write to its owner."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.nobody_misses.machines import RECOVERY_SECONDS, Machines
from tests.waiting import eventually

if TYPE_CHECKING:
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Companion, Phone

MESSAGES = 1000  # at least, over all lines
MESSAGES_PER_SECOND = 20.0
LATER_PER_SECOND = 4.0  # after so many


class Stream:
    """What people write, without an end until it is told to stop: a `share` of all."""

    def __init__(self, people: list[Person], to: Phone, share: float) -> None:
        self._people, self._to, self._share = people, to, share
        self.least = int(MESSAGES * share)
        self.sent: list[str] = []
        self.sent_at: dict[str, float] = {}
        self._going = threading.Event()
        self._going.set()
        self._quiet = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="stream", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After as many as there have to be."""
        self._stop.set()
        self._thread.join(MESSAGES / MESSAGES_PER_SECOND * 4)
        assert not self._thread.is_alive()

    @contextmanager
    def paused(self) -> Iterator[None]:
        self._going.clear()
        assert self._quiet.wait(20)
        yield
        self._going.set()

    def _write(self) -> None:
        while not (self._stop.is_set() and len(self.sent) >= self.least):
            if not self._going.is_set():
                self._quiet.set()
                self._going.wait()
                self._quiet.clear()
            number = len(self.sent)
            began = time.time()
            sent = self._people[number % len(self._people)].send_text(self._to, f"number {number}")
            self.sent_at[sent.id] = began
            self.sent.append(sent.id)
            rate = MESSAGES_PER_SECOND if number < self.least else LATER_PER_SECOND
            time.sleep(1 / (rate * self._share))


class Line:
    companion: Companion

    def __init__(self, account: str, phone: Phone, people: list[Person], share: float) -> None:
        self.account = account
        self.phone = phone
        self.stream = Stream(people, phone, share)
        self.quiet_until = 0.0  # what was sent before had all arrived when the session was killed

    def link(self, machines: Machines) -> None:
        names = {one["name"] for one in machines.call("/api/accounts")["data"]}
        if self.account not in names:
            machines.call("/api/accounts", {"name": self.account})
        code = eventually(lambda: self._code(machines), "a code to scan", RECOVERY_SECONDS)
        self.companion = self.phone.scan(code)
        status = f"/api/connection/status?account={self.account}"
        eventually(
            lambda: machines.call(status)["status"] == "connected", "the line to be up", RECOVERY_SECONDS
        )

    def _code(self, machines: Machines) -> str | None:
        try:
            return str(machines.call(f"/api/connection/qr?account={self.account}")["raw"])
        except AssertionError:  # there is none yet
            return None
