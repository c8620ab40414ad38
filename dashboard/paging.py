"""Lists by cursor: a page begins right after the last row of the one before, however far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest

from api.ordering import Ordering, Unusable

CURSOR = "cursor"
SIZE = 50


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a list. `next` is the query (`?…`) of the page after, None at the end; `start` that of the
    first page, None on it. `total` is how many rows there are, or at least are, where that was counted."""

    rows: Sequence[Any]
    next: str | None
    start: str | None
    total: int | None = None


def slice_of(rows: QuerySet[Any], request: HttpRequest, size: int = SIZE) -> Slice:
    """The page of `rows`, in their own order, that the request asks for; one query, `size` rows and one more.

    A cursor that was not made here, or for another list, counts as none.
    """
    ordering = Ordering.of(rows)
    salt = f"{request.path}:{rows.model.__name__}:{ordering.paths}"
    place = opened(request.GET.get(CURSOR, ""), salt)
    if place is not None:
        try:
            rows = ordering.after(rows, place)
        except Unusable:
            place = None
    found = list(rows[: size + 1])
    following = None
    if len(found) > size:
        del found[size:]
        following = with_query(request, cursor=signing.dumps(ordering.values_of(found[-1]), salt=salt))
    return Slice(found, following, with_query(request, cursor=None) if place is not None else None)


def slice_of_hits(rows: Any, request: HttpRequest, size: int = SIZE) -> Slice:
    """The same of the full-text index, and how many rows there are, up to a number: counted for the first
    page, from where the cursor carries it on.

    An order of none of the values that rows keep (of how well each fits, say) is paged by number: its cursor
    says how many rows to leave out.
    """
    ordering = Ordering.of(rows) if Ordering.is_kept_by(rows) else None
    salt = f"{with_query(request, cursor=None)}:{request.path}:{ordering.paths if ordering else None}"
    place = opened(request.GET.get(CURSOR, ""), salt)
    start = with_query(request, cursor=None) if place is not None else None
    total, *place = place if place is not None else (rows.count_some(),)
    skipped = 0
    if ordering is None:
        skipped = sum(place)
    elif place:
        rows = ordering.after(rows, place)
    found = list(rows[skipped : skipped + size + 1])
    following = None
    if len(found) > size:
        del found[size:]
        after = [skipped + size] if ordering is None else ordering.values_of(found[-1])
        following = with_query(request, cursor=signing.dumps([total, *after], salt=salt))
    return Slice(found, following, start, total)


def opened(text: str, salt: str) -> list[Any] | None:
    try:
        place: list[Any] | None = signing.loads(text, salt=salt) if text else None
    except signing.BadSignature:
        return None
    return place


def with_query(request: HttpRequest, **changes: str | None) -> str:
    """The request's query with other values for some parameters; None leaves one out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()
