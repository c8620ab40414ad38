"""How the line to WhatsApp is, as every page's menu shows it."""

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.requests import Request


@require_safe
@owner_page
def line_state(request: Request) -> HttpResponseBase:
    return render(request, "dashboard/parts/line_state.html")
