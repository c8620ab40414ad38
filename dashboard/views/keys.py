"""Keys for programs: who has one, a new one, another name or end, and no more of one."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from api.resources.keys import LONGEST_NAME, MOST_DAYS
from dashboard.access import owner_page
from dashboard.answers import DIALOG, go, show
from dashboard.data import keys as data
from dashboard.data.choosing import jid_meant
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import api_keys
from whatsapp.models import ApiKey


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def keys(request: Request) -> HttpResponseBase:
    """All keys, and the form of a new one. One that was made is shown once, in the answer: it is kept
    nowhere, so there is no address that could show it again."""
    typed: dict[str, str] = {}
    scopes: list[str] = []
    accounts: list[str] = []
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        typed, scopes = request.POST.dict(), request.POST.getlist("scopes")
        accounts = request.POST.getlist("accounts")
        adder = data.CHATS.adder
        if typed.get(adder, "").strip():
            typed[adder] = (
                jid_meant(request.account, typed[adder], data.CHATS.only.split(",")) or typed[adder]
            )
        row, key, errors = data.make(typed, scopes, accounts)
        if row is not None:
            (made,) = data.rows_of(request.account, [row])
            base = request.build_absolute_uri("/api/connection/status")
            return show(request, "dashboard/keys/made.html", {"row": made, "key": key, "address": base})
    slice = slice_of(data.all_keys(), request)
    context = {
        "slice": slice,
        "rows": data.rows_of(request.account, slice.rows),
        "scopes": [(scope, text, scope in scopes) for scope, text in data.SCOPES.items()],
        "accounts": [(name, name in accounts) for name in data.account_names()],
        "typed": typed,
        "errors": data.grouped(errors),
        "chats": data.CHATS,
        "most_days": MOST_DAYS,
        "longest_name": LONGEST_NAME,
    }
    return show(request, "dashboard/keys/keys.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def key(request: Request, key_id: int) -> HttpResponseBase:
    """Another name or end for a key. What it may do is for ever."""
    row = key_with(key_id)
    errors: dict[str, list[str]] = {}
    typed: dict[str, Any] = {"name": row.name, "expires_at": data.local_text(row.expires_at)}
    if request.method == "POST":
        if row.revoked_at is not None:
            return go(request, "/keys", "This key is revoked, so nothing of it can be changed.", is_bad=True)
        typed = request.POST.dict()
        errors = data.edit(row, typed)
        if not errors:
            return go(request, "/keys", "The key is changed.")
    context = {"key": row, "typed": typed, "errors": errors, "longest_name": LONGEST_NAME}
    return show(request, "dashboard/keys/edit.html", context, parts=(DIALOG,), status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def revoke(request: Request, key_id: int) -> HttpResponseBase:
    row = key_with(key_id)
    if request.method == "POST":
        is_new = api_keys.revoke(row)
        return go(request, "/keys", "The key is revoked." if is_new else "It was revoked before.")
    context = {
        "title": f"Revoke the key {row.name}?",
        "text": "It stops to work at once, for good. Programs that use it are refused from then on.",
        "does": "Revoke it",
        "path": request.path,
        "back": "/keys",
    }
    return show(request, "dashboard/confirm.html", context, parts=(DIALOG,))


def key_with(key_id: int) -> ApiKey:
    """Raises Http404."""
    row: ApiKey | None = ApiKey.objects.filter(pk=key_id).first()
    if row is None:
        raise Http404
    return row
