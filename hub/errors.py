"""What is answered when no view does: JSON to programs, a page to people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api import errors
from api.browsing import prefers_html
from dashboard.access import CONTENT_SECURITY_POLICY


def is_for_people(request: HttpRequest) -> bool:
    return prefers_html(request) and not request.path_info.startswith("/api/")


def page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context = {"title": title, "text": text, "status": status}
    response = render(request, "dashboard/error.html", context, status=status)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_for_people(request):
        return errors.bad_request(request, exception)
    return page(request, 400, "That can't be answered", "The address or what was sent with it is malformed.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_for_people(request):
        return errors.page_not_found(request, exception)
    return page(request, 404, "Nothing is here", "It may have been deleted, or the address has a mistake.")


def server_error(request: HttpRequest) -> HttpResponse:
    if not is_for_people(request):
        return errors.server_error(request)
    return page(
        request,
        500,
        "The hub has made a mistake",
        "What it was is in the hub's log. Nothing else is affected.",
    )
