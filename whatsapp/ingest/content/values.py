"""Reading single values written by strangers: cleaned, bounded, None when absent or absurd.

`whatsmeow` does not check the encoding of strings, and Python's protobuf gives a string field that is not
UTF-8 as bytes; so every string passes through `text`.
"""

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from google.protobuf.message import Message as Protobuf

from whatsapp.ingest.content.records import MessageKey, Secret
from whatsapp.texts import identifier as identifier
from whatsapp.texts import name as name
from whatsapp.texts import text as text

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
LAST_SECOND = 253_402_300_799  # of the year 9999, where Python's datetime ends
LAST_MILLISECOND = LAST_SECOND * 1000 + 999


def texts(values: Iterable[str | bytes]) -> tuple[str, ...]:
    """The strings that are not empty, in order, each once."""
    return tuple(dict.fromkeys(cleaned for value in values if (cleaned := text(value))))


def identifiers(values: Iterable[str | bytes]) -> tuple[str, ...]:
    """The same, of strings by which things are found again."""
    return tuple(dict.fromkeys(cleaned for value in values if (cleaned := identifier(value))))


def lines(*parts: str | bytes | None) -> str | None:
    """The parts that are not empty, one under another; None when all are."""
    return "\n".join(cleaned for part in parts if (cleaned := text(part))) or None


def data(value: bytes) -> bytes | None:
    return value or None


def has(part: Protobuf, name: str) -> bool:
    """Whether this kind of part knows the field and carries it."""
    return name in part.DESCRIPTOR.fields_by_name and part.HasField(name)


def number(part: Protobuf, name: str, limit: int = INT32_MAX) -> int | None:
    """The whole number in the field; None when it is absent, negative or over the limit."""
    if not has(part, name):
        return None
    value: int = getattr(part, name)
    return value if 0 <= value <= limit else None


def degrees(part: Protobuf, name: str, limit: float) -> float | None:
    """A coordinate; None when it is absent, not a number or not on Earth."""
    if not has(part, name):
        return None
    value: float = getattr(part, name)
    return value if math.isfinite(value) and abs(value) <= limit else None


def label(part: Protobuf, name: str) -> str | None:
    """The enum field's value as a lower-case word; None when absent or newer than our protobuf.

    An enum value that the protobuf doesn't know reads as absent, with the getter giving the *first* value:
    for a protocolMessage that is REVOKE. So never read such a field without asking `has`.
    """
    if not has(part, name):
        return None
    enum = part.DESCRIPTOR.fields_by_name[name].enum_type
    value = enum and enum.values_by_number.get(getattr(part, name))
    return value.name.lower() if value else None


def key(part: Protobuf, name: str = "key") -> MessageKey | None:
    """The message that the field points to; None when it names none."""
    if not has(part, name):
        return None
    value = getattr(part, name)
    message_id = identifier(value.ID)
    if message_id is None:
        return None
    return MessageKey(text(value.remoteJID), value.fromMe, message_id, text(value.participant))


def secret(part: Protobuf) -> Secret | None:
    """The ciphertext of an encrypted answer; None when it isn't whole."""
    payload: bytes = getattr(part, "encPayload", b"")
    iv: bytes = getattr(part, "encIV", b"")
    return Secret(payload, iv) if payload and iv else None


def money(value: int, units: int, currency: str | bytes) -> str:
    """`12.50 EUR`, for 12500 where a thousand units make one."""
    amount = f"{Decimal(value) / Decimal(units):.2f}"
    return " ".join(filter(None, (amount, text(currency))))


def parse_json(value: str | bytes) -> dict[str, Any]:
    """The JSON object in the string; empty when it holds anything else."""
    try:
        parsed = json.loads(text(value) or "{}")
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def json_text(value: str | bytes, name: str) -> str | None:
    """The string under this name in a JSON object; None when there is none."""
    found = parse_json(value).get(name)
    return text(found) if isinstance(found, str) else None
