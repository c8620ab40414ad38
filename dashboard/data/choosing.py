"""Finds whom somebody means: chats, contacts and groups by part of a name or number."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard.data.faces import Face, faces
from whatsapp.jids import InvalidJid, is_group, parse_jid
from whatsapp.models import Account, Chat, Contact, Group

FEW = 8  # options of each kind
SHORTEST_NUMBER = 7  # digits; fewer are more likely the beginning of one

CHATS, CONTACTS, GROUPS = "chats", "contacts", "groups"
MODELS: dict[str, Any] = {CHATS: Chat, CONTACTS: Contact, GROUPS: Group}


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to choose. `is_new` is a number that the hub has not heard of yet."""

    face: Face
    is_new: bool = False


def kinds_in(text: str) -> list[str]:
    """The kinds that `chats,groups` names, in that order; all of them when it names none."""
    return [kind for kind in text.split(",") if kind in MODELS] or list(MODELS)


def choices(account: Account, text: str, kinds: Iterable[str], few: int = FEW) -> list[Choice]:
    """Whom `text` may mean, `few` of each kind at the most; for no text the first of each."""
    jids: dict[str, None] = {}
    for kind in kinds:
        jids |= dict.fromkeys(named(account, kind, text)[:few].values_list("jid", flat=True))
    number = number_in(text)
    is_new = number is not None and number not in jids
    if number is not None:
        jids = {number: None, **jids}
    known = faces(account, jids)
    # A chat with a LID and the contact of the same person are one choice.
    unique = {known[jid].jid: known[jid] for jid in jids}
    return [Choice(face, is_new and face.jid == number and not face.is_known) for face in unique.values()]


def named(account: Account, kind: str, text: str) -> Any:
    """The account's rows of that kind that `text` finds, in the order of an index."""
    rows: Any = MODELS[kind].objects.filter(account=account)
    found = rows.found_by(text.strip())
    return found.newest_first() if kind == CHATS else found.by_name()


def number_in(text: str) -> str | None:
    """The JID of whoever has the whole phone number that `text` is."""
    if sum(letter.isdigit() for letter in text) < SHORTEST_NUMBER or "@" in text:
        return None
    try:
        jid = parse_jid(text)
    except InvalidJid:
        return None
    return None if is_group(jid) else jid


def jid_meant(account: Account, text: str, kinds: Iterable[str]) -> str | None:
    """The JID that was chosen or typed: a JID, a number, or a name that one alone has; None of any other."""
    try:
        return parse_jid(text)
    except InvalidJid:
        pass
    if not text.strip():
        return None
    found = [choice.face for choice in choices(account, text, kinds)]
    so_called = [face for face in found if face.name.casefold() == text.strip().casefold()]
    (one,) = so_called if len(so_called) == 1 else found if len(found) == 1 else (None,)
    return one.jid if one else None
