"""JIDs: how WhatsApp addresses people, groups and lists, as texts of the form `user@server`.

A person has a phone JID (`15550100@s.whatsapp.net`) and a LID (`81234@lid`), which hides the number. What a
device adds (`15550100:3@s.whatsapp.net`) is dropped everywhere: the hub speaks of people.
"""

import re

from whatsapp.protobuf import neonize_pb2
from whatsapp.texts import identifier

USER_SERVER = "s.whatsapp.net"
LID_SERVER = "lid"
GROUP_SERVER = "g.us"
BROADCAST_SERVER = "broadcast"
NEWSLETTER_SERVER = "newsletter"
STATUS_JID = "status@broadcast"

SERVERS = (USER_SERVER, LID_SERVER, GROUP_SERVER, BROADCAST_SERVER, NEWSLETTER_SERVER)
LEGACY_USER_SERVER = "c.us"

PHONE_PUNCTUATION = re.compile(r"[\s().\-–/]")
GROUP_ID = re.compile(r"\d{10,30}(-\d{1,30})?")
LONGEST_PART = 63  # of user and server each; WhatsApp's own have some 30 characters at the most


class InvalidJid(ValueError):
    """A text that addresses nobody. The message says what would."""


def jid_text(jid: neonize_pb2.JID) -> str:
    """The JID without device and agent; empty when neonize has none."""
    user, server = jid.User, jid.Server
    if not server:
        return ""
    return bounded(f"{user}@{server}" if user else server)


def bounded(jid: str) -> str:
    """The same JID; one that is too long to be WhatsApp's, and for an index, in a shorter form."""
    if len(jid) <= LONGEST_PART and "\0" not in jid:
        return jid
    user, at, server = jid.rpartition("@")
    return f"{identifier(user, LONGEST_PART) or ''}{at}{identifier(server, LONGEST_PART) or ''}"


def jid_message(jid: str) -> neonize_pb2.JID:
    """The JID as neonize takes it."""
    user, _, server = jid.rpartition("@")
    return neonize_pb2.JID(User=user, Server=server, RawAgent=0, Device=0, Integrator=0, IsEmpty=False)


def without_device(jid: str) -> str:
    """`15550100:3@s.whatsapp.net` and `15550100.0:3@…` are `15550100@s.whatsapp.net`."""
    user, at, server = jid.partition("@")
    return bounded(re.split(r"[:.]", user, maxsplit=1)[0] + at + server)


def is_lid(jid: str) -> bool:
    return jid.endswith("@" + LID_SERVER)


def is_phone(jid: str) -> bool:
    return jid.endswith("@" + USER_SERVER)


def is_group(jid: str) -> bool:
    return jid.endswith("@" + GROUP_SERVER)


def is_broadcast(jid: str) -> bool:
    return jid.endswith("@" + BROADCAST_SERVER)


def is_newsletter(jid: str) -> bool:
    return jid.endswith("@" + NEWSLETTER_SERVER)


def phone_number(jid: str) -> str | None:
    """The digits of a phone JID; None of any other."""
    return jid.partition("@")[0] if is_phone(jid) else None


def parse_jid(text: str) -> str:
    """The JID that a person or program means by `text`.

    Takes a JID, a phone number with country code (`15550100`, `+55 11 9…`) or a group's bare id.
    Raises InvalidJid.
    """
    text = text.strip()
    user, at, server = text.partition("@")
    if at:
        server = USER_SERVER if server == LEGACY_USER_SERVER else server
        user = without_device(user) if server in (USER_SERVER, LID_SERVER) else user
        if server in SERVERS and user and re.fullmatch(rf"[\w.\-]{{1,{LONGEST_PART}}}", user):
            return f"{user}@{server}"
    else:
        plain = PHONE_PUNCTUATION.sub("", text)
        digits = plain.removeprefix("+").removeprefix("00")
        if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 15 and not digits.startswith("0"):
            return f"{digits}@{USER_SERVER}"
        if GROUP_ID.fullmatch(text):
            return f"{text}@{GROUP_SERVER}"
    raise InvalidJid(
        f"{text[:80]!r} is not a JID or phone number: use 15550100 (with country code), "
        f"15550100@{USER_SERVER}, …@{LID_SERVER} or …@{GROUP_SERVER}."
    )
