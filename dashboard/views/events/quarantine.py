"""The quarantine: what could not be handled, and handling it again."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.access import owner_page
from dashboard.answers import go, show
from dashboard.data.events import quarantine as data
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import wakeup
from whatsapp.models import InboxEvent


@require_safe
@owner_page
def quarantine(request: Request) -> HttpResponseBase:
    page = slice_of(data.found(request.account), request)
    context = {
        "slice": page,
        "rows": [data.Row(event) for event in page.rows],
        "number": data.number_words(data.number(request.account)),
    }
    return show(request, "dashboard/events/quarantine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def quarantined(request: Request, event_id: int) -> HttpResponseBase:
    """One of them with its data; a POST puts it back in line."""
    rows = InboxEvent.objects.filter(account=request.account, pk=event_id)
    if request.method == "POST":
        return put_back(request, rows.put_back_in_line())
    event = rows.filter(state=InboxEvent.State.QUARANTINED).first()
    if event is None:
        raise Http404
    event.size = len(event.data)  # as lists have it
    context = {"row": data.Row(event), "contents": data.contents_of(event)}
    return show(request, "dashboard/events/quarantined.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def quarantine_replay(request: Request) -> HttpResponseBase:
    """Asks, and puts all of them back in line."""
    if request.method == "POST":
        rows = InboxEvent.objects.filter(account=request.account)
        return put_back(request, rows.put_back_in_line())
    context = {
        "title": "Handle them again?",
        "text": f"All events in quarantine ({data.number_words(data.number(request.account))}) are put back "
        "in line, in their old order. What still can't be handled comes back here.",
        "does": "Handle them again",
        "path": request.path,
        "back": reverse("events_quarantine"),
    }
    return show(request, "dashboard/confirm.html", context, ("dialog",))


def put_back(request: Request, number: int) -> HttpResponseBase:
    wakeup.nudge()
    if not number:
        return go(request, "events_quarantine", "It is not in quarantine any more.")
    said = f"{number:,} event{' is' if number == 1 else 's are'} back in line."
    return go(request, "events_quarantine", said)
