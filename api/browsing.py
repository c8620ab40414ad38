"""A person with a browser: whoever has signed in at /admin/ may look at the API in pages, and try it.

A program always gets JSON, and so does a browser that shows a key: a page is for a request that prefers HTML,
belongs to a signed-in session and shows no key. Only such a request needs Django's middleware for pages
(`hub.pages`); no other pays for it. A session changes nothing without the token against other sites' forms.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from api.access import OWNER, Principal
from api.authentication import presented_key


def prefers_html(request: HttpRequest) -> bool:
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"


def is_browsed(request: HttpRequest) -> bool:
    """Whether the request may be a signed-in person's: its session has not been looked at yet."""
    if "HTTP_COOKIE" not in request.META or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    return prefers_html(request) and not presented_key(request)


def is_owners(request: HttpRequest) -> bool:
    """Whether a page is for this request: a person who may do everything has signed in."""
    user: Any = getattr(request, "user", None)
    return is_browsed(request) and user is not None and user.is_active and user.is_superuser


class SignedIn(SessionAuthentication):
    """The owner, signed in at /admin/, who looks at pages."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """None for any other request. Raises PermissionDenied for a change without the token."""
        if not is_owners(request._request):
            return None
        self.enforce_csrf(request)
        return OWNER, None


def is_session_of_owner(session_key: str) -> bool:
    """Whether a person who may do everything has signed in with that session, and not out since."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user: Any = get_user(request)
    return bool(user.is_active and user.is_superuser)
