"""Which function does which kind of act: one entry for each kind, made by the `performs` decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from whatsapp.models import Action
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

Performer = Callable[["Acts", Line, Action], None]


class Refused(Exception):
    """The act can't be done; the message says why, in one sentence. What is wrong with a field of the
    request begins with the field's name and a colon."""


class Lane(StrEnum):
    """Acts of one lane are done in their order, those of different lanes at the same time."""

    MESSAGES = "messages"  # new messages: each waits for its turn, and must not go out twice
    FILES = "files"  # new messages with a file that is handed over first, which takes its time
    OTHERS = "others"


SENDING = (Lane.MESSAGES, Lane.FILES)


@dataclass(frozen=True, slots=True)
class Deed:
    """How acts of one kind are done."""

    perform: Performer
    lane: Lane


_deeds: dict[str, Deed] = {}


def performs(kind: str, lane: Lane | None = None) -> Callable[[Performer], Performer]:
    """Makes the decorated function the one that does acts of `kind`. Those whose name begins with `send_`
    send a message, unless `lane` says otherwise."""

    def register(performer: Performer) -> Performer:
        usual = Lane.MESSAGES if kind.startswith("send_") else Lane.OTHERS
        _deeds[kind] = Deed(performer, lane or usual)
        return performer

    return register


def deed(kind: str) -> Deed:
    """How to do acts of that kind. Raises Refused."""
    found = _deeds.get(kind)
    if found is None:
        raise Refused(f"The hub doesn't know how to {kind!r}.")
    return found


def kinds_in(*lanes: Lane) -> list[str]:
    """The kinds of act of these lanes. What nobody knows how to do is in OTHERS, and not among them."""
    return sorted(kind for kind, found in _deeds.items() if found.lane in lanes)
