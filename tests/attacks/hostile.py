"""What an attacker writes into whatever they can write into."""

import json
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Protobuf

from whatsapp.jids import jid_message

ELEMENT = "x-hacked"  # an element that no page has: where there is one, markup was taken for markup
HACKED = "isHacked"  # what a script of a stranger would set in `window`

# Out of an attribute, a text, a script, a style, a comment and a template; then whatever runs.
MARKUP = (
    f"\"'></script><{ELEMENT}><img src=x onerror={HACKED}=1></textarea></style></title>-->`"
    f"<script>{HACKED}=1</script>{{{{{HACKED}}}}}{{% debug %}}"
)
ADDRESS = f"javascript:window.{HACKED}=1//https://a.example/"  # for whatever becomes an address
LINKS = f' {ADDRESS} data:text/html,<script>{HACKED}=1</script> https://a.example/"onmouseover={HACKED}=1//'

# What files are made of that a browser would run.
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{HACKED}=1"><script>{HACKED}=1</script></svg>'
HTML = f"<!doctype html><title>x</title><script>{HACKED}=1</script>"

PEOPLE = ("15550101@s.whatsapp.net", "15550102@s.whatsapp.net", "900015550103@lid")
GROUP = "120363000000000001@g.us"
CHANNEL = "120363000000000002@newsletter"

DEPTH = 6
NUMBER = 60
Kind = FieldDescriptor


def vcard(text: str) -> str:
    lines = (
        *("BEGIN:VCARD", "VERSION:3.0", f"FN:{text}", f"ORG:{text};{text}", f"EMAIL:{text}"),
        *(f"item1.TEL;waid=15550101:{text}", f"item1.X-ABLabel:{text}", f"URL:{ADDRESS}", "END:VCARD"),
    )
    return "\n".join(lines)


def string_for(field: Any, text: str) -> str:
    """The text, in the form that a reader of that field expects."""
    if "vcard" in field.name.lower():
        return vcard(text)
    if field.name.endswith("JSON"):
        return json.dumps(dict.fromkeys(("id", "display_text", "title", "url", "name"), text))
    return text


def value_for(field: Any, text: str) -> Any:
    if field.type == Kind.TYPE_STRING:
        return string_for(field, text)
    if field.type == Kind.TYPE_BYTES:
        return SVG.encode()
    if field.type == Kind.TYPE_BOOL:
        return True
    if field.type == Kind.TYPE_ENUM:
        values = [value.number for value in field.enum_type.values]
        return values[1] if len(values) > 1 else values[0]
    return 1.5 if field.type in (Kind.TYPE_DOUBLE, Kind.TYPE_FLOAT) else NUMBER


def fill(message: Protobuf, text: str, depth: int = DEPTH, among: tuple[str, ...] = ()) -> Protobuf:
    """Sets every field of a protobuf and of all that is in it: texts to `text`, addresses to somebody's.
    Nothing is put into itself, and messages in messages are plain ones."""
    name = message.DESCRIPTOR.full_name
    if name.endswith(".JID"):
        message.CopyFrom(jid_message(PEOPLE[0]))
        return message
    if name == "WAWebProtobufsE2E.Message" and among:
        message.conversation = text
        return message
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.type in (Kind.TYPE_MESSAGE, Kind.TYPE_GROUP):
            inner = field.message_type
            if depth == 0 or inner.full_name in (name, *among) or inner.GetOptions().map_entry:
                continue
            part = value.add() if field.is_repeated else value
            part.SetInParent()
            fill(part, text, depth - 1, (*among, name))
        elif field.is_repeated:
            value.append(value_for(field, text))
        elif field.containing_oneof is None or message.WhichOneof(field.containing_oneof.name) is None:
            setattr(message, field.name, value_for(field, text))
    return message
