"""Who may see pages, and what every page is: the owner's, of one account, in the browser's time zone."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from whatsapp.models import Account

ACCOUNT = "account"  # the session's key for the account that pages are about
TIME_ZONE_COOKIE = "hub_time_zone"  # the name of the browser's own, written by static/js/shell.js
THEME_COOKIE = "hub_theme"
THEMES = ("auto", "light", "dark")

# Nothing of a page comes from elsewhere, runs inline or is framed. Files that are about to be sent are shown
# from the browser's own memory (blob:).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

View = Callable[..., HttpResponseBase]


def owner_page(view: View) -> View:
    """A page for whoever may do everything. Others are led to the sign-in, or told that it isn't theirs."""

    @wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        with timezone.override(time_zone_of(request)):
            if not (request.user.is_active and request.user.is_superuser):
                return protect(render(request, "dashboard/not_yours.html", status=403))
            request.account = account_of(request)
            return protect(view(request, *args, **kwargs))

    return wrapper


def sign_in_first(request: Any) -> HttpResponseBase:
    """Leads to the sign-in and back; a part of a page that asks takes its whole page along."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    return HttpResponse(headers={"HX-Refresh": "true"})


def protect(response: HttpResponseBase) -> HttpResponseBase:
    """Gives a page its policy. No cache keeps what it says, after signing out least of all."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def account_of(request: HttpRequest) -> Account:
    """The account that was last chosen in this session, with its connection; else the default one."""
    names = (request.session.get(ACCOUNT), settings.SESSION_NAME)
    accounts: dict[str, Account] = Account.objects.by_name()
    found = next((accounts[name] for name in names if name in accounts), None)
    return found or Account.default()


def time_zone_of(request: HttpRequest) -> ZoneInfo:
    """The browser's time zone; UTC until it has told."""
    try:
        return ZoneInfo(unquote(request.COOKIES.get(TIME_ZONE_COOKIE, "UTC")))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # made up
        return ZoneInfo("UTC")


def theme_of(request: HttpRequest) -> str:
    """Which of THEMES the browser's owner has chosen."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else THEMES[0]
