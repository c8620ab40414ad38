"""Presence: who is online, and the log of changes."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.events import presence as data
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import preferences


@require_safe
@owner_page
def presence(request: Request) -> HttpResponseBase:
    person = data.person(request.account, request.GET.get("person", "").strip()[:128])
    page = slice_of(data.found(request.account, person), request)
    online, are_more = data.online_now(request.account)
    context = {
        "person": person,
        "online": online,
        "are_more": are_more,
        "is_tracking": preferences.get("trackPresence"),
        "slice": page,
        "changes": data.changes_of(request.account, list(page.rows)),
    }
    return show(request, "dashboard/events/presence.html", context, ("results",))
