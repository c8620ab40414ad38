"""Reading single values of a history."""

from whatsapp.ingest.address import Address
from whatsapp.ingest.content.values import LAST_SECOND, text
from whatsapp.jids import without_device


def to_seconds(value: int) -> int:
    """Unix seconds of a time that a phone wrote down in seconds, milli- or microseconds; 0 for none."""
    value = max(value, 0)
    while value > LAST_SECOND:
        value //= 1000
    return value


def address_of(jid: str) -> Address:
    """The person with that JID; an empty address for none."""
    return Address.of(without_device(text(jid) or ""))
