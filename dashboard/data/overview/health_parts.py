"""What the health of the hub is told in: parts, with facts, and troubles with what to do about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GOOD, WARN, BAD = "good", "warn", "bad"


def worst(levels: Iterable[str]) -> str:
    found = set(levels)
    return next((level for level in (BAD, WARN) if level in found), GOOD)


def counted(number: int, what: str, *, is_more: bool = False) -> str:
    """`1 event`, `1,000+ events`; `what` is their plural."""
    return f"{number:,}{'+' if is_more else ''} {what.removesuffix('s') if number == 1 else what}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be, what to do about it, and where."""

    level: str
    text: str
    advice: str
    path: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a part: its name, how it is, and how good that is. `done` is percent of something that is
    under way."""

    name: str
    text: str
    level: str = GOOD
    path: str = ""
    seen_at: int | None = None  # Unix seconds
    done: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One side of the hub's health. `sentence` says how it is when nothing is wrong."""

    name: str
    title: str
    icon: str
    sentence: str
    facts: Sequence[Fact] = ()
    troubles: Sequence[Trouble] = ()
    path: str = ""

    @property
    def level(self) -> str:
        return worst(trouble.level for trouble in self.troubles)
