"""A person with a browser: who has signed in to the dashboard may call the API by the session, too.

That is how the dashboard's pages show files and send them. Whoever opens an address of the API gets a page
in place of JSON, if the browser prefers HTML. A request that shows a key is a program's, and gets what the
key is for; only one without needs Django's middleware for pages (`hub.pages`), so no program pays for it. A
session changes nothing without the token against other sites' forms.
"""

from copy import copy
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, QueryDict
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from api.access import OWNER, Principal
from api.authentication import presented_key
from hub.browsers import SessionStore

HTML = "text/html"


def prefers_html(request: HttpRequest) -> bool:
    if HTML not in request.META.get("HTTP_ACCEPT", ""):
        return False  # what programs say, who are many, without reading it word by word
    return request.get_preferred_type(["application/json", HTML]) == HTML


def has_session(request: HttpRequest) -> bool:
    """Whether the request may be a signed-in person's: its session has not been looked at yet."""
    if "HTTP_COOKIE" not in request.META or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    return not presented_key(request)


def is_owners(request: HttpRequest) -> bool:
    """Whether a person has signed in who may do everything."""
    user: Any = getattr(request, "user", None)
    return has_session(request) and user is not None and user.is_active and user.is_superuser


def wants_page(request: HttpRequest) -> bool:
    """Whether the answer is for a person to look at."""
    return prefers_html(request) and is_owners(request)


class SignedIn(SessionAuthentication):
    """The owner, who has signed in to the dashboard."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """None for any other request. Raises PermissionDenied for a change without the token."""
        if not is_owners(request._request):
            return None
        self.enforce_csrf(request)
        return OWNER, None

    def enforce_csrf(self, request: Request) -> None:
        """Raises PermissionDenied for a change without the token. One that stands in a header is looked for
        nowhere else: the body may be a large file, and is its parser's to read."""
        page: Any = request._request
        if settings.CSRF_HEADER_NAME in page.META:
            page = copy(page)
            page.POST = QueryDict()
        super().enforce_csrf(page)


def is_session_of_owner(session_key: str) -> bool:
    """Whether a person who may do everything has signed in with that session, and not out since."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user: Any = get_user(request)
    return bool(user.is_active and user.is_superuser)
