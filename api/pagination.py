"""Pages: `limit` with `cursor` or `offset` in, `{data, total, next}` out.

A cursor is a place in the order of a list, so the next page begins right after the last row of this one,
whatever has been inserted meanwhile, and costs the same however far it is. `total` is counted for the first
page and travels in the cursor.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import QUERY_PARAMETER
from api.ordering import Ordering, Unusable
from whatsapp.models import MessageIndex
from whatsapp.prepared import Prepared, Slots, number_of, rows_of
from whatsapp.shapes import Record, Shape

MOST_ROWS = 500
LAST_OFFSET = 2**62  # a database takes no more; nothing is there long before
MOST_DIGITS = 30  # of a number in a query

LIMIT, OFFSET, CURSOR = "limit", "offset", "cursor"
PARAMETERS = (LIMIT, OFFSET, CURSOR)

SEAL_BYTES = 12
NO_PART_OF_A_QUERY = (*PARAMETERS, QUERY_PARAMETER)  # what may change from page to page

Complete = Callable[[list[Record], Sequence[Any]], None]


class Page(BasePagination):
    """One page of a query set, in its own order, which must leave no two rows in doubt."""

    default_limit = 50
    has_total = True

    total: int | None = None
    next: str | None = None

    def records(
        self,
        queryset: QuerySet[Any],
        request: Request,
        view: Any,
        shape: Shape,
        complete: Complete | None = None,
    ) -> list[Record]:
        """The page's records, made of plain rows in two queries. `complete` gets them and what the shape has
        beside each, to fill in what belongs to them."""
        ordering = Ordering.of(queryset)
        window = self._window(queryset, ordering, request, view)
        # The page's keys are found first, by an index alone: what is skipped is neither joined nor read.
        places = ("pk",) if ordering.is_by_key else ("pk", *ordering.paths)
        rows = self._page_of(
            rows_of(window.values_list(*places)), lambda row: row if ordering.is_by_key else row[1:]
        )
        keys = [row[0] for row in rows]
        found = records_of(queryset.model, shape, keys, complete)
        return [found[key] for key in keys if key in found]

    def keys(self, queryset: QuerySet[Any], request: Request, view: Any) -> list[int]:
        """The keys of the page's rows, for lists that show rows of another table under the same keys."""
        ordering = Ordering.of(queryset) if Ordering.is_kept_by(queryset) else None
        window = self._window(queryset, ordering, request, view)
        return [key for (key,) in self._page_of(rows_of(window.values_list("pk")), list)]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The page's rows as objects."""
        ordering = Ordering.of(queryset)
        window = self._window(queryset, ordering, request, view)
        return self._page_of(list(window), ordering.values_of)

    def _window(
        self, queryset: QuerySet[Any], ordering: Ordering | None, request: Request, view: Any
    ) -> QuerySet[Any]:
        """The rows of the page and one more, if there is more. Sets `total`. Raises ValidationError.

        Without an ordering (the order is none of values that a row keeps) a cursor is the number of rows to
        leave out.
        """
        limit = number(request, LIMIT, self.default_limit) or self.default_limit
        offset = min(number(request, OFFSET, 0), LAST_OFFSET)
        self._limit = min(limit, MOST_ROWS)
        self._query = query_text(request, view)
        if text := request.query_params.get(CURSOR, "").strip():
            if offset:
                raise ValidationError({CURSOR: ["A cursor goes without an offset: leave one of them out."]})
            self.total, *place = opened(text, self._query)
            try:
                if ordering is None:
                    (offset,) = place
                else:
                    queryset = ordering.after(queryset, place)
            except Unusable as error:
                raise ValidationError({CURSOR: [NOT_OURS]}) from error
        elif self.has_total:
            self.total = self.count(queryset)
        self._end = None if ordering is not None else offset + self._limit
        return queryset[offset : offset + self._limit + 1]

    def count(self, queryset: QuerySet[Any]) -> int:
        """How many rows there are. A model that counts in a way of its own does."""
        counts_itself = type(queryset).count is not QuerySet.count
        return queryset.count() if counts_itself else number_of(queryset.order_by().values_list("pk"))

    def _page_of(self, rows: list[Any], place: Callable[[Any], Iterable[Any]]) -> list[Any]:
        if len(rows) > self._limit:
            del rows[self._limit :]
            after = place(rows[-1]) if self._end is None else [self._end]
            self.next = sealed([self.total, *after], self._query)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        body = {"data": data, "total": self.total, "next": self.next}
        if not self.has_total:
            del body["total"]
        return Response(body)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {"data": schema}
        if self.has_total:
            properties["total"] = {
                "type": "integer",
                "example": 1,
                "description": "How many there are in all, whatever the page; with a cursor, how many there "
                "were when the first page was asked for.",
            }
        properties["next"] = {
            "type": ["string", "null"],
            "example": None,
            "description": "The `cursor` of the next page; null: this is the last one.",
        }
        return {"type": "object", "required": list(properties), "properties": properties}

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
            {
                "name": CURSOR,
                "in": "query",
                "description": "`next` of the page before, asked for with the same filters. Rows that come "
                "meanwhile move nothing, and far pages are as quick as near ones.",
                "schema": {"type": "string"},
            },
        ]


