"""Which handler takes which kind of event: one entry for each kind, made by the `handles` decorator.

A handler is a class with two halves. `parse` is pure: it reads the protobuf and says which rows it will
touch. `apply` changes a batch's rows. An event that `parse` can't read is quarantined alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import orjson
from django.db.models import Model
from google.protobuf.message import Message as Protobuf

from whatsapp.ingest.address import Address
from whatsapp.ingest.content.values import LAST_SECOND

if TYPE_CHECKING:
    from whatsapp.ingest.batch import Batch


class Outcome(Enum):
    """What becomes of an inbox row whose event was applied."""

    STORED = "stored"  # a row of its own keeps the bytes: the inbox forgets the event
    HANDLED = "handled"  # done; the inbox keeps the bytes
    WAITING = "waiting"  # nothing handles it yet
    IMPORTING = "importing"  # too much for one transaction: `whatsapp.ingest.history` takes it from here


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """The outcome of a change that came before the message it changes."""

    message_id: str


@dataclass(slots=True)
class Touched:
    """What an event is about to read or change, so that a batch can load it all at once.

    `keys` are those of the nouns in `whatsapp.ingest.nouns`, by what events name them by.
    """

    jids: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)  # phone JID and LID of one person
    message_ids: set[str] = field(default_factory=set)
    server_ids: set[tuple[str, int]] = field(default_factory=set)  # newsletters' JIDs and their own numbers
    seconds: set[int] = field(default_factory=set)
    keys: dict[type[Model], set[str]] = field(default_factory=dict)

    def people(self, addresses: Iterable[Address]) -> "Touched":
        """Adds people by all that is known of their addresses."""
        for address in addresses:
            self.jids |= {address.phone, address.lid}
            if address.phone and address.lid:
                self.pairs.add((address.phone, address.lid))
        return self

    def rows(self, model: type[Model], *keys: str) -> "Touched":
        self.keys.setdefault(model, set()).update(key for key in keys if key)
        return self


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an event came: its bytes, and when, in Unix milliseconds."""

    raw: bytes
    received_at: int

    @property
    def second(self) -> int:
        return self.received_at // 1000

    def time_of(self, second: int) -> int:
        """The event's own time in Unix seconds where it tells one; when it came where it doesn't."""
        return min(second, LAST_SECOND) if second > 0 else self.second


class Appliable(Protocol):
    """An event or a part of a history, parsed."""

    def touches(self) -> Touched: ...

    def apply(self, batch: "Batch") -> Outcome | WaitsFor: ...


class Handler(Appliable, Protocol):
    """A kind of event. Built by `parse`, which raises for what it can't read."""

    @classmethod
    def parse(cls, event: Any, arrival: Arrival) -> "Handler": ...


@dataclass(frozen=True, slots=True)
class Kind:
    read: Callable[[bytes], Any]
    handler: type[Handler]
    protobuf: type[Protobuf] | None


_kinds: dict[int, Kind] = {}

AnyHandler = TypeVar("AnyHandler", bound=type[Handler])


def handles(
    code: int, protobuf: type[Protobuf] | None, read: Callable[[bytes], Any] | None = None
) -> Callable[[AnyHandler], AnyHandler]:
    """Makes the decorated class the handler of event number `code`, whose bytes are that protobuf; or
    JSON, for None.

    `read` gives the event that `parse` gets; by default the whole protobuf or JSON.
    """

    def register(handler: AnyHandler) -> AnyHandler:
        if code in _kinds:
            raise LookupError(f"event {code} is handled by {_kinds[code].handler.__name__} already")
        reader = read or (protobuf.FromString if protobuf else orjson.loads)
        _kinds[code] = Kind(reader, handler, protobuf)
        return handler

    return register


def parse(code: int, arrival: Arrival) -> Handler | None:
    """The parsed event; None when nothing handles its kind. Raises what the parser raises."""
    kind = _kinds.get(code)
    if kind is None:
        return None
    return kind.handler.parse(kind.read(arrival.raw), arrival)


def handled_codes() -> list[int]:
    return sorted(_kinds)


def protobuf_of(code: int) -> type[Protobuf] | None:
    """The protobuf that events of that kind are; None where nothing handles the kind, or it is JSON."""
    kind = _kinds.get(code)
    return kind.protobuf if kind else None
