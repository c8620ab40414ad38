"""What was measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bench.figures import Spread
from bench.machine import Circumstances, Watch


class Better(StrEnum):
    """Which figures are good."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Measured:
    """One row. `key` names it for the original's figures and the targets, `size` is how many messages the
    database had; `unit` is ms, s, /s, MiB, %, × (a ratio), or empty for a count."""

    group: str
    key: str
    title: str
    unit: str
    better: Better
    spread: Spread
    size: int | None = None


@dataclass
class Results:
    rows: list[Measured] = field(default_factory=list)
    circumstances: dict[str, Circumstances] = field(default_factory=dict)
    details: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # every run of each group
    failures: dict[str, str] = field(default_factory=dict)  # group → why it is not there, or not all of it

    @contextmanager
    def group(self, name: str) -> Iterator["Group"]:
        """Measurements that are made in one go."""
        watch = Watch()
        try:
            yield Group(name, self, watch)
        finally:
            self.circumstances[name] = watch.stop()


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    results: Results
    watch: Watch

    def add(
        self,
        key: str,
        title: str,
        unit: str,
        better: Better,
        spread: Spread | None,
        size: int | None = None,
    ) -> None:
        """A row, unless nothing was measured for it."""
        if spread is not None:
            row = Measured(self.name, f"{self.name}.{key}", title, unit, better, spread, size)
            self.results.rows.append(row)

    def note(self, **run: Any) -> None:
        """All that is known of one run, for whoever wants to look closer."""
        plain = {name: asdict(value) if is_figures(value) else value for name, value in run.items()}
        self.results.details.setdefault(self.name, []).append(plain)


def is_figures(value: Any) -> bool:
    return hasattr(value, "__dataclass_fields__") and not isinstance(value, type | Mapping)
