"""The API itself: its summary, its description, and what is not there."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api import schema
from api.browsing import prefers_html
from api.errors import NotFound
from api.renderers import dumps
from api.resources.service import SUMMARY, SummarySerializer
from api.schema import call
from api.views.base import ApiViewSet

NAME = "WhatsApp Hub API"
TAG = "service"


class RootViewSet(ApiViewSet):
    pagination_class = None
    filter_backends = []
    is_of_account = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A person's browser is shown the description; a program gets the summary."""
        if request.method == "GET" and prefers_html(request):
            return redirect("/api/docs")
        return super().dispatch(request, *args, **kwargs)

    @call(
        "Get a summary of the API",
        tag=TAG,
        answer=SummarySerializer,
        example=SUMMARY,
        errors=(),
        operation_id="service_summary",
    )
    def summary(self, request: Request) -> Response:
        return Response({"name": NAME, "version": settings.VERSION, "endpoints": schema.endpoints()})


class SchemaViewSet(ApiViewSet):
    authentication_classes = []
    permission_classes = []
    pagination_class = None
    filter_backends = []
    is_of_account = False

    @call(
        "Get this description",
        tag=TAG,
        answer=OpenApiTypes.OBJECT,
        errors=(),
        key=False,
        operation_id="service_description",
    )
    def openapi(self, request: Request) -> HttpResponse:
        return HttpResponse(dumps(schema.document()), content_type="application/json")


class UnknownViewSet(ApiViewSet):
    """Whatever is not there. Without a key, nobody learns that."""

    schema = None
    is_of_account = False
    http_method_names = [*ApiViewSet.http_method_names, "options"]

    def answer(self, request: Request, rest: str = "") -> Response:
        raise NotFound(f"There is nothing at {request.path}.")


unknown = UnknownViewSet.as_view(
    dict.fromkeys(("get", "post", "put", "patch", "delete", "options"), "answer")
)


def version_1(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """`/api/v1` is `/api`."""
    return answer_as(request, "/api" + rest)


def otherwise(request: HttpRequest, rest: str) -> HttpResponseBase:
    """A path that no route has: once more without its slash at the end, else nothing is there."""
    path = request.path_info
    if path.endswith("/"):
        return answer_as(request, path.rstrip("/"))
    return unknown(request, rest=rest)


def answer_as(request: HttpRequest, path: str) -> HttpResponseBase:
    """The answer of the route for `path`."""
    try:
        match = resolve(path)
    except Resolver404:
        return unknown(request)
    if match.func is otherwise and path.endswith("/"):
        return answer_as(request, path.rstrip("/"))
    if match.func in (otherwise, version_1):
        return unknown(request)
    request.resolver_match = match
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response
