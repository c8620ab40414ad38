"""Who may see pages, and what every page is: the owner's, of one account, in the browser's time zone."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from dashboard.naming import ACCOUNT, name_account
from whatsapp.models import Account

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
Answer = TypeVar("Answer", bound=HttpResponseBase)


def owner_page(view: View) -> View:
    """A page for whoever may do everything. Others are led to the sign-in, or told that it isn't theirs."""

    @wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        with timezone.override(time_zone_of(request)):
            if not (request.user.is_active and request.user.is_superuser):
                return protect(render(request, "dashboard/not_yours.html", status=403))
            return protect(about_one_account(view, request, *args, **kwargs))

    return wrapper


def about_one_account(view: View, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Gives the view the account that the request is about. Where there are several, all that its answer
    leads to names that account."""
    accounts = kept_accounts()
    account = account_of(request, accounts)
    request.account, request.accounts = account, list(accounts.values()) or [account]
    request.GET = without_account(request.GET)
    response = view(request, *args, **kwargs)
    if len(accounts) > 1:
        name_account(response, account.name, request.get_full_path())
    return response


def kept_accounts() -> dict[str, Account]:
    """name → account, with its connection."""
    found: dict[str, Account] = Account.objects.by_name()
    return {name: account for name, account in found.items() if not account.is_removed}


def account_of(request: Any, accounts: Mapping[str, Account]) -> Account:
    """The account that the request names, else the one that this session was last about: for a page that is
    opened. Anything else that names none comes from a page of the time when there was but one, which was the
    default one. Raises Http404."""
    wanted = request.GET.get(ACCOUNT)
    if wanted is not None:
        if wanted not in accounts:
            raise Http404(f"There is no account {wanted[:64]!r}.")
        if is_opened(request) and request.session.get(ACCOUNT, settings.SESSION_NAME) != wanted:
            request.session[ACCOUNT] = wanted
        return accounts[wanted]
    remembered = request.session.get(ACCOUNT) if is_opened(request) else None
    found = accounts.get(str(remembered)) or accounts.get(settings.SESSION_NAME)
    return found or Account.default()


def is_opened(request: Any) -> bool:
    """Whether somebody opens a page: no part of one or picture in one, and no form that is sent."""
    return (
        request.method == "GET"
        and not request.htmx
        and "text/html" in request.headers.get("Accept", "text/html")
    )


def without_account(query: QueryDict) -> QueryDict:
    """The query as views know it: none of them has to pass the account on."""
    if ACCOUNT not in query:
        return query
    others = query.copy()
    del others[ACCOUNT]
    return others


def sign_in_first(request: Any) -> HttpResponseBase:
    """Leads to the sign-in and back; a part of a page that asks takes its whole page along."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    return HttpResponse(headers={"HX-Refresh": "true"})


def protect(response: Answer) -> Answer:
    """Gives a page its policy. No cache keeps what it says, after signing out least of all."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


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
