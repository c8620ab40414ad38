"""The line to WhatsApp: linking a phone, how the line is, commands to it, and a first message."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.resources.acts import SendTextBody
from api.resources.connection import PairBody
from dashboard.access import owner_page
from dashboard.acting import Outcome, perform
from dashboard.answers import go, part_wanted, show, tell
from dashboard.data.connection import line as data
from dashboard.naming import ACCOUNT
from dashboard.requests import Request
from whatsapp import accounts, actions
from whatsapp.models import Connection

TEMPLATE = "dashboard/connection/line.html"
STATE = "state"  # the part that holds all others
PARTS = (STATE, "line", "code", "pairing", "message", "accounts")

COMMAND_SECONDS = 5.0
NOT_TAKEN = "The session process has not taken it yet. It is done as soon as that runs."


@require_safe
@owner_page
def connection(request: Request) -> HttpResponseBase:
    """`?pairing=` and `?sent=` are acts whose outcome is shown; `?shown=` is what a live page looks like."""
    line = data.line_of(request.account)
    shown = request.GET.get("shown")
    if part_wanted(request, PARTS) == STATE and shown:
        if shown == line.shape:
            return HttpResponse(status=204)  # what changes within it is fetched part by part
        tell_change(request, line)
    return answer(
        request,
        line,
        data.pairing_of(line, request.GET.get("pairing")),
        data.message_of(request.account, request.GET.get("sent")),
    )


def tell_change(request: Request, line: data.Line) -> None:
    if line.is_linked:
        tell(request, f"Linked as {line.me.name}.")
    else:
        tell(request, "No phone is linked any more.", is_bad=True)


def answer(
    request: Request,
    line: data.Line,
    pairing: data.Pairing | None = None,
    message: data.FirstMessage | None = None,
    new: data.NewAccount | None = None,
    status: int = 200,
) -> HttpResponseBase:
    context: dict[str, Any] = {
        "line": line,
        "pairing": pairing or data.Pairing(),
        "first": message or data.FirstMessage(),
        "lines": data.lines(request.accounts),
        "new": new or data.NewAccount(),
        "is_live": request.method != "POST",  # what was typed is not to be lost by loading the page again
    }
    return show(request, TEMPLATE, context, parts=PARTS, status=status)


# Linking without a camera


@require_POST
@owner_page
def pair(request: Request) -> HttpResponseBase:
    """Asks WhatsApp for a code to type into the phone."""
    line = data.line_of(request.account)
    phone = request.POST.get("phone", "").strip()
    outcome = refusal_to_pair(line) or perform(request.account, actions.PAIR, {"phone": phone}, PairBody)
    if outcome.errors:
        errors = [sentence for sentences in outcome.errors.values() for sentence in sentences]
        return answer(request, line, data.Pairing(phone=phone, errors=errors), status=422)
    key = str(outcome.action.pk) if outcome.action is not None else None
    if part_wanted(request, PARTS):
        return answer(request, line, data.pairing_of(line, key))
    return go(request, f"{reverse('connection')}?pairing={key}")


def refusal_to_pair(line: data.Line) -> Outcome | None:
    """Why no code can be had now; None when one can."""
    if line.is_linked:
        return Outcome(errors={"": ["A phone is linked already. Unlink it first."]})
    if line.state != Connection.Status.QR:
        return Outcome(
            errors={"": ["The hub has no line to WhatsApp yet. Try again when a QR code is shown."]}
        )
    return None


# A message to begin with


@require_POST
@owner_page
def first_message(request: Request) -> HttpResponseBase:
    values = {name: request.POST.get(name, "") for name in ("jid", "text")}
    defaults: dict[str, Any] = {"quoted_id": None, "mentions": []}
    outcome = perform(request.account, actions.SEND_TEXT, values, SendTextBody, defaults=defaults)
    if outcome.errors:
        line = data.line_of(request.account)
        refused = data.FirstMessage(values=values, errors=outcome.errors)
        return answer(request, line, message=refused, status=422)
    key = str(outcome.action.pk) if outcome.action is not None else None
    if part_wanted(request, PARTS):
        return answer(request, data.line_of(request.account), message=data.message_of(request.account, key))
    return go(request, f"{reverse('connection')}?sent={key}")


# Commands


@require_POST
@owner_page
def restart(request: Request) -> HttpResponseBase:
    return command(request, actions.RESTART, "The line is opened anew. The phone stays linked.")


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def new_qr(request: Request) -> HttpResponseBase:
    """Asks first when that unlinks a phone."""
    if request.method != "POST":
        return ask(request, actions.NEW_QR)
    return command(request, actions.NEW_QR, "A new code is on its way.")


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def logout(request: Request) -> HttpResponseBase:
    if request.method != "POST":
        return ask(request, actions.LOGOUT)
    return command(request, actions.LOGOUT, "The phone is unlinked. What is stored stays.")


def ask(request: Request, kind: str) -> HttpResponseBase:
    """Says what is lost and what stays, before a phone is unlinked."""
    line = data.line_of(request.account)
    context = {"line": line, "is_logout": kind == actions.LOGOUT, "path": request.path}
    return show(request, "dashboard/connection/unlink.html", context, parts=("dialog",))


def command(request: Request, kind: str, done: str) -> HttpResponseBase:
    """Gives the session process a command, and leads back to where one sees what comes of it."""
    outcome = perform(request.account, kind, seconds=COMMAND_SECONDS)
    said = outcome.sentence if outcome.errors else NOT_TAKEN if outcome.is_waiting else done
    return go(request, "connection", said, is_bad=not outcome.is_done)


# Accounts


@require_POST
@owner_page
def new_account(request: Request) -> HttpResponseBase:
    """Makes an account for another number, and leads to the page on which its code is shown."""
    name = request.POST.get("name", "").strip()
    try:
        made = accounts.create(name)
    except accounts.BadName as error:
        refused = data.NewAccount(name, str(error))
        return answer(request, data.line_of(request.account), new=refused, status=422)
    said = f"The account {made.name} is made. Link its phone here."
    return go(request, path_of(made.name), said)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def remove_account(request: Request) -> HttpResponseBase:
    """Says what is lost, and removes the account that the page is about once its name is typed."""
    account = request.account
    if account.is_default:
        return go(request, "connection", str(accounts.IsDefault()), is_bad=True)
    error = ""
    if request.method == "POST":
        if request.POST.get("name", "").strip() == account.name:
            accounts.remove(account)
            said = f"The account {account.name} is removed. What was stored of it is being deleted."
            return go(request, path_of(settings.SESSION_NAME), said)
        error = f"Type {account.name}, and it is removed."
    context = {"line": data.line_of(account), "stored": data.stored_of(account), "error": error}
    status = 422 if error else 200
    return show(request, "dashboard/connection/remove.html", context, parts=("dialog",), status=status)


def path_of(name: str) -> str:
    """The address of this page about that account."""
    return f"{reverse('connection')}?{urlencode({ACCOUNT: name})}"
