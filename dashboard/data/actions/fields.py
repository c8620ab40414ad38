"""Fields of forms, and what was typed in them as the API takes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

WHOLE = re.compile(r"-?\d{1,15}")
NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)")

Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `kind` is one of READERS. Of a `jid`, `only` are the kinds of those it may be, as the chooser
    takes them."""

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    only: str = ""
    initial: str = ""
    is_rare: bool = False  # stands below what most want

    def value(self, typed: Typed) -> Any:
        """What was typed; None for nothing. What is no number stays the text that it is, for the API to
        refuse."""
        text = typed.get(self.name, "")
        if self.kind == "people":
            text += "\n" + typed.get(self.adder, "")
        return READERS[self.kind](text.replace("\r\n", "\n"))

    @property
    def adder(self) -> str:
        """The name of the field in which one more of several people is looked for."""
        return f"add_{self.name}"


def text_in(text: str) -> str | None:
    return text or None


def line_in(text: str) -> str | None:
    return text.strip() or None


def whole_in(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if WHOLE.fullmatch(text) else text or None


def number_in(text: str) -> float | str | None:
    text = text.strip()
    return float(text) if NUMBER.fullmatch(text) else text or None


def flag_in(text: str) -> bool | None:
    return True if text else None


def switch_in(text: str) -> bool | str | None:
    return {"true": True, "false": False}.get(text, text or None)


def lines_in(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def moment_in(text: str) -> int | str | None:
    """Unix seconds of a time as browsers give it, in the reader's time zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text.strip() or None
    aware = moment if moment.tzinfo else timezone.make_aware(moment)
    return int(aware.timestamp())


READERS: dict[str, Any] = {
    "text": line_in,
    "long": text_in,
    "jid": line_in,
    "number": number_in,
    "whole": whole_in,
    "flag": flag_in,
    "switch": switch_in,
    "choice": line_in,
    "lines": lines_in,
    "people": lines_in,
    "moment": moment_in,
    "file": line_in,
}
