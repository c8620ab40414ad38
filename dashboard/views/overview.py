"""The overview: the first page."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.overview.overview import Overview
from dashboard.requests import Request


@require_safe
@owner_page
def overview(request: Request) -> HttpResponseBase:
    """Each of its parts is fetched anew by itself, at its own pace."""
    parts = ("steps", "health", "figures", "charts", "latest")
    return show(request, "dashboard/overview.html", {"overview": Overview(request.account)}, parts)
