"""The machine's clock jumps, by hours, to and fro."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.demo_hub import SESSION, WORKER
from tests.faults.stage import Stage
from tests.faults.table import Report
from tests.tools import program, run

if TYPE_CHECKING:
    from whatsapp.simulator import Authority

HOURS = (3, -5)
STAYS_SECONDS = 2.0
SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """What the hub takes for the time of day: `clock.c` tells each of its processes. Go asks the kernel
    itself, so the library's clock stays right; it is Python's that jumps, and SQLite's."""

    def __init__(self, folder: Path) -> None:
        library, file = folder / "clock.so", folder / "clock"
        run([program("cc", "gcc"), "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)], folder)
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._off_by = mmap.mmap(opened.fileno(), 8)
        self.settings = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(file)}

    def is_off_by(self, hours: int) -> None:
        self._off_by[:] = struct.pack("<q", hours * 3600)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, authority: Authority, clock: Clock) -> Iterator[Stage]:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        made = Stage(simulator, tmp_path_factory.mktemp("hub"), **clock.settings)
        try:
            made.begin()
            yield made
        finally:
            made.end()


def test_the_clock_jumps(stage: Stage, clock: Clock, report: Report) -> None:
    def blow() -> None:
        for hours in (*HOURS, 0):
            clock.is_off_by(hours)
            time.sleep(STAYS_SECONDS)

    stage.suffers("clock jumps by hours", blow, report)


def test_processes_die_while_the_clock_is_ahead_and_start_when_it_is_right(
    stage: Stage, clock: Clock, report: Report
) -> None:
    def blow() -> None:
        clock.is_off_by(HOURS[0])
        time.sleep(STAYS_SECONDS)
        stage.kill(SESSION, WORKER)
        clock.is_off_by(0)

    stage.suffers("clock put right, session and worker killed", blow, report)
