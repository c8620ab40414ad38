"""A corpus of invented records, one JSON object a line, as events.

`contact`, `group`, `message` and `receipt` are told apart by `t`; a `chat` says nothing that the others
don't.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import orjson

from whatsapp.ingest import codes
from whatsapp.injection import wire

Event = tuple[int, bytes]  # code, bytes

MESSAGES_PER_PART = 5_000


class BadRecord(Exception):
    """A line that is no record. The message says which, and what is wrong with it."""


@dataclass(slots=True)
class Part:
    """Some consecutive records of a corpus. A receipt comes after its message."""

    contacts: list[wire.Record] = field(default_factory=list)
    groups: list[wire.Record] = field(default_factory=list)
    messages: list[Event] = field(default_factory=list)
    receipts: list[Event] = field(default_factory=list)
    message_count: int = 0
    receipt_count: int = 0

    def people(self) -> list[Event]:
        """Contacts and groups."""
        events: list[Event] = []
        if self.contacts:
            events.append((codes.CONTACTS, wire.recorded_contacts(self.contacts)))
            events.append((codes.ADDRESSES, wire.recorded_addresses(self.contacts)))
        if self.groups:
            events.append((codes.GROUPS, wire.recorded_groups(self.groups)))
        return events

    def take(self, record: wire.Record, me: str) -> None:
        kind = record["t"]
        if kind == "message":
            self.take_message(record, me)
            self.message_count += 1
        elif kind == "receipt":
            self.take_receipt(record, me)
            self.receipt_count += 1
        elif kind == "contact":
            self.contacts.append(record)
        elif kind == "group":
            self.groups.append(record)
        elif kind != "chat":
            raise ValueError(f"t is {kind!r}: it must be contact, group, chat, message or receipt")

    def take_message(self, record: wire.Record, me: str) -> None:
        self.messages.append((codes.MESSAGE, wire.recorded_message(record, me)))

    def take_receipt(self, record: wire.Record, me: str) -> None:
        self.receipts.append((codes.RECEIPT, wire.recorded_receipt(record, me)))


PartKind = TypeVar("PartKind", bound=Part)


def parts(path: Path, limit: int | None, me: str, kind: type[PartKind]) -> Iterator[PartKind]:
    """The corpus up to `limit` messages, and the receipts that follow the last of them. `me` is the phone JID
    of who owns the hub. Raises BadRecord, and OSError."""
    part, messages = kind(), 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                record = orjson.loads(line)
                if record["t"] == "message":
                    if messages == limit:
                        break
                    if part.message_count == MESSAGES_PER_PART:
                        yield part
                        part = kind()
                    messages += 1
                part.take(record, me)
            except KeyError as error:
                raise BadRecord(f"line {number} lacks or does not know {error}") from error
            except (ValueError, TypeError, AttributeError) as error:
                raise BadRecord(f"line {number} is no record: {error}") from error
    yield part
