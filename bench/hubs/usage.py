"""What a process and all those that it has started use."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB. `resident` counts what processes share once for each; `proportional` counts it once."""

    resident: float
    proportional: float
    processes: dict[str, float]  # what each is → its proportional share


def tree(pid: int) -> Iterator[psutil.Process]:
    """The process and those below it, as far as they live."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        yield top
        yield from top.children(recursive=True)


def memory_of(pid: int) -> Memory:
    resident = proportional = 0.0
    processes: dict[str, float] = {}
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            used = process.memory_full_info()
            resident += used.rss / MIB
            proportional += used.pss / MIB
            name = f"{name_of(process)} ({process.pid})"
            processes[name] = round(used.pss / MIB, 1)
    return Memory(round(resident, 1), round(proportional, 1), processes)


def name_of(process: psutil.Process) -> str:
    """What it does, of its command: `-m daphne` is daphne, `manage.py run_huey` is run_huey."""
    words: list[str] = process.cmdline()
    for place, word in enumerate(words[:-1]):
        if word == "-m" or word.endswith("manage.py"):
            return words[place + 1]
    return process.name()


def cpu_seconds(pid: int) -> float:
    """Of all of them since each began. What has ended meanwhile does not count."""
    seconds = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds
