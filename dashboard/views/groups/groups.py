"""Groups: the list, one of them with who is in it, who has left, and what has become of it."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.contacts.contacts import rows_of as people_rows
from dashboard.data.groups import acts as group_acts
from dashboard.data.groups import groups as data
from dashboard.data.groups import history as group_history
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import actions
from whatsapp.models import Action, Group, GroupChange, GroupParticipant


@require_safe
@owner_page
def groups(request: Request) -> HttpResponseBase:
    text = request.GET.get("q", "").strip()
    found = slice_of(data.found(request.account, text), request)
    context = {"q": text, "slice": found, "rows": data.rows_of(request.account, found.rows)}
    return show(request, "dashboard/groups/groups.html", context, parts=("results",))


@require_safe
@owner_page
def group(request: Request, jid: str) -> HttpResponseBase:
    found = group_or_404(request, jid)
    text = request.GET.get("q", "").strip()
    page = data.GroupPage(request.account, found, text, request.GET.get("page", "1"))
    context = {"page": page, "group": found, "q": text, "tab": "people"}
    return show(request, "dashboard/groups/group.html", context, parts=("about", "people"))


@require_safe
@owner_page
def former(request: Request, jid: str) -> HttpResponseBase:
    found = group_or_404(request, jid)
    rows = slice_of(GroupParticipant.objects.filter(group=found).former(), request)
    people = people_rows(request.account, [seat.contact for seat in rows.rows])
    context = {
        "page": data.GroupPage(request.account, found),
        "group": found,
        "slice": rows,
        "seats": list(zip(rows.rows, people, strict=True)),
        "tab": "former",
    }
    return show(request, "dashboard/groups/former.html", context, parts=("about",))


@require_safe
@owner_page
def history(request: Request, jid: str) -> HttpResponseBase:
    found = group_or_404(request, jid)
    changes = GroupChange.objects.filter(group=found).select_related("actor", "contact").newest_first()
    rows = slice_of(changes, request)
    context = {
        "page": data.GroupPage(request.account, found),
        "group": found,
        "slice": rows,
        "changes": group_history.told(request.account, rows.rows),
        "tab": "history",
    }
    return show(request, "dashboard/groups/history.html", context, parts=("about", "results"))


@require_safe
@owner_page
def results(request: Request, jid: str, action_id: int) -> HttpResponseBase:
    """What came of adding or changing people, person by person."""
    found = group_or_404(request, jid)
    acts = Action.objects.filter(account=request.account, kind=actions.CHANGE_PARTICIPANTS, jid=found.jid)
    action = get_object_or_404(acts, pk=action_id)
    context = {
        "page": data.GroupPage(request.account, found),
        "group": found,
        "action": action,
        "is_waiting": action.status in actions.UNFINISHED,
        "results": group_acts.results_of(request.account, action),
    }
    return show(request, "dashboard/groups/results.html", context, parts=("results",))


def group_or_404(request: Request, jid: str) -> Group:
    found = data.group_at(request.account, jid)
    if found is None:
        raise Http404("No group of that address is known to the hub.")
    return found
