"""Whom a field may mean, while one types in it (`templates/dashboard/parts/chooser.html`)."""

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.data.choosing import choices, kinds_in
from dashboard.requests import Request


@require_safe
@owner_page
def choose(request: Request) -> HttpResponseBase:
    """The options of a list: those whom `q` finds, of the `kinds` that are asked for."""
    found = choices(request.account, request.GET.get("q", ""), kinds_in(request.GET.get("kinds", "")))
    return render(request, "dashboard/parts/choices.html", {"choices": found})
