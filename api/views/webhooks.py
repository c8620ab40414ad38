"""Webhooks: who has subscribed, changes, tests, secrets."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import ApiError, Forbidden, NotFound
from api.resources.webhooks import (
    CHANGED_WEBHOOK,
    DELETED,
    MADE,
    NEW_SECRET,
    NEW_WEBHOOK_BODY,
    TESTED,
    TOGGLED,
    WEBHOOK,
    WEBHOOK_BODY,
    ChangedWebhookSerializer,
    DeletedSerializer,
    MadeSerializer,
    NewWebhookBody,
    SecretBody,
    SecretSerializer,
    TestedSerializer,
    ToggledSerializer,
    WebhookBody,
    WebhookSerializer,
)
from api.schema import call, in_path
from api.views.base import ApiViewSet, key_in
from whatsapp import sealing
from whatsapp.following import EVERYTHING, bounds
from whatsapp.models import Delivery, Webhook
from whatsapp.records import millisecond_text, time_text
from whatsapp.webhooks import samples, subscriptions

TAG = "webhooks"
WEBHOOK_ID = in_path("webhook_id", "The webhook's id.")
OF_ALL = (
    f"With `account={EVERYTHING}`: of all accounts that the key may see, and those that are for all. These "
    "are found in no other way."
)


class OfWebhooks(ApiViewSet):
    """Webhooks and what belongs to them: of one account; with `account=*`, of all that the key may see, and
    then also those that are for all accounts, if it may see them all."""

    takes_all_accounts = True

    def webhooks(self) -> QuerySet[Webhook]:
        """Those that the call is about."""
        if not self.is_of_all_accounts:
            return Webhook.objects.filter(account=self.account)
        only = self.principal.accounts
        return Webhook.objects.all() if only is None else Webhook.objects.filter(account__in=sorted(only))


class WebhookViewSet(OfWebhooks):
    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return self.webhooks().prefetch_related("account")  # a join would make SQLite sort

    @call(
        "List webhooks, newest first",
        tag=TAG,
        answer=WebhookSerializer(many=True),
        example=WEBHOOK,
        scope=Scope.MANAGE,
        description=OF_ALL,
    )
    def list(self, request: Request) -> Response:
        log = bounds()
        rows = with_pending(self.get_queryset()).order_by("-id")
        return self.page(rows, lambda webhook: webhook_record(webhook, log))

    @call(
        "Make a webhook",
        tag=TAG,
        answer=MadeSerializer,
        example=MADE,
        request=NewWebhookBody,
        request_example=NEW_WEBHOOK_BODY,
        scope=Scope.MANAGE,
    )
    def create(self, request: Request) -> Response:
        wanted = self.body(NewWebhookBody).validated_data
        if self.is_of_all_accounts and self.principal.accounts is not None:
            raise Forbidden("This key is limited to certain accounts, and such a webhook is for all.")
        made = subscriptions.create(
            None if self.is_of_all_accounts else self.account,
            wanted["url"],
            prefixes=wanted.get("events") or (),
            chats=wanted.get("chats"),
            headers=wanted.get("headers"),
            secret=wanted.get("secret"),
        )
        if not wanted.get("is_active", True):
            subscriptions.turn_off(made)
        return Response({"success": True, "id": str(made.pk)})

    @call(
        "Get a webhook",
        tag=TAG,
        answer=WebhookSerializer,
        example=WEBHOOK,
        errors=(404,),
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def retrieve(self, request: Request, webhook_id: str) -> Response:
        return Response(self.record(webhook_id))

    @call(
        "Change a webhook; what is absent stays",
        tag=TAG,
        answer=ChangedWebhookSerializer,
        example=CHANGED_WEBHOOK,
        errors=(400, 404, 409),
        request=WebhookBody,
        request_example=WEBHOOK_BODY,
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def partial_update(self, request: Request, webhook_id: str) -> Response:
        webhook = self.find(webhook_id)
        changes = dict(self.body(WebhookBody).validated_data)
        if "events" in changes:
            changes["events"] = list(changes["events"] or ())
        try:
            subscriptions.edit(webhook, **changes)
        except subscriptions.SetElsewhere as error:
            raise ApiError(409, str(error)) from error
        return Response({"success": True, **self.record(webhook_id)})

    @call(
        "Delete a webhook and the log of its deliveries",
        tag=TAG,
        answer=DeletedSerializer,
        example=DELETED,
        errors=(409,),
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def destroy(self, request: Request, webhook_id: str) -> Response:
        try:
            webhook = self.find(webhook_id)
        except NotFound:
            return Response({"success": True, "deleted": False})
        if webhook.source == Webhook.Source.ENVIRONMENT:
            raise ApiError(409, str(subscriptions.SetElsewhere()))
        subscriptions.delete(webhook)
        return Response({"success": True, "deleted": True})

    @call(
        "Turn a webhook off, or on again: after a pause it gets all that it has missed",
        tag=TAG,
        answer=ToggledSerializer,
        example=TOGGLED,
        errors=(404,),
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def toggle(self, request: Request, webhook_id: str) -> Response:
        webhook = self.find(webhook_id)
        subscriptions.edit(webhook, is_active=not webhook.is_on)
        return Response({"success": True, "is_active": webhook.is_on})

    @call(
        "Send a test at once and say what came of it",
        tag=TAG,
        answer=TestedSerializer,
        example=TESTED,
        errors=(404, 409),
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def test(self, request: Request, webhook_id: str) -> Response:
        try:
            delivery, outcome = samples.send_test(self.find(webhook_id))
        except sealing.Unsealable as error:
            raise ApiError(409, f"The webhook's secret or headers can't be read. {error}") from error
        return Response(
            {
                "success": outcome.error is None,
                "status_code": outcome.status_code,
                "duration_ms": outcome.duration_ms,
                "error": outcome.error,
                "answer": outcome.answer,
                "delivery_id": delivery.pk,
            }
        )

    @call(
        "Give a webhook another secret; for a day deliveries are signed with the one before as well",
        tag=TAG,
        answer=SecretSerializer,
        example=NEW_SECRET,
        errors=(400, 404, 409),
        request=SecretBody,
        request_example={"secret": None},
        parameters=[WEBHOOK_ID],
        scope=Scope.MANAGE,
    )
    def rotate_secret(self, request: Request, webhook_id: str) -> Response:
        webhook = self.find(webhook_id)
        wanted = self.body(SecretBody).validated_data.get("secret")
        try:
            secret = subscriptions.rotate(webhook, wanted)
        except subscriptions.SetElsewhere as error:
            raise ApiError(409, str(error)) from error
        until = millisecond_text(webhook.previous_secret_until)
        return Response({"success": True, "secret": secret, "previous_until": until})

    def find(self, webhook_id: str) -> Webhook:
        """The webhook with that id, if the call may be about it. Raises NotFound."""
        key = key_in(webhook_id)
        webhook: Webhook | None = self.get_queryset().filter(pk=key).first() if key else None
        if webhook is None:
            raise NotFound("Webhook not found")
        return webhook

    def record(self, webhook_id: str) -> dict[str, Any]:
        found = with_pending(self.get_queryset().filter(pk=self.find(webhook_id).pk)).get()
        return webhook_record(found, bounds())


def with_pending(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The webhooks with the number of their deliveries that wait in line, and beside it."""

    def number(deliveries: Any) -> Any:
        counts = deliveries.order_by().values("webhook").annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(counts, output_field=IntegerField()), 0)

    own = Delivery.objects.filter(webhook=OuterRef("pk"))
    annotated: QuerySet[Any] = rows.annotate(waiting=number(own.in_line()), beside=number(own.aside()))
    return annotated


def webhook_record(webhook: Any, log: tuple[int, int]) -> dict[str, Any]:
    """`webhook` as `with_pending` gives it; `log`: the ids of its oldest and its newest event."""
    oldest, newest = log
    seen = max(webhook.cursor, oldest - 1)
    return {
        "id": str(webhook.pk),
        "account": webhook.account.name if webhook.account is not None else None,
        "url": webhook.url,
        "events": ",".join(webhook.events) or EVERYTHING,
        "is_active": webhook.is_on,
        "created_at": time_text(webhook.created_at),
        "updated_at": time_text(webhook.updated_at),
        "has_secret": webhook.secret is not None,
        "chats": webhook.chats,
        "headers": list(webhook.headers),
        "source": webhook.source,
        "health": {
            "failing_since": millisecond_text(webhook.failing_since),
            "failures": webhook.failures,
            "retry_at": millisecond_text(webhook.retry_at),
            "paused_at": millisecond_text(webhook.paused_at),
            "pause_reason": webhook.pause_reason,
            "last_success_at": millisecond_text(webhook.last_success_at),
            "pending": webhook.waiting + webhook.beside,
            "lag": max(0, newest - seen) if webhook.is_active else 0,
        },
    }
