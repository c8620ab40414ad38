"""Which handler takes which kind of event: one entry for each kind, made by the `handles` decorator.

A handler is a class with two halves. `parse` is pure: it reads the protobuf and says which rows it will
touch. `apply` changes a batch's rows. An event that `parse` can't read is quarantined alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from google.protobuf.message import Message as Protobuf

if TYPE_CHECKING:
    from whatsapp.ingest.batch import Batch


class Outcome(Enum):
    """What becomes of an inbox row whose event was applied."""

    STORED = "stored"  # a row of its own keeps the bytes: the inbox forgets the event
    HANDLED = "handled"  # done; the inbox keeps the bytes
    WAITING = "waiting"  # nothing handles it yet


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """The outcome of a change that came before the message it changes."""

    message_id: str


@dataclass(slots=True)
class Touched:
    """What an event is about to read or change, so that a batch can load it all at once."""

    jids: set[str] = field(default_factory=set)
    message_ids: set[str] = field(default_factory=set)
    seconds: set[int] = field(default_factory=set)


class Handler(Protocol):
    """A kind of event, parsed. Built by `parse`, which raises for what it can't read."""

    @classmethod
    def parse(cls, event: Any, raw: bytes) -> "Handler": ...

    def touches(self) -> Touched: ...

    def apply(self, batch: "Batch") -> Outcome | WaitsFor: ...


@dataclass(frozen=True, slots=True)
class Kind:
    protobuf: type[Protobuf]
    handler: type[Handler]


_kinds: dict[int, Kind] = {}


def handles(code: int, protobuf: type[Protobuf]) -> Callable[[type[Handler]], type[Handler]]:
    """Makes the decorated class the handler of neonize's event number `code`."""

    def register(handler: type[Handler]) -> type[Handler]:
        if code in _kinds:
            raise LookupError(f"event {code} is handled by {_kinds[code].handler.__name__} already")
        _kinds[code] = Kind(protobuf, handler)
        return handler

    return register


def parse(code: int, raw: bytes) -> Handler | None:
    """The parsed event; None when nothing handles its kind. Raises what the parser raises."""
    kind = _kinds.get(code)
    if kind is None:
        return None
    return kind.handler.parse(kind.protobuf.FromString(raw), raw)
