"""Signing in with the API key, and out."""

from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from api import guesses
from api.access import OWNER
from dashboard.access import account_of, kept_accounts, protect
from whatsapp.models import Connection

TEMPLATE = "dashboard/signing_in.html"
HOME, FIRST_STEPS = "/", "/connection"


@sensitive_post_parameters("key")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Asks for the API key. Whoever has shown it goes on to what they wanted; to the connection when no phone
    is linked yet."""
    wanted = safe_path(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(wanted or HOME)
        return answer(request, {"next": wanted})
    if guesses.are_too_many(guesses.address_of(request)):
        return answer(request, {"next": wanted, "error": TOO_MANY}, 429)
    key = request.POST.get("key", "").strip()
    if not key:
        return answer(request, {"next": wanted, "error": "Enter the API key."}, 422)
    user = auth.authenticate(request, username=OWNER.name, password=key)
    if user is None:
        return answer(request, {"next": wanted, "error": WRONG}, 422)
    auth.login(request, user)
    return HttpResponseRedirect(first_page(request) if wanted in ("", HOME) else wanted)


WRONG = "That is not this hub's API key. It is the line API_KEY= in the file .env beside the hub."
TOO_MANY = "Too many wrong keys from this address. Try again in a minute."


def answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponseBase:
    return protect(render(request, TEMPLATE, context, status=status))


def safe_path(request: HttpRequest, path: str) -> str:
    """The path, if it leads to this hub; else nothing."""
    return path if url_has_allowed_host_and_scheme(path, {request.get_host()}) else ""


def first_page(request: HttpRequest) -> str:
    account = account_of(request, kept_accounts())
    is_linked = account.device or account.connection.status == Connection.Status.CONNECTED
    return HOME if is_linked else FIRST_STEPS


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    auth.logout(request)
    return redirect("sign_in")
