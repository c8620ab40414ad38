"""What a process and all those that it has started use."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB. `resident` counts what processes share once for each; `proportional` counts it once, and
    `anonymous` is the part of that which is in no file."""

    resident: float
    proportional: float
    anonymous: float
    processes: dict[str, float]  # what each is → its proportional share


def tree(pid: int) -> Iterator[psutil.Process]:
    """The process and those below it, as far as they live."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        yield top
        yield from top.children(recursive=True)


def memory_of(pid: int) -> Memory:
    parts = {"Rss": 0.0, "Pss": 0.0, "Pss_Anon": 0.0}
    processes: dict[str, float] = {}
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
            used = mapped(process.pid)
            processes[f"{name_of(process)} ({process.pid})"] = round(used["Pss"], 1)
            for name in parts:
                parts[name] += used[name]
    resident, proportional, anonymous = (round(value, 1) for value in parts.values())
    return Memory(resident, proportional, anonymous, processes)


def mapped(pid: int) -> dict[str, float]:
    """What Linux says of a process's memory (proc_pid_smaps_rollup), in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    parts = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) / 1024 for name, size, _ in parts}


def name_of(process: psutil.Process) -> str:
    """What it does, of its command: `-m daphne` is daphne, `manage.py run_huey` is run_huey."""
    words = " ".join(process.cmdline()).split()  # a process may have written it anew, in one piece
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
