"""Search: messages by full text, and chats, contacts and groups by name."""

from urllib.parse import urlsplit

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import part_wanted, show
from dashboard.data.messages import search as data
from dashboard.data.narrowing import without_empty
from dashboard.paging import CURSOR, slice_of_hits, with_query
from dashboard.requests import Request

PARTS = ("results",)


@require_safe
@owner_page
def search(request: Request) -> HttpResponseBase:
    request.GET = without_empty(request.GET)
    question = data.Question.of(request.account, request.GET)
    context = {
        "question": question,
        "values": question.values,
        "types": data.TYPES,
        "narrowings": [
            data.Narrowing(text, with_query(request, **{name: None, CURSOR: None}))
            for name, text in question.narrowed.items()
        ],
        "plain": with_query(request, **dict.fromkeys([*data.NARROWINGS, CURSOR], None)),
        "is_part": bool(part_wanted(request, PARTS)),
    }
    if question.is_asked:
        hits = question.hits()
        slice = slice_of_hits(hits.only("pk"), request)
        context |= {
            "slice": slice,
            "hits": data.hits_of(request.account, question.asked_text, [hit.pk for hit in slice.rows]),
            "names": question.names() if slice.start is None else [],
        }
        if not slice.total and question.narrowed and question.text:
            context["without_filters"] = question.words(narrowed=False).count_some()
    response = show(request, "dashboard/messages/search.html", context, parts=PARTS)
    if context["is_part"]:
        response.headers["HX-Push-Url"] = address(request)
    return response


def address(request: Request) -> str:
    """What the browser's address becomes; `false` where it is that already."""
    path = request.path + with_query(request).rstrip("?")
    now = urlsplit(request.htmx.current_url or "")
    return "false" if path == now.path + (f"?{now.query}" if now.query else "") else path
