"""Webhooks: who is told of events by HTTP, and how each receiver is."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.resources.webhooks import LONGEST_SECRET
from dashboard.access import owner_page
from dashboard.answers import go, show
from dashboard.data.webhooks import deliveries
from dashboard.data.webhooks import forms as webhook_forms
from dashboard.data.webhooks import webhooks as data
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp import sealing
from whatsapp.models import Webhook
from whatsapp.webhooks import samples, signing, subscriptions

ONCE = "webhook_secret"  # the session's key for a new secret, sealed, until it is shown
LOG_SIZE = 20


@require_safe
@owner_page
def webhooks(request: Request) -> HttpResponseBase:
    page = slice_of(data.newest_first(request.account), request)
    rows = data.rows_of(page.rows)
    context = {"slice": page, "rows": rows, "is_busy": any(row.is_busy for row in rows)}
    return show(request, "dashboard/webhooks/webhooks.html", context, ("results",))


@sensitive_post_parameters("secret", "headers")
@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def webhook_new(request: Request) -> HttpResponseBase:
    form = webhook_forms.Form()
    if request.method == "POST":
        form = webhook_forms.Form.typed(request.POST)
        wanted = webhook_forms.new_values(form, request.POST.get("secret", ""))
        if wanted is not None:
            secret = signing.new_secret() if form.signs == webhook_forms.GENERATED else wanted.get("secret")
            made = subscriptions.create(
                None if form.of_all else request.account,
                wanted["url"],
                prefixes=wanted.get("events") or (),
                chats=wanted.get("chats"),
                headers=wanted.get("headers"),
                secret=secret,
            )
            if secret:
                return show_once(request, made, secret, "The webhook is made.")
            return go(request, reverse("webhook", args=[made.pk]), "The webhook is made.")
    context = {"form": form, "longest_secret": LONGEST_SECRET}
    return show(request, "dashboard/webhooks/form.html", context, status=422 if form.errors else 200)


def show_once(request: Request, webhook: Webhook, secret: str, said: str) -> HttpResponseBase:
    """Leads to the page that shows the secret, which is kept sealed for it until then."""
    request.session[ONCE] = [webhook.pk, sealing.seal(secret)]
    return go(request, reverse("webhook_secret", args=[webhook.pk]), said)


@require_safe
@owner_page
def webhook_secret(request: Request, webhook_id: int) -> HttpResponseBase:
    """Shows a new secret the first time that it is opened, and never again."""
    webhook = find(request, webhook_id)
    secret = None
    kept = request.session.get(ONCE)
    if request.method == "GET" and kept is not None and kept[0] == webhook.pk:
        del request.session[ONCE]
        secret = subscriptions.opened(kept[1])
    context = {"webhook": webhook, "secret": secret, "row": data.Row(webhook, 0, None)}
    return show(request, "dashboard/webhooks/secret.html", context)


@require_safe
@owner_page
def webhook(request: Request, webhook_id: int) -> HttpResponseBase:
    found = find(request, webhook_id)
    wanted = deliveries.Filter.of(request, found.pk)
    page = slice_of(deliveries.found(request.account, wanted), request, LOG_SIZE)
    row = data.rows_of([found])[0]
    rows = deliveries.rows_of(list(page.rows), {})
    context = {
        "webhook": found,
        "row": row,
        "headers": list(found.headers),
        "filter": wanted,
        "statuses": deliveries.STATUSES,
        "slice": page,
        "deliveries": rows,
        "is_busy": row.is_busy or any(one.is_open for one in rows),
    }
    return show(request, "dashboard/webhooks/webhook.html", context, ("state", "results"))


@sensitive_post_parameters("headers")
@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def webhook_edit(request: Request, webhook_id: int) -> HttpResponseBase:
    webhook = find(request, webhook_id)
    if (refusal := refuse_elsewhere(request, webhook)) is not None:
        return refusal
    form = webhook_forms.Form.of(webhook)
    if request.method == "POST":
        form = webhook_forms.Form.typed(request.POST)
        changes = webhook_forms.changed_values(form)
        if changes is not None:
            values = dict(changes) | {"events": list(changes["events"] or ())}
            subscriptions.edit(webhook, **values)
            return go(request, reverse("webhook", args=[webhook.pk]), "The webhook is changed.")
    context = {"form": form, "webhook": webhook, "header_names": list(webhook.headers)}
    return show(request, "dashboard/webhooks/form.html", context, status=422 if form.errors else 200)


@require_POST
@owner_page
def webhook_toggle(request: Request, webhook_id: int) -> HttpResponseBase:
    webhook = find(request, webhook_id)
    was_paused = webhook.is_active and webhook.paused_at is not None
    subscriptions.edit(webhook, is_active=not webhook.is_on)
    said = "It is off: what happens now is not for it."
    if webhook.is_on:
        said = "It goes on, and gets what it has missed." if was_paused else "It is on again."
    return go(request, reverse("webhook", args=[webhook.pk]), said)


@require_POST
@owner_page
def webhook_test(request: Request, webhook_id: int) -> HttpResponseBase:
    """Sends a test and waits for the answer. The part of the page says what came of it; without htmx, the
    delivery's own page does."""
    webhook = find(request, webhook_id)
    context: dict[str, Any] = {"webhook": webhook}
    try:
        delivery, outcome = samples.send_test(webhook)
    except sealing.Unsealable as error:
        sentence = f"Its secret or headers can't be read. {error}"
        if not request.htmx:
            return go(request, reverse("webhook", args=[webhook.pk]), sentence, is_bad=True)
        return show(request, "dashboard/webhooks/webhook.html", context | {"problem": sentence}, ("outcome",))
    if not request.htmx:
        return go(request, reverse("delivery", args=[delivery.pk]))
    context |= {"delivery": delivery, "outcome": outcome}
    response = show(request, "dashboard/webhooks/webhook.html", context, ("outcome",))
    response["HX-Trigger"] = "tested"  # the log below has one more delivery
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def webhook_rotate(request: Request, webhook_id: int) -> HttpResponseBase:
    webhook = find(request, webhook_id)
    if (refusal := refuse_elsewhere(request, webhook)) is not None:
        return refusal
    if request.method == "POST":
        return show_once(request, webhook, subscriptions.rotate(webhook), "The webhook has a new secret.")
    text = "A new secret is made, and shown once. " + (
        "For 24 hours, deliveries are signed with the secret before as well, so that the receiver can change "
        "over without missing any."
        if webhook.secret is not None
        else "From then on, deliveries are signed with it."
    )
    return ask(
        request,
        webhook,
        title="Make a new secret?" if webhook.secret is not None else "Make a secret?",
        text=text,
        does="Make a new secret",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def webhook_delete(request: Request, webhook_id: int) -> HttpResponseBase:
    webhook = find(request, webhook_id)
    if (refusal := refuse_elsewhere(request, webhook)) is not None:
        return refusal
    if request.method == "POST":
        subscriptions.delete(webhook)
        return go(request, "webhooks", "The webhook is deleted.")
    return ask(
        request,
        webhook,
        title="Delete this webhook?",
        text=f"{subscriptions.host_of(webhook)} gets no more events. The log of its deliveries goes with it, "
        "and so do those that are still to be made. The events themselves stay.",
        does="Delete it",
    )


def ask(request: Request, webhook: Webhook, **words: str) -> HttpResponseBase:
    context = {**words, "path": request.path, "back": reverse("webhook", args=[webhook.pk])}
    return show(request, "dashboard/confirm.html", context, ("dialog",))


def refuse_elsewhere(request: Request, webhook: Webhook) -> HttpResponseBase | None:
    """Leads back, and says why, when the environment decides about the webhook."""
    if webhook.source != Webhook.Source.ENVIRONMENT:
        return None
    to = reverse("webhook", args=[webhook.pk])
    return go(request, to, str(subscriptions.SetElsewhere()), is_bad=True)


def find(request: Request, webhook_id: int) -> Webhook:
    """The webhook with that id, if it gets the account's events. Raises Http404."""
    rows = Webhook.objects.told_of(request.account).select_related("account")
    webhook: Webhook | None = rows.filter(pk=webhook_id).first()
    if webhook is None:
        raise Http404
    return webhook
