"""Presence: who is online now, and how that changed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from dashboard.data.events.words import PRESENCE
from dashboard.data.faces import Face, faces, unnamed
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Account, Contact, Presence, PresenceChange

MOST_ONLINE = 60  # who is shown
SHOWN = {"composing": "typing", "recording": "recording"}


@dataclass(frozen=True, slots=True)
class Online:
    face: Face
    since: float | None  # Unix seconds
    does: str  # `typing`, `recording`, or nothing


def online_now(account: Account) -> tuple[list[Online], bool]:
    """Some people who are online, who came last first; and whether there are more of them."""
    # Not by a join, which would let a database begin with the contacts, and sort.
    own = Exists(Contact.objects.filter(pk=OuterRef("contact"), account=account))
    rows = list(
        Presence.objects.filter(own, is_online=True)
        .select_related("contact")
        .order_by("pk")[: MOST_ONLINE + 1]
    )
    shown = sorted(rows[:MOST_ONLINE], key=lambda row: -row.online_at)
    known = faces(account, (row.contact.jid for row in shown))
    return [
        Online(
            known.get(row.contact.jid) or Face(row.contact.jid, unnamed(row.contact.jid)),
            row.online_at / 1000 or None,
            SHOWN.get(row.chat_state or "", ""),
        )
        for row in shown
    ], len(rows) > MOST_ONLINE


@dataclass(frozen=True, slots=True)
class Change:
    who: Face | None
    words: str
    where: Face | None  # the group that it happened in
    last_seen: int | None
    at: float  # Unix seconds


@dataclass(frozen=True, slots=True)
class Person:
    """Whose changes are shown. `contact` is None when nobody has that address."""

    typed: str
    contact: Contact | None


def person(account: Account, typed: str) -> Person | None:
    """Who was asked for, by JID, LID or phone number; None when nobody was."""
    if not typed:
        return None
    try:
        jid = parse_jid(typed)
    except InvalidJid:
        return Person(typed, None)
    return Person(typed, Contact.objects.filter(account=account).addressed(jid).first())


def found(account: Account, wanted: Person | None) -> Any:
    rows = PresenceChange.objects.select_related("contact", "chat")
    if wanted is None:
        return rows.filter(account=account).newest_first()
    return rows.of_person(wanted.contact.pk if wanted.contact else 0)


def changes_of(account: Account, rows: list[PresenceChange]) -> list[Change]:
    places = {row.pk: row.chat.jid if row.chat and row.chat.is_group else None for row in rows}
    known = faces(account, [*(row.contact.jid for row in rows), *places.values()])
    return [
        Change(
            known.get(row.contact.jid),
            PRESENCE.get(row.state, row.state),
            known.get(places[row.pk] or ""),
            row.last_seen,
            row.changed_at / 1000,
        )
        for row in rows
    ]
