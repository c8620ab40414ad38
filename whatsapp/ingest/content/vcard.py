"""vCards as phones write them: enough of RFC 6350 for a name, numbers, a company and e-mail addresses.

`item1.TEL;waid=351910000001:+351 910 000 001` with `item1.X-ABLabel:Work` gives a number's WhatsApp user and
its label. What can't be read is passed over.
"""

import re
from dataclasses import dataclass

from whatsapp.ingest.content.records import ContactCard, ContactPhone

FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]")
LINE_END = re.compile(r"\r\n|\r|\n")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
APPLE_LABEL = re.compile(r"^_\$!<(.*)>!\$_$")
COMMON_TYPES = frozenset({"voice", "pref", "internet"})  # say nothing about whose or where


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    group: str
    parameters: tuple[tuple[str, str], ...]
    value: str

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name and value), None)


def parse_vcard(vcard: str, name: str | None = None) -> ContactCard:
    """The card, called `name` when that is given and by its own full name when not."""
    properties = [parsed for line in LINE_END.split(FOLD.sub("", vcard)) if (parsed := _property(line))]
    group_labels = {
        item.group: APPLE_LABEL.sub(r"\1", _unescape(item.value))
        for item in properties
        if item.name == "X-ABLABEL" and item.group
    }

    def values(wanted: str) -> list[str]:
        return [value for item in properties if item.name == wanted and (value := _unescape(item.value))]

    phones = [
        ContactPhone(number, item.parameter("waid"), group_labels.get(item.group) or _type_of(item))
        for item in properties
        if item.name == "TEL" and (number := _unescape(item.value).removeprefix("tel:"))
    ]
    return ContactCard(
        name=name or next(iter(values("FN")), None),
        phones=tuple(phones),
        vcard=vcard,
        organization=next((company for line in values("ORG") if (company := _organization(line))), None),
        emails=tuple(dict.fromkeys(values("EMAIL"))),
    )


def _property(line: str) -> Property | None:
    """The parts of `group.NAME;key=value;TYPE:value`; None when the line has no value."""
    head, colon, value = line.partition(":")
    if not colon:
        return None
    full_name, *parameters = head.split(";")
    group, _, name = full_name.rpartition(".")
    pairs = (parameter.partition("=") for parameter in parameters)
    return Property(
        name.strip().upper(),
        group.strip().lower(),
        # Before vCard 3 a bare word is a type.
        tuple((key.lower(), val.strip('"')) if equals else ("type", key) for key, equals, val in pairs),
        value.strip(),
    )


def _type_of(item: Property) -> str | None:
    types = (word.lower() for key, value in item.parameters if key == "type" for word in value.split(","))
    return next((word for word in types if word and word not in COMMON_TYPES), None)


def _organization(value: str) -> str | None:
    """The company and its units, of `Company;Unit;`."""
    return ", ".join(filter(None, (unit.strip() for unit in value.split(";")))) or None


def _unescape(value: str) -> str:
    return ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
