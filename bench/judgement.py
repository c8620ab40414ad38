"""Puts each row beside the original's figure and its target.

Where the machine was slower or faster than the original's, by the probe, times and rates are corrected: a
ratio to the original is always of corrected figures. A limit is first held against what was measured, and
only when that misses it against the corrected figure, which the mark then says.
"""

from dataclasses import dataclass
from enum import StrEnum

from bench import original
from bench.results import Better, Measured, Results
from bench.targets import Limit, Target, Times, target

TIMES, RATES = ("ms", "s"), ("/s",)


class Mark(StrEnum):
    MET = "met"
    MET_CORRECTED = "met, corrected"
    MISSED = "not met"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, `slowness` (how many times slower the machine was than the original's) and what it comes to:
    `ratio` is how many times as good as the original it is."""

    row: Measured
    slowness: float
    original: float | None
    ratio: float | None
    target: Target | None
    mark: Mark

    @property
    def corrected(self) -> float:
        return corrected(self.row, self.slowness)


def judge(results: Results) -> list[Judged]:
    return [
        judge_row(row, results.circumstances[row.group].probe_ms / original.PROBE_MS) for row in results.rows
    ]


def judge_row(row: Measured, slowness: float) -> Judged:
    theirs = original.figure(row.key, row.size)
    ours = corrected(row, slowness)
    ratio = how_much_better(ours, theirs, row.better) if theirs else None
    wanted = target(row.key, row.size, theirs)
    return Judged(row, slowness, theirs, ratio, wanted, mark(row, ours, ratio, wanted))


def corrected(row: Measured, slowness: float) -> float:
    """What the median would have been on the original's machine. Memory, counts and ratios stay."""
    if row.unit in TIMES:
        return row.spread.median / slowness
    if row.unit in RATES:
        return row.spread.median * slowness
    return row.spread.median


def how_much_better(ours: float, theirs: float, better: Better) -> float | None:
    if better is Better.NEITHER or not ours or not theirs:
        return None
    return theirs / ours if better is Better.LESS else ours / theirs


def mark(row: Measured, ours: float, ratio: float | None, wanted: Target | None) -> Mark:
    if isinstance(wanted, Times):
        return Mark.NONE if ratio is None else Mark.MET if ratio >= wanted.value else Mark.MISSED
    if not isinstance(wanted, Limit):
        return Mark.NONE
    if reaches(row.spread.median, wanted.value, row.better):
        return Mark.MET
    return Mark.MET_CORRECTED if reaches(ours, wanted.value, row.better) else Mark.MISSED


def reaches(value: float, limit: float, better: Better) -> bool:
    return value >= limit if better is Better.MORE else value <= limit
