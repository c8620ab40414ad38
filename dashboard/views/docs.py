"""The API's description: all calls, each with code and a way to try it; and how programs listen."""

from django.http import Http404
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.docs import code, snippets
from dashboard.data.docs import docs as data
from dashboard.requests import Request


@require_safe
@owner_page
def docs(request: Request) -> HttpResponseBase:
    return show(request, "dashboard/docs/docs.html", {"groups": data.groups()})


@require_safe
@owner_page
def group(request: Request, tag: str) -> HttpResponseBase:
    """Leads to the calls with that tag."""
    if data.group_with(tag) is None:
        raise Http404
    return HttpResponseRedirect(f"/docs#{tag}")


@require_safe
@owner_page
def call(request: Request, tag: str, name: str) -> HttpResponseBase:
    found = data.calls().get((tag, name))
    if found is None:
        raise Http404
    context = {
        "call": found,
        "group": data.group_with(tag),
        "codes": code.all_of(found, request.build_absolute_uri("/")),
    }
    return show(request, "dashboard/docs/call.html", context)


@require_safe
@owner_page
def clients(request: Request) -> HttpResponseBase:
    """How to generate a client, and how to listen."""
    return show(
        request,
        "dashboard/docs/clients.html",
        {"sections": snippets.sections(request.build_absolute_uri("/"))},
    )
