"""The event log, live; one event as JSON; deleting old ones."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.access import owner_page
from dashboard.answers import go, show
from dashboard.data.events import log as data
from dashboard.data.events import pruning
from dashboard.paging import CURSOR, slice_of
from dashboard.requests import Request
from whatsapp import preferences, upkeep
from whatsapp.models import Event

MOST_NEW = 50
LARGEST_KEY = 2**63 - 1


@require_safe
@owner_page
def events(request: Request) -> HttpResponseBase:
    """The log, newest first. `?after=` is for the live part: only rows with a higher id."""
    wanted = request.GET.get("type", "").strip()[:64]
    after = key_in(request.GET.get("after", ""))
    if after is not None and request.htmx:
        return newer(request, wanted, after)
    newest = Event.objects.newest_id()
    page = slice_of(data.light(data.found(request.account, wanted)), request)
    types = data.types_of(request.account)
    context: dict[str, Any] = {
        "type": wanted,
        "is_known": not wanted or any(one.name == wanted for one in types),
        "types": types,
        "slice": page,
        "lines": data.lines_of(request.account, page.rows),
        "newest": newest,
        "is_live": CURSOR not in request.GET,
    }
    return show(request, "dashboard/events/log.html", context)


def newer(request: Request, wanted: str, after: int) -> HttpResponseBase:
    """The rows that are new, for the top of the list; a reload where there are more than fit."""
    rows = list(data.newer(request.account, wanted, after, MOST_NEW + 1))
    context = {
        "lines": data.lines_of(request.account, rows[:MOST_NEW]),
        "newest": rows[0].pk if rows else after,
    }
    response = render(request, "dashboard/events/log.html#rows", context)
    if len(rows) > MOST_NEW:
        response["HX-Refresh"] = "true"
    return response


def key_in(text: str) -> int | None:
    is_key = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_KEY
    return int(text) if is_key else None


@require_safe
@owner_page
def event(request: Request, event_id: int) -> HttpResponseBase:
    """One event; in the list, its JSON alone."""
    detail = data.detail_of(request.account, event_id)
    if detail is None:
        raise Http404
    if request.htmx and request.htmx.target == f"json-{event_id}":
        return render(request, "dashboard/events/event.html#json", {"detail": detail})
    return show(request, "dashboard/events/event.html", {"detail": detail})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def events_prune(request: Request) -> HttpResponseBase:
    """Asks how old events must be to go, and deletes them."""
    asked = request.POST if request.method == "POST" else request.GET
    typed = asked.get("days", str(pruning.DEFAULT_DAYS))
    days = pruning.days_in(typed)
    if request.method == "POST" and days is not None:
        deleted = upkeep.forget_old_events(request.account, days)
        said = f"{deleted:,} event{' is' if deleted == 1 else 's are'} deleted."
        return go(request, "events", said if deleted else "Nothing was to be deleted.")
    context = {
        "typed": typed,
        "error": pruning.WRONG if days is None else "",
        "number": pruning.number_words(pruning.number_before(request.account, days)) if days else "",
        "kept_days": preferences.get("eventRetentionDays"),
        "most": upkeep.MOST_DAYS,
    }
    parts = ("dialog", "so-old")
    status = 422 if days is None and request.method == "POST" else 200
    return show(request, "dashboard/events/prune.html", context, parts, status)