@cache
def shown_rows(model: Any, shape: Shape) -> Prepared:
    """What `shape` shows of the rows with certain `keys`, and after that each one's key."""
    rows = model._default_manager.filter(pk__in=Slots("keys")).order_by()
    return Prepared(lambda: rows.values_list(*shape.columns, "pk"))


def records_of(
    model: Any, shape: Shape, keys: Iterable[int], complete: Complete | None = None
) -> dict[int, Record]:
    """key → the record of the row with that key, of those that are there; one query."""
    columns = shown_rows(model, shape).columns(keys=keys)
    records = shape.of_columns(columns)
    if complete is not None and records:
        complete(records, shape.beside_of(columns))
    return dict(zip(columns[-1], records, strict=True)) if records else {}


class LongPage(Page):
    default_limit = 100


class LongestPage(Page):
    """As much as a page can hold, for lists that clients of old expect whole."""

    default_limit = MOST_ROWS


class HitPage(Page):
    """A page of messages, which may have been found by their text: hits are counted up to a number, and there
    `total_is_exact` is false."""

    is_of_hits = False

    def _window(self, queryset: QuerySet[Any], *place: Any) -> QuerySet[Any]:
        self.is_of_hits = queryset.model is MessageIndex
        return super()._window(queryset, *place)

    def count(self, queryset: QuerySet[Any]) -> int:
        rows: Any = queryset
        total: int = rows.count_some() if self.is_of_hits else super().count(rows)
        return total

    def get_paginated_response(self, data: Any) -> Response:
        is_exact = not (self.is_of_hits and (self.total or 0) >= MessageIndex.MOST_COUNTED)
        return Response({"data": data, "total": self.total, "total_is_exact": is_exact, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["total_is_exact"] = {
            "type": "boolean",
            "example": True,
            "description": f"False: there are `total`, {MessageIndex.MOST_COUNTED}, or more. So many of "
            "what a text finds are counted at the most.",
        }
        described["required"] = list(described["properties"])
        return described


class PageWithoutTotal(Page):
    """A page of something that is not worth counting: `{data, next}`."""

    has_total = False


def number(request: Request, name: str, default: int) -> int:
    """The whole number in the query; the default when it is absent or below zero, as it always was. One of
    many digits is cut: it is too large for anything as it is."""
    given = request.query_params.get(name, "")
    if not given:
        return default
    text = given.strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise ValidationError({name: [f"{given[:40]!r} is not a whole number."]})
    value = int(digits.lstrip("0")[:MOST_DIGITS] or 0)
    return value if digits == text else default


# Cursors: a seal, then JSON. The seal says that the hub made it, and for which query.

NOT_OURS = "This is no cursor of this list: take `next` of its page before, and keep the filters."


def query_text(request: Request, view: Any) -> bytes:
    """What a cursor is bound to: the list and all that narrows or orders it."""
    parameters = [
        (name, values)
        for name, values in sorted(request.query_params.lists())
        if name not in NO_PART_OF_A_QUERY and any(values)
    ]
    return orjson.dumps([type(view).__name__, view.action, sorted(view.kwargs.items()), parameters])


def sealed(values: list[Any], query: bytes) -> str:
    content = orjson.dumps(values)
    return urlsafe_b64encode(seal(content, query) + content).rstrip(b"=").decode()


def opened(text: str, query: bytes) -> list[Any]:
    """What was sealed. Raises ValidationError, which names the cursor."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise ValidationError({CURSOR: [NOT_OURS]}) from error
    content = data[SEAL_BYTES:]
    if not hmac.compare_digest(data[:SEAL_BYTES], seal(content, query)):
        raise ValidationError({CURSOR: [NOT_OURS]})
    values: list[Any] = orjson.loads(content)
    return values


def seal(content: bytes, query: bytes) -> bytes:
    key = b"cursor" + settings.SECRET_KEY.encode()
    return hmac.digest(key, query + b"\0" + content, "sha256")[:SEAL_BYTES]
