"""Calls, and declining one that rings."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from api.resources.acts import RejectCallBody
from dashboard.access import owner_page
from dashboard.acting import perform
from dashboard.answers import go, show
from dashboard.data.events import calls as data
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import actions
from whatsapp.models import Call


@require_safe
@owner_page
def calls(request: Request) -> HttpResponseBase:
    status = request.GET.get("status", "")
    page = slice_of(data.found(request.account, status), request)
    context = {
        "status": status,
        "statuses": data.STATUSES,
        "slice": page,
        "rows": data.rows_of(request.account, list(page.rows)),
    }
    return show(request, "dashboard/events/calls.html", context, ("results",))


@require_POST
@owner_page
def call_reject(request: Request, call_key: int) -> HttpResponseBase:
    call = Call.objects.filter(account=request.account, pk=call_key).select_related("chat").first()
    if call is None:
        raise Http404
    outcome = perform(
        request.account,
        actions.REJECT_CALL,
        {"call_id": call.call_id},
        RejectCallBody,
        defaults={"jid": call.chat.jid if call.chat else None},
    )
    if outcome.errors:
        return go(request, "events_calls", outcome.sentence, is_bad=True)
    return go(request, "events_calls", outcome.sentence or "The call is declined.")
