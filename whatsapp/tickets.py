"""Tickets: a key's stand-in for one connection that begins soon.

A browser can't put a key into the headers of a WebSocket, and one in an address ends up in logs. A ticket may
stand there: it is good once, and for half a minute.
"""

import hashlib
import secrets
import time

from whatsapp.models import ApiKey, Ticket

SECONDS = 30


class NoTicket(Exception):
    """It was never given out, has been used, or is too old."""


def issue(key_id: int | None) -> str:
    """A ticket for whoever has that key; None: for the owner. Forgets those that nobody has used in time."""
    now = int(time.time())
    Ticket.objects.filter(expires_at__lt=now).delete()
    ticket = secrets.token_urlsafe(32)
    Ticket.objects.create(digest=digest_of(ticket), api_key_id=key_id, expires_at=now + SECONDS)
    return ticket


def redeem(ticket: str) -> ApiKey | None:
    """The key that the ticket stands for; None: the owner's. Raises NoTicket. Of two who show the same one
    at the same time, only one is let in."""
    now = int(time.time())
    found = Ticket.objects.select_related("api_key").filter(pk=digest_of(ticket)).first()
    if found is None or not Ticket.objects.filter(pk=found.pk, expires_at__gt=now).delete()[0]:
        raise NoTicket
    key: ApiKey | None = found.api_key
    return key


def digest_of(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
