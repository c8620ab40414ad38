"""The table that a run ends with: a line for each fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

PROPERTY = "fault"  # under which a test's report carries its rows


@dataclass(frozen=True, slots=True)
class Row:
    """What was tried, how often, and what came of it.

    `sent` is what people did, all of which the hub has to know, and `lost` what it doesn't: 0, but for what
    the library had in memory when it was killed. `unknown` are acts of which a kill or a cut has left open
    whether they have got through; they say so.
    """

    fault: str
    times: int
    sent: int | None
    stored: int
    acts: int
    unknown: int
    events: int
    deliveries: int
    lost: int
    recovered: float  # seconds, at the most

    def shown(self) -> list[str]:
        *words, recovered = (getattr(self, field.name) for field in fields(self))
        return [*map(shown, words), f"{recovered:.1f}"]


Report = Callable[[Row], None]


def shown(word: str | int | None) -> str:
    if word is None:
        return "?"
    return f"{word:,}" if isinstance(word, int) else word


HEAD = (
    *("fault", "times", "messages sent", "stored", "acts", "unknown"),
    *("events", "deliveries", "lost", "recovered after (s)"),
)


def properties_of(row: Row) -> tuple[str, dict[str, Any]]:
    """As it goes from the process that tests to the one that reports."""
    return PROPERTY, asdict(row)


def rows_of(properties: Iterable[tuple[str, Any]]) -> list[Row]:
    return [Row(**value) for name, value in properties if name == PROPERTY]


def rendered(rows: Sequence[Row]) -> list[str]:
    """The lines of the table, in Markdown."""
    cells = [list(HEAD), *(row.shown() for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEAD))]

    def line(words: Sequence[str]) -> str:
        first, *others = zip(words, widths, strict=True)
        return "| " + " | ".join([first[0].ljust(first[1]), *(word.rjust(w) for word, w in others)]) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(HEAD), "| " + " | ".join(rule) + " |", *(line(words) for words in cells[1:])]
