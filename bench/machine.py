"""The machine, and how much else it had to do meanwhile (Linux)."""

import os
import platform
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PROBES = 5
PROBE_SIZE = 400_000


def probe() -> float:
    """How fast a core is now: the best of a few times for the same sum, in milliseconds."""
    times = []
    for _ in range(PROBES):
        began = time.perf_counter()
        sum(range(PROBE_SIZE))
        times.append(time.perf_counter() - began)
    return min(times) * 1000


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounded a group of measurements."""

    probe_ms: float  # the least of several: how fast a core is, not how many want it
    probes_ms: list[float]
    load: float  # when it began: how many processes wanted to run, on average over a minute
    steal_percent: float  # of all cores' time, what other guests of the host took
    busy_percent: float  # what was not idle, the measurements themselves among it


class Watch:
    """Looks at the machine from its making to `stop`, and at each `look` between."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._times = psutil.cpu_times()
        self._probes = [probe()]

    def look(self) -> None:
        """Call it while nothing is measured: the probe keeps a core busy for some 25 milliseconds."""
        self._probes.append(probe())

    def stop(self) -> Circumstances:
        self.look()
        now = psutil.cpu_times()
        passed = {name: getattr(now, name) - getattr(self._times, name) for name in now._fields}
        # Guests' time is in user's and nice's already.
        whole = max(sum(passed.values()) - passed["guest"] - passed["guest_nice"], 0.01)
        return Circumstances(
            probe_ms=round(min(self._probes), 3),
            probes_ms=[round(one, 3) for one in self._probes],
            load=round(self._load, 2),
            steal_percent=round(100 * passed["steal"] / whole, 2),
            busy_percent=round(100 * (1 - (passed["idle"] + passed["iowait"]) / whole), 1),
        )


def about() -> dict[str, Any]:
    """What the machine is, in words and numbers."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
