"""Trying the event stream out, in the browser."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.connection import listening as data
from dashboard.requests import Request
from whatsapp import events
from whatsapp.models import Event


@require_safe
@owner_page
def connection_try(request: Request) -> HttpResponseBase:
    """`?events=` (many) and `?since=` are what the form has; the commands say the same."""
    families = data.families()
    chosen = tuple(name for name in request.GET.getlist("events") if name in families)
    since = request.GET.get("since", "").strip()
    wanted = data.Wanted(chosen, since if since.isdecimal() else "")
    context = {
        "families": [(name, name in chosen) for name in families],
        "types": events.TYPES,
        "wanted": wanted,
        "newest": Event.objects.newest_id(),
        "snippets": data.snippets(request.account, wanted, request.get_host(), request.is_secure()),
        "close_codes": data.CLOSE_CODES,
    }
    return show(request, "dashboard/connection/listening.html", context, parts=("snippets",))
