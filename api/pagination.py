"""Pages: `limit` and `offset` in, `{data, total}` out."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

MOST_ROWS = 500
LAST_OFFSET = 2**62  # a database takes no more; nothing is there long before

LIMIT, OFFSET = "limit", "offset"
PARAMETERS = (LIMIT, OFFSET)


class Page(BasePagination):
    """One page of a query set. `load`, a method of the view, makes rows of the slice; without it, `list`."""

    default_limit = 50

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        limit = number(request, LIMIT, self.default_limit) or self.default_limit
        offset = number(request, OFFSET, 0)
        load: Callable[[QuerySet[Any]], Iterable[Any]] = getattr(view, "load", list)
        self.total = queryset.count()
        start = min(offset, LAST_OFFSET)
        return list(load(queryset[start : start + min(limit, MOST_ROWS)]))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"data": data, "total": self.total})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "total"],
            "properties": {
                "data": schema,
                "total": {
                    "type": "integer",
                    "example": 1,
                    "description": "How many there are in all, whatever the page.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": LIMIT,
                "in": "query",
                "description": f"How many at most; more than {MOST_ROWS} counts as {MOST_ROWS}.",
                "schema": {"type": "integer", "default": self.default_limit},
            },
            {
                "name": OFFSET,
                "in": "query",
                "description": "How many to leave out at the start.",
                "schema": {"type": "integer", "default": 0},
            },
        ]


class LongPage(Page):
    default_limit = 100


class PageWithoutTotal(Page):
    """A page of something that is not worth counting: `{data}`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        limit = number(request, LIMIT, self.default_limit) or self.default_limit
        start = min(number(request, OFFSET, 0), LAST_OFFSET)
        return list(queryset[start : start + min(limit, MOST_ROWS)])

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"data": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "required": ["data"], "properties": {"data": schema}}


def number(request: Request, name: str, default: int) -> int:
    """The whole number in the query; the default when it is absent or below zero, as it always was."""
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if not text.removeprefix("-").isdecimal() or len(text) > 30:
        raise ValidationError({name: [f"{text[:40]!r} is not a whole number."]})
    value = int(text)
    return value if value >= 0 else default
