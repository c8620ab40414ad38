"""Figures for Prometheus: what the hub has done and how it is."""

import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import gauges, metrics

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER, UNKNOWN, STATIC = "OTHER", "unknown", "static"


class MetricsViewSet(ApiViewSet):
    pagination_class = None
    filter_backends = []
    is_of_account = False

    @call(
        "Get the hub's figures in Prometheus's text format",
        tag="service",
        answer=OpenApiTypes.STR,
        media_types=("text/plain",),
        errors=(),
        is_of_hub=True,
        operation_id="service_metrics",
    )
    def metrics(self, request: Request) -> HttpResponse:
        return HttpResponse(metrics.exposition(gauges.State()), content_type=metrics.CONTENT_TYPE)


class CountRequests:
    """Middleware: counts each request and how long it took until its answer began."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else OTHER
        metrics.note_request(
            method or OTHER, response.status_code, family_of(request), time.perf_counter() - begun
        )
        return response


def family_of(request: HttpRequest) -> str:
    """What the request is about, in one word. There are as many as the routes have, whatever is asked for."""
    match = request.resolver_match
    if match is not None:
        return family_of_route(match.route)
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else UNKNOWN


@cache
def family_of_route(route: str) -> str:
    """`messages` for `api/messages/<str:message_id>`, `admin` for all of the admin."""
    first, _, rest = route.partition("/")
    word = rest.partition("/")[0] if first == "api" and rest else first
    if not word:
        return "root"
    return word if word[0].isalpha() else UNKNOWN
