"""Which function does which kind of act: one entry for each kind, made by the `performs` decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whatsapp.models import Action
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

Performer = Callable[["Acts", Line, Action], None]


class Refused(Exception):
    """The act can't be done; the message says why, in one sentence. What is wrong with a field of the
    request begins with the field's name and a colon."""


@dataclass(frozen=True, slots=True)
class Deed:
    """How acts of one kind are done. `sends`: it sends a new message, which waits for its turn, and must not
    go out twice."""

    perform: Performer
    sends: bool


_deeds: dict[str, Deed] = {}


def performs(kind: str, sends: bool | None = None) -> Callable[[Performer], Performer]:
    """Makes the decorated function the one that does acts of `kind`. Those whose name begins with `send_`
    send a message, unless `sends` says otherwise."""

    def register(performer: Performer) -> Performer:
        _deeds[kind] = Deed(performer, kind.startswith("send_") if sends is None else sends)
        return performer

    return register


def deed(kind: str) -> Deed:
    """How to do acts of that kind. Raises Refused."""
    found = _deeds.get(kind)
    if found is None:
        raise Refused(f"The hub doesn't know how to {kind!r}.")
    return found


def sending_kinds() -> list[str]:
    """The kinds of act that send a new message."""
    return sorted(kind for kind, found in _deeds.items() if found.sends)
