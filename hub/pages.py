"""Django's middleware for pages, out of the way of the API's calls, but for those of a signed-in person's
browser (`api.browsing`).

A call of the API shows a key each time. It needs no session and no user, and no token against forms of other
sites, which can't make a browser show the key; and what they cost is felt in a call that takes a
millisecond.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin
from django_htmx.middleware import HtmxMiddleware

from api.browsing import has_session
from api.uploads import CALLS

MOST_BYTES_IN_FORM = 1024 * 1024


def is_page(request: HttpRequest) -> bool:
    path = request.path_info
    if path.startswith("/api/") or path in ("/api", "/health", "/metrics"):
        return has_session(request)
    return True


class ForPages(MiddlewareMixin):
    """Does what the class after it does, for pages alone."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_page(request) else self.get_response(request)


class PageFormSizeMiddleware(ForPages):
    """Refuses a body that no form has, for a page reads its form before it knows who sends it. Calls that
    take files know that first, and have a limit of their own (`api.uploads`)."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if CALLS.fullmatch(request.path_info):
            return None
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= MOST_BYTES_IN_FORM:
            return None
        return HttpResponse("The form is too large.", status=413, content_type="text/plain")


class PageSessionMiddleware(ForPages, SessionMiddleware):
    pass


class PageCsrfMiddleware(ForPages, CsrfViewMiddleware):
    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        if is_page(request):
            return super().process_view(request, callback, callback_args, callback_kwargs)
        return None


class PageAuthenticationMiddleware(ForPages, AuthenticationMiddleware):
    pass


class PageMessageMiddleware(ForPages, MessageMiddleware):
    pass


class PageFrameOptionsMiddleware(ForPages, XFrameOptionsMiddleware):
    pass


class PageHtmxMiddleware(HtmxMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_page(request) else self.get_response(request)
