"""Takes a history apart without building it in memory: its messages as slices of its own bytes.

A history can be tens of megabytes, and as Python objects several times that. Here only the outermost layers
of the protobuf are walked (their encoding: protobuf.dev/programming-guides/encoding), and each piece is
parsed when its turn comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from whatsapp.protobuf import neonize_pb2, waHistorySync

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# Numbers of the fields, from the protobuf's own description.
DATA = neonize_pb2.HistorySync.DESCRIPTOR.fields_by_name["Data"].number
_BLOB = waHistorySync.HistorySync.DESCRIPTOR.fields_by_name
_CONVERSATION = waHistorySync.Conversation.DESCRIPTOR.fields_by_name
MESSAGES = _CONVERSATION["messages"].number


class Truncated(ValueError):
    """The bytes end, or go wrong, in the middle of a field."""


class Kind(Enum):
    """The pieces of a history, each by the field that it stands in."""

    ADDRESSES = _BLOB["phoneNumberToLidMappings"].number
    PUSH_NAME = _BLOB["pushnames"].number
    CONVERSATION = _BLOB["conversations"].number
    STORY = _BLOB["statusV3Messages"].number
    CALL = _BLOB["callLogRecords"].number
    PAST_PARTICIPANTS = _BLOB["pastParticipants"].number
    MESSAGE = -1  # stands in its conversation


# In this order, so that people are known before what they wrote.
ORDER = (
    (Kind.ADDRESSES, Kind.PUSH_NAME),
    (Kind.CONVERSATION, Kind.STORY, Kind.CALL, Kind.PAST_PARTICIPANTS),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a history: the bytes of its protobuf, of a message those of its HistorySyncMsg. `chat` are
    those of a message's conversation, without its messages. Of a conversation it says whether it is empty."""

    kind: Kind
    data: bytes
    chat: bytes = b""
    is_empty: bool = False


def history_of(event: bytes) -> memoryview:
    """The HistorySync in the bytes of neonize's event. Raises Truncated."""
    for number, value, _ in fields(memoryview(event)):
        if number == DATA and isinstance(value, memoryview):
            return value
    return memoryview(b"")


def summary_of(event: bytes) -> waHistorySync.HistorySync:
    """The history without its pieces: what kind it is, and how far the phone has come. Raises Truncated."""
    every = {kind.value for kind in Kind}
    return waHistorySync.HistorySync.FromString(without(history_of(event), every))


def count_messages(event: bytes) -> int:
    """How many messages it has. Walks all of it, so that one that is cut short raises Truncated at once."""
    count = 0
    for number, value, _ in fields(history_of(event)):
        if number == Kind.CONVERSATION.value and isinstance(value, memoryview):
            count += sum(inner == MESSAGES for inner, _, _ in fields(value))
        elif number == Kind.STORY.value:
            count += 1
    return count


def pieces(event: bytes) -> Iterator[Piece]:
    """All pieces, always in the same order."""
    history = history_of(event)
    for kinds in ORDER:
        wanted = {kind.value: kind for kind in kinds}
        for number, value, _ in fields(history):
            if number not in wanted or not isinstance(value, memoryview):
                continue
            if wanted[number] is Kind.CONVERSATION:
                yield from _conversation(value)
            else:
                yield Piece(wanted[number], bytes(value))


def _conversation(data: memoryview) -> Iterator[Piece]:
    chat = conversation_without_messages(data)
    yield Piece(Kind.CONVERSATION, chat, is_empty=len(chat) == len(data))
    for number, value, _ in fields(data):
        if number == MESSAGES and isinstance(value, memoryview):
            yield Piece(Kind.MESSAGE, bytes(value), chat)


def conversation_without_messages(data: memoryview) -> bytes:
    return without(data, {MESSAGES})


def without(data: memoryview, numbers: set[int]) -> bytes:
    """The protobuf without these fields. There may be millions of tiny ones: none of them is held on to."""
    rest = bytearray()
    for number, _, whole in fields(data):
        if number not in numbers:
            rest += whole
    return bytes(rest)


def without_messages(event: bytes) -> bytes:
    """neonize's event again, of a history whose messages have become rows of their own."""
    parts = bytearray()
    for number, value, whole in fields(history_of(event)):
        if number == Kind.CONVERSATION.value and isinstance(value, memoryview):
            parts += _field(number, conversation_without_messages(value))
        elif number != Kind.STORY.value:
            parts += whole
    return bytes(_field(DATA, bytes(parts)))


def event_of(piece: Piece) -> bytes:
    """neonize's event with a history of that piece alone, which can be imported like any other."""
    if piece.kind is Kind.MESSAGE:
        inner = _field(Kind.CONVERSATION.value, piece.chat + bytes(_field(MESSAGES, piece.data)))
    else:
        inner = _field(piece.kind.value, piece.data)
    kind = waHistorySync.HistorySync(syncType=waHistorySync.HistorySync.ON_DEMAND).SerializeToString()
    return bytes(_field(DATA, kind + bytes(inner)))


@lru_cache(maxsize=64)
def conversation(data: bytes) -> waHistorySync.Conversation:
    """A conversation that many messages point to, parsed once."""
    return waHistorySync.Conversation.FromString(data)


# The encoding


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview, memoryview]]:
    """Number, value and the whole bytes of each field. Raises Truncated."""
    place, end = 0, len(data)
    while place < end:
        start = place
        tag, place = _varint(data, place)
        number, encoding = tag >> 3, tag & 7
        value: int | memoryview
        if number == 0:
            raise Truncated(f"a field at byte {start} has the number 0, which no field has")
        if encoding == BYTES:
            size, place = _varint(data, place)
            value = data[place : place + size]
            place += size
        elif encoding == VARINT:
            value, place = _varint(data, place)
        elif encoding in (FIXED64, FIXED32):
            size = 8 if encoding == FIXED64 else 4
            value = data[place : place + size]
            place += size
        else:
            raise Truncated(f"a field at byte {start} has the encoding {encoding}, which a history has not")
        if place > end:
            raise Truncated(f"the field at byte {start} goes on behind the end")
        yield number, value, data[start:place]


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise Truncated(f"a number at byte {place} does not end")


def _field(number: int, data: bytes) -> bytearray:
    out = bytearray()
    for value in (number << 3 | BYTES, len(data)):
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
    return out + data
