"""Deliveries to webhooks, to look at and to repeat."""

import math
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import ApiError, BadRequest, NotFound
from api.filters import LAST_SECOND, DeliveryFilter
from api.resources.service import SuccessSerializer
from api.resources.webhooks import (
    DELIVERY,
    DELIVERY_DETAIL,
    REPLAY_BODY,
    REPLAYED,
    DeliveryDetailSerializer,
    DeliverySerializer,
    ReplayBody,
    ReplayedSerializer,
)
from api.schema import call, in_path
from api.views.base import key_in
from api.views.webhooks import OF_ALL, TAG, OfWebhooks
from whatsapp.models import Delivery, DeliveryAttempt, Webhook
from whatsapp.records import millisecond_text, time_text
from whatsapp.webhooks import replaying
from whatsapp.webhooks.bodies import texts_of

DELIVERY_ID = in_path("delivery_id", "The delivery's id.")
MOST_TRIES = 100


class DeliveryViewSet(OfWebhooks):
    queryset = Delivery.objects.all()
    filterset_class = DeliveryFilter
    serializer_class = DeliverySerializer

    def of_account(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those for the webhooks that the call is about; all of them, where there are no others."""
        webhooks = self.webhooks()
        if self.is_of_all_accounts:
            has_all = self.principal.accounts is None
        else:
            has_all = self.is_alone and not Webhook.objects.filter(account=None).exists()
        # Not by a join, which would let a database begin with the other table, and sort.
        return rows if has_all else rows.filter(Exists(webhooks.filter(pk=OuterRef("webhook"))))

    @call(
        "List deliveries, newest first",
        tag=TAG,
        answer=DeliverySerializer(many=True),
        example=DELIVERY,
        scope=Scope.MANAGE,
        operation_id="webhooks_deliveries",
        description=OF_ALL,
    )
    def list(self, request: Request) -> Response:
        rows = self.filter_queryset(self.get_queryset().order_by("-id"))
        webhooks = Prefetch("webhook", Webhook.objects.select_related("account"))
        page = self.paginate_queryset(rows.prefetch_related(webhooks)) or []
        texts = texts_of(page)
        return self.get_paginated_response([delivery_record(row, texts[row.pk]) for row in page])

    @call(
        "Get a delivery, with each attempt",
        tag=TAG,
        answer=DeliveryDetailSerializer,
        example=DELIVERY_DETAIL,
        errors=(404,),
        parameters=[DELIVERY_ID],
        scope=Scope.MANAGE,
        operation_id="webhooks_deliveries_retrieve",
    )
    def retrieve(self, request: Request, delivery_id: str) -> Response:
        delivery = self.find(delivery_id)
        tries = DeliveryAttempt.objects.filter(delivery=delivery).order_by("-id")[:MOST_TRIES]
        record = delivery_record(delivery, texts_of([delivery])[delivery.pk])
        return Response({**record, "tries": [attempt_record(attempt) for attempt in tries]})

    @call(
        "Try a delivery again at once, whatever came of it",
        tag=TAG,
        answer=SuccessSerializer,
        example={"success": True},
        errors=(404, 409),
        parameters=[DELIVERY_ID],
        scope=Scope.MANAGE,
    )
    def retry(self, request: Request, delivery_id: str) -> Response:
        try:
            replaying.retry(self.find(delivery_id))
        except replaying.NotAgain as error:
            raise ApiError(409, str(error)) from error
        return Response({"success": True})

    @call(
        "Send again what a filter selects; from a beginning on, also what was never sent",
        tag=TAG,
        answer=ReplayedSerializer,
        example=REPLAYED,
        request=ReplayBody,
        request_example=REPLAY_BODY,
        scope=Scope.MANAGE,
    )
    def replay(self, request: Request) -> Response:
        wanted = self.body(ReplayBody).validated_data
        if not wanted:
            raise BadRequest("Say what to send again: by subscription_id, status, event_type or a range.")
        webhook = self.webhook_with(wanted["subscription_id"]) if "subscription_id" in wanted else None
        selection = selection_of(wanted, webhook)
        return Response({"success": True, "queued": replaying.replay(self.webhooks(), selection)})

    def find(self, delivery_id: str) -> Delivery:
        """The delivery, with its webhook and account. Raises NotFound."""
        key = key_in(delivery_id)
        rows = self.get_queryset().select_related("webhook__account")
        delivery: Delivery | None = rows.filter(pk=key).first() if key else None
        if delivery is None:
            raise NotFound("Delivery not found")
        return delivery

    def webhook_with(self, webhook_id: str) -> Webhook:
        key = key_in(webhook_id)
        webhook = self.webhooks().filter(pk=key).first() if key else None
        if webhook is None:
            raise ValidationError({"subscription_id": ["There is no such webhook: see GET /api/webhooks."]})
        return webhook


def selection_of(wanted: Mapping[str, Any], webhook: Webhook | None) -> replaying.Selection:
    """What a valid ReplayBody selects; `webhook` is the one that its `subscription_id` names."""
    return replaying.Selection(
        webhook=webhook,
        status=wanted.get("status"),
        event_type=wanted.get("event_type"),
        since=(whole_second(wanted["after"]) + 1) * 1000 if "after" in wanted else None,
        until=-whole_second(-wanted["before"]) * 1000 if "before" in wanted else None,
        since_id=wanted.get("since_id"),
        until_id=wanted.get("until_id"),
    )


def whole_second(seconds: float) -> int:
    return max(-LAST_SECOND, min(math.floor(seconds), LAST_SECOND))


def delivery_record(delivery: Delivery, payload: str | None) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "subscription_id": str(delivery.webhook_id),
        "event_type": delivery.event_type,
        "payload": payload,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "max_attempts": delivery.max_attempts,
        "last_error": delivery.last_error,
        "last_attempt_at": millisecond_text(delivery.last_attempt_at),
        "next_retry_at": millisecond_text(delivery.next_retry_at),
        "created_at": time_text(delivery.created_at),
        "updated_at": time_text(delivery.updated_at),
        "event_id": delivery.event_id,
        "status_code": delivery.last_status_code,
        "duration_ms": delivery.last_duration_ms,
    }


def attempt_record(attempt: DeliveryAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": millisecond_text(attempt.at),
        "status_code": attempt.status_code,
        "duration_ms": attempt.duration_ms,
        "error": attempt.error,
        "answer": attempt.answer,
    }
