"""Stored bytes and JSON as a person can read them. What is broken is shown as it is, never an error."""

import base64
import json
import logging
from typing import Any

from django.utils.html import format_html
from google.protobuf import json_format

from whatsapp.ingest import codes
from whatsapp.models import InboxEvent
from whatsapp.records import message_json

log = logging.getLogger(__name__)

MOST_CHARACTERS = 20_000
MOST_BYTES_PARSED = 1024 * 1024  # parsing the whole of a history would hold up the page
MOST_BYTES_IN_HEX = 512

PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
CODE_NAMES = {number: name for name, number in vars(codes).items() if name.isupper() and type(number) is int}


def handled_kinds() -> dict[int, Any]:
    """number → kind of event. Every process loads the admin; only one that shows an event loads these."""
    from whatsapp.ingest import handlers, registry  # noqa: F401  (handlers enter themselves in the registry)

    return dict(registry._kinds)


def code_name(code: int) -> str:
    """The number of a kind of event, with its name where it has one."""
    name = CODE_NAMES.get(code)
    return f"{code} ({name.lower().replace('_', ' ')})" if name else str(code)


def json_block(value: Any) -> str | None:
    """`value` as indented JSON, as much of it as fits a page; None of nothing."""
    if value is None:
        return None
    return block(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def json_text_block(text: str) -> str:
    """Indented, if it is JSON."""
    try:
        return json_block(json.loads(text)) or block(text)
    except (ValueError, RecursionError):
        return block(text)


def message_block(raw: bytes | None) -> str | None:
    """A stored Message event of neonize's."""
    if raw is None:
        return None
    try:
        return described(raw, json_block(message_json(raw)))
    except Exception as error:
        return unreadable(raw, error)


def event_block(event: InboxEvent) -> str:
    """The data of an event in the inbox."""
    data = bytes(event.data)
    if len(data) > MOST_BYTES_PARSED:
        return described(data, hex_block(data))
    try:
        kind = handled_kinds().get(event.code)
        if kind is not None:
            return described(data, json_block(json_format.MessageToDict(kind.protobuf.FromString(data))))
        return described(data, json_block(json.loads(data)))  # the hub's own kinds
    except Exception as error:
        return unreadable(data, error)


def picture(data: bytes | None) -> str | None:
    """A small picture; the size of anything else."""
    if data is None:
        return None
    data = bytes(data)
    mime_type = picture_type(data)
    if mime_type is None:
        return described(data, hex_block(data))
    return format_html(
        '<img class="thumbnail" alt="Thumbnail" src="data:{};base64,{}">',
        mime_type,
        base64.b64encode(data).decode(),
    )


def picture_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime_type for start, mime_type in PICTURES.items() if data.startswith(start)), None)


def unreadable(data: bytes, error: Exception) -> str:
    log.debug("%d bytes can't be shown as JSON", len(data), exc_info=error)
    return described(data, hex_block(data))


def described(data: bytes, shown: str | None) -> str:
    return format_html("{} bytes{}", f"{len(data):,}", shown or "")


def hex_block(data: bytes) -> str:
    """The first bytes, sixteen in a line."""
    lines = [data[start : start + 16].hex(" ") for start in range(0, min(len(data), MOST_BYTES_IN_HEX), 16)]
    if len(data) > MOST_BYTES_IN_HEX:
        lines.append("…")
    return block("\n".join(lines))


def block(text: str) -> str:
    shown = text[:MOST_CHARACTERS]
    if len(text) > len(shown):
        shown += f"\n… and {len(text) - len(shown):,} characters more"
    # JSON can hold halves of characters, which no page can be made of.
    return format_html('<pre class="stored">{}</pre>', shown.encode("utf-8", "replace").decode())
