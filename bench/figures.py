"""How values are summed up."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values of one run are spread, in their own unit."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Distribution | None":
        """None when there are none."""
        ordered = sorted(values)
        if not ordered:
            return None
        return cls(
            len(ordered),
            statistics.fmean(ordered),
            percentile(ordered, 0.5),
            percentile(ordered, 0.95),
            percentile(ordered, 0.99),
            ordered[-1],
        )


def percentile(ordered: list[float], share: float) -> float:
    """The value that `share` of all are below."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over several runs."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Spread | None":
        """Runs without the figure don't count; None when no run has it."""
        there = [value for value in values if value is not None]
        if not there:
            return None
        return cls(statistics.median(there), min(there), max(there), len(there))
