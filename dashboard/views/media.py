"""Media: the files of messages and stories, and profile pictures."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import owner_page
from dashboard.answers import DIALOG, go, part_wanted, show, tell
from dashboard.data import media as data
from dashboard.data.narrowing import without_empty
from dashboard.paging import CURSOR, slice_of, with_query
from dashboard.requests import Request
from whatsapp import upkeep
from whatsapp.models import Media

PAGE = 48  # fills rows of 2, 3, 4, 6 and 8
MOST_RETRIED = 5000  # at once; upkeep goes on with what is left


@require_safe
@owner_page
def media(request: Request) -> HttpResponseBase:
    if part_wanted(request, ("summary",)):
        context: dict[str, Any] = {"summary": data.summary(request.account)}
        return show(request, "dashboard/media/media.html", context, parts=("summary",))
    request.GET = without_empty(request.GET)
    asked = data.Asked.of(request.account, request.GET)
    slice = slice_of(asked.files(), request, PAGE)
    context = {
        "asked": asked,
        "slice": slice,
        "files": data.shown(request.account, [row.pk for row in slice.rows]),
        "kinds": data.KINDS,
        "statuses": data.STATUSES,
        "here": with_query(request),
        "grid": with_query(request, view=None),
        "table": with_query(request, view="table"),
    }
    is_part = part_wanted(request, ("results",)) is not None
    if not is_part:
        context["summary"] = data.summary(request.account)
    response = show(request, "dashboard/media/media.html", context, parts=("results",))
    if is_part and CURSOR not in request.GET:
        response.headers["HX-Replace-Url"] = request.path + with_query(request).rstrip("?")
    return response


@require_safe
@owner_page
def media_file(request: Request, media_id: int) -> HttpResponseBase:
    return show_file(request, media_id)


def show_file(request: Request, media_id: int) -> HttpResponseBase:
    file = data.file_of(request.account, media_id)
    if file is None:
        raise Http404
    context = {"file": file, "is_dialog": part_wanted(request, (DIALOG,)) is not None}
    return show(request, "dashboard/media/file.html", context, parts=(DIALOG,))


@require_POST
@owner_page
def retry_media(request: Request, media_id: int) -> HttpResponseBase:
    """Makes a download due now."""
    found = Media.objects.filter(pk=media_id, account=request.account).only("account").first()
    if found is None:
        raise Http404
    is_due = found.retry()
    said = "The file will be fetched again." if is_due else "The file is downloaded already."
    if part_wanted(request, (DIALOG,)):
        tell(request, said)
        return show_file(request, media_id)
    return go(request, reverse("media_file", args=[media_id]), said)


@require_POST
@owner_page
def retry_all_media(request: Request) -> HttpResponseBase:
    """Makes all downloads due now that have failed for a reason that can pass."""
    number = upkeep.retry_media(account=request.account, most=MOST_RETRIED)
    files = "1 file" if number == 1 else f"{number} files"
    return go(request, "media", f"{files} will be fetched again." if number else "Nothing is to be retried.")
