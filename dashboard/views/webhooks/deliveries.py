"""Deliveries of webhooks: their log, each one with its attempts, and sending again."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import owner_page
from dashboard.answers import go, show
from dashboard.data.webhooks import deliveries as data
from dashboard.data.webhooks import replays
from dashboard.data.webhooks.webhooks import newest_first
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks import replaying

MOST_WEBHOOKS = 200  # in a list to choose from


@require_safe
@owner_page
def deliveries(request: Request) -> HttpResponseBase:
    wanted = data.Filter.of(request)
    page = slice_of(data.found(request.account, wanted), request)
    hosts = data.hosts_of(newest_first(request.account)[:MOST_WEBHOOKS])
    rows = data.rows_of(list(page.rows), hosts)
    context = {
        "filter": wanted,
        "statuses": data.STATUSES,
        "hosts": hosts,
        "slice": page,
        "deliveries": rows,
        "is_busy": any(row.is_open for row in rows),
        "with_host": True,
    }
    return show(request, "dashboard/webhooks/deliveries.html", context, ("results",))


@require_safe
@owner_page
def delivery(request: Request, delivery_id: int) -> HttpResponseBase:
    context = {"detail": data.detail_of(find(request, delivery_id))}
    return show(request, "dashboard/webhooks/delivery.html", context, ("results",))


@require_POST
@owner_page
def delivery_retry(request: Request, delivery_id: int) -> HttpResponseBase:
    found = find(request, delivery_id)
    to = reverse("delivery", args=[found.pk])
    try:
        replaying.retry(found)
    except replaying.NotAgain as error:
        return go(request, to, str(error), is_bad=True)
    if not found.webhook.is_on:
        return go(request, to, "It is sent as soon as the webhook is on again.")
    return go(request, to, "It is sent again now.")


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def replay(request: Request) -> HttpResponseBase:
    """Asks what to send again, and does it."""
    form = replays.Form.typed(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        selection = replays.selection(request.account, form)
        if selection is not None:
            rows = Webhook.objects.told_of(request.account)
            if selection.webhook is None:
                rows = rows.filter(account=request.account)
            queued = replaying.replay(rows, selection)
            said = f"{queued:,} deliver{'y is' if queued == 1 else 'ies are'} sent again."
            to = reverse("deliveries") + (f"?webhook={selection.webhook.pk}" if selection.webhook else "")
            return go(request, to, said if queued else "Nothing fits that, so nothing is sent again.")
    context = {
        "form": form,
        "statuses": data.STATUSES,
        "hosts": data.hosts_of(newest_first(request.account)[:MOST_WEBHOOKS]),
    }
    return show(request, "dashboard/webhooks/replay.html", context, ("dialog",), 422 if form.errors else 200)


def find(request: Request, delivery_id: int) -> Delivery:
    """The delivery, with its webhook and account, of one that gets the account's events. Raises Http404."""
    rows = Delivery.objects.select_related("webhook__account")
    webhooks = Webhook.objects.told_of(request.account)
    found: Delivery | None = rows.filter(pk=delivery_id, webhook__in=webhooks).first()
    if found is None:
        raise Http404
    return found
