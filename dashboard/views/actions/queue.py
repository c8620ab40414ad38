"""The queue of acts: what was asked for, what came of it, and taking it back or trying it again."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import owner_page
from dashboard.answers import DIALOG, go, show
from dashboard.data.actions import queue as data
from dashboard.data.actions.kinds import groups
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import actions as acts
from whatsapp.models import Action


@require_safe
@owner_page
def actions(request: Request) -> HttpResponseBase:
    filters = data.Filters.of(request.account, request.GET)
    slice = slice_of(filters.acts(request.account), request)
    context = {
        "groups": groups(),
        "filters": filters,
        "kinds": data.kinds(),
        "statuses": Action.Status.values,
        "slice": slice,
        "rows": data.rows_of(request.account, slice.rows),
        "pace": data.pace(),
        "waiting": data.waiting(request.account),
        "path": request.get_full_path(),
    }
    return show(request, "dashboard/actions/queue.html", context, parts=("results",))


@require_safe
@owner_page
def action(request: Request, action_id: int) -> HttpResponseBase:
    """One act, live until nothing comes of it any more."""
    (row,) = data.rows_of(request.account, [found(request, action_id)])
    return show(request, "dashboard/actions/action.html", {"row": row, "pace": data.pace()}, parts=("act",))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def cancel(request: Request, action_id: int) -> HttpResponseBase:
    """Asks first, for what is cancelled has to be asked for anew."""
    row = found(request, action_id)
    if request.method == "POST":
        return change(request, row, acts.cancel, "It is cancelled.")
    context = {
        "title": "Cancel this action?",
        "text": "It has not begun yet, and won't be done.",
        "does": "Cancel it",
        "path": request.path,
        "back": f"/actions/{row.pk}",
    }
    return show(request, "dashboard/confirm.html", context, parts=(DIALOG,))


@require_POST
@owner_page
def retry(request: Request, action_id: int) -> HttpResponseBase:
    return change(request, found(request, action_id), acts.retry, "It is queued again.")


def change(request: Request, row: Action, act: Callable[[Action], Any], said: str) -> HttpResponseBase:
    """Does it, and says on the act's page what came of that, or why it can't be."""
    try:
        act(row)
    except acts.NotNow as error:
        return go(request, f"/actions/{row.pk}", str(error), is_bad=True)
    return go(request, f"/actions/{row.pk}", said)


def found(request: Request, action_id: int) -> Action:
    """The account's act. Raises Http404."""
    row: Action | None = Action.objects.filter(account=request.account, pk=action_id).first()
    if row is None:
        raise Http404
    return row
