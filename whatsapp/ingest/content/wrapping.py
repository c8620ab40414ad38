"""Messages inside messages: ephemeral, view once, sent from another device, edited, …

Most wrappers are a `FutureProofMessage`; deviceSentMessage and commentMessage wrap in the same way with more
around it. All are found through the descriptor: a part whose field `message` is again a `Message`.
"""

from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor

from whatsapp.protobuf import waE2E

MAX_DEPTH = 16

VIEW_ONCE = frozenset({"viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"})


def _wraps(field: FieldDescriptor) -> bool:
    inner = field.message_type and field.message_type.fields_by_name.get("message")
    return bool(inner and inner.message_type is waE2E.Message.DESCRIPTOR)


WRAPPERS = frozenset(field.name for field in waE2E.Message.DESCRIPTOR.fields if _wraps(field))


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """`layers` are the messages from the one given to the innermost, `wrappers` the fields between them."""

    layers: tuple[waE2E.Message, ...]
    wrappers: tuple[str, ...]

    @property
    def message(self) -> waE2E.Message:
        return self.layers[-1]

    @property
    def is_view_once(self) -> bool:
        return not VIEW_ONCE.isdisjoint(self.wrappers)

    def around(self, wrapper: str) -> waE2E.Message | None:
        """The layer that carries this wrapper; None when it was not used."""
        return self.layers[self.wrappers.index(wrapper)] if wrapper in self.wrappers else None


def unwrap(message: waE2E.Message) -> Unwrapped:
    """Goes in through wrappers that hold a message, at most `MAX_DEPTH` of them.

    An empty view-once wrapper (the media is on the phone only) counts as used, with an empty message in it.
    """
    layers = [message]
    wrappers: list[str] = []
    while len(wrappers) < MAX_DEPTH:
        field = _wrapper_of(layers[-1])
        if field is None:
            break
        wrappers.append(field)
        layers.append(getattr(layers[-1], field).message)
    return Unwrapped(tuple(layers), tuple(wrappers))


def _wrapper_of(message: waE2E.Message) -> str | None:
    for field, value in message.ListFields():
        name: str = field.name
        if name in WRAPPERS and (value.HasField("message") or name in VIEW_ONCE):
            return name
    return None
