"""What is settled when somebody is let in to listen, and the ways to be let in besides a key."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.access import OWNER, Principal
from api.authentication import principal_of
from api.browsing import is_session_of_owner
from whatsapp import tickets
from whatsapp.following import Wish

TICKET = "ticket"
ANY_ORIGIN = "*"


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody may listen. `cursor` is the event after which to begin, `newest` the log's newest."""

    principal: Principal
    session: str | None  # the browser's session that they are let in by; None: a key or a ticket
    wish: Wish
    cursor: int
    newest: int
    has_missed: bool  # whether some of what came after `cursor` has been deleted since

    def hello(self) -> dict[str, Any]:
        """What a listener is told first."""
        return {
            "type": "connection.status",
            "timestamp": int(time.time() * 1000),
            "data": {
                "status": "ws_connected",
                "message": "Connected to WhatsApp Hub",
                "since": self.cursor,
                "newest_id": self.newest,
                "has_missed": self.has_missed,
            },
            "account": self.wish.account_name,
        }


class TicketAuthentication(BaseAuthentication):
    """A ticket of POST /api/ws/ticket, in `?ticket=`."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        ticket = request.GET.get(TICKET)
        if not ticket:
            return None
        try:
            row = tickets.redeem(ticket)
        except tickets.NoTicket as error:
            raise AuthenticationFailed from error
        if row is None:
            return OWNER, None
        if not row.is_good(timezone.now()):
            raise AuthenticationFailed
        return principal_of(row), None


class SessionAuthentication(BaseAuthentication):
    """A page of the hub itself, in the browser of the owner who has signed in."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if not key or not is_own_page(request._request) or not is_session_of_owner(key):
            return None
        return OWNER, key


def is_own_page(request: HttpRequest) -> bool:
    """Whether no browser says that a page of another origin asks."""
    origin = request.META.get("HTTP_ORIGIN")
    return not origin or urlsplit(origin).netloc == request.get_host()


def is_allowed_page(request: HttpRequest) -> bool:
    """Whether it is the hub's own page that asks, or one of an origin that the owner lets in; or no page."""
    allowed = settings.CORS_ORIGINS
    return is_own_page(request) or ANY_ORIGIN in allowed or request.META["HTTP_ORIGIN"] in allowed
