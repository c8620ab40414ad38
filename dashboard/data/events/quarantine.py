"""The quarantine: events of WhatsApp's that ingest could not handle, and what is in them."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Length
from google.protobuf import json_format

from whatsapp.admin.columns import HIDDEN
from whatsapp.admin.readable import CODE_NAMES, MOST_BYTES_PARSED, handled_kinds
from whatsapp.ingest import codes
from whatsapp.models import Account, InboxEvent

log = logging.getLogger(__name__)

MOST_COUNTED = 1000
MOST_CHARACTERS = 100_000
MOST_BYTES_IN_HEX = 4096
BYTES_IN_LINE = 16


@dataclass(frozen=True, slots=True)
class Row:
    """An event in quarantine; its data stays behind."""

    event: Any  # an InboxEvent with `size`, the bytes of its data

    @property
    def name(self) -> str:
        return name_of(self.event.code)

    @property
    def reason(self) -> str:
        """The first line of why; a traceback follows it."""
        return (self.event.error or "").partition("\n")[0]

    @property
    def at(self) -> float:
        return float(self.event.received_at / 1000)


def name_of(code: int) -> str:
    """What kind of event that is; the number alone where nobody has named it."""
    name = CODE_NAMES.get(code)
    return name.capitalize().replace("_", " ") if name else f"Kind {code}"


def found(account: Account) -> Any:
    """In the order of the index: by kind, and of each the newest first."""
    rows = InboxEvent.objects.quarantined().filter(account=account).order_by("-code", "-id")
    return rows.annotate(size=Length("data")).defer("data")


def number(account: Account) -> int:
    """How many there are, counted up to a bound."""
    rows = InboxEvent.objects.quarantined().filter(account=account).order_by()
    counted: int = rows[: MOST_COUNTED + 1].count()
    return counted


def number_words(counted: int) -> str:
    return f"more than {MOST_COUNTED:,}" if counted > MOST_COUNTED else f"{counted:,}"


@dataclass(frozen=True, slots=True)
class Contents:
    """The data of an event: as JSON when it can be read, else its first bytes in hexadecimal digits."""

    text: str
    is_decoded: bool
    is_cut: bool


def contents_of(event: InboxEvent) -> Contents:
    data = bytes(event.data)
    if event.code == codes.ROTATE_ADV_SECRET:
        return Contents(HIDDEN, True, False)
    if len(data) <= MOST_BYTES_PARSED:
        try:
            text = json.dumps(decoded(event.code, data), indent=2, ensure_ascii=False)
        except Exception as error:  # whatever has made it unreadable to ingest can be met here, too
            log.debug("Event %s can't be shown as JSON", event.pk, exc_info=error)
        else:
            shown = text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
            return Contents(shown, True, len(text) > MOST_CHARACTERS)
    return Contents(hex_of(data[:MOST_BYTES_IN_HEX]), False, len(data) > MOST_BYTES_IN_HEX)


def decoded(code: int, data: bytes) -> Any:
    kind = handled_kinds().get(code)
    if kind is not None:
        return json_format.MessageToDict(kind.protobuf.FromString(data))
    return json.loads(data)  # the hub's own kinds


def hex_of(data: bytes) -> str:
    """Sixteen bytes in a line, each line with its place and what of it is ASCII."""
    lines = []
    for start in range(0, len(data), BYTES_IN_LINE):
        part = data[start : start + BYTES_IN_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:06x}  {part.hex(' '):<47}  {text}")
    return "\n".join(lines)
