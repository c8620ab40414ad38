"""Statistics of messages."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.messages import statistics as data
from dashboard.paging import with_query
from dashboard.requests import Request


@require_safe
@owner_page
def statistics(request: Request) -> HttpResponseBase:
    """Of all messages, or of those of `?chat=`; `?range=` says how far back the days go."""
    jid = request.GET.get("chat", "")
    chats = data.chat_keys(request.account, jid) if jid else None
    if chats == []:
        raise Http404
    span = data.range_named(request.GET.get("range", ""))
    context = {
        "statistics": data.Statistics(request.account, span, jid, chats),
        "ranges": [(one, with_query(request, range=one.name), one is span) for one in data.RANGES],
        "address": request.get_full_path(),
    }
    return show(request, "dashboard/messages/statistics.html", context, ("figures", "days"))
