"""The event log, to look back at."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Count
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.filters import EventFilter, refuse_unknown
from api.pagination import PageWithoutTotal, number
from api.resources.events import (
    EVENT,
    EVENT_TYPES,
    PRUNED,
    EventSerializer,
    EventTypesSerializer,
    PrunedSerializer,
)
from api.schema import call, in_query
from api.views.base import ApiViewSet
from whatsapp import upkeep
from whatsapp.events import render
from whatsapp.models import Event
from whatsapp.records import time_text

TAG = "stats"

DAYS = "days"
LEAST_DAYS, DEFAULT_DAYS, MOST_DAYS = 1, 30, 3650


class EventViewSet(ApiViewSet):
    queryset = Event.objects.all()
    filterset_class = EventFilter
    pagination_class = PageWithoutTotal
    serializer_class = EventSerializer
    has_account_index = False

    @call("List events, newest first", tag=TAG, answer=EventSerializer(many=True), example=EVENT)
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().order_by("-id"))) or []
        for event in page:
            event.account = self.account  # a join would make SQLite sort
        return self.get_paginated_response([logged_record(envelope) for envelope in render(page)])

    @call("Count events by type", tag=TAG, answer=EventTypesSerializer, example=EVENT_TYPES, errors=())
    def types(self, request: Request) -> Response:
        refuse_unknown(request, [])
        counts = self.get_queryset().values("event_type").annotate(count=Count("pk"))
        return Response({"data": list(counts.order_by("-count", "event_type"))})

    @call(
        "Delete old events",
        tag=TAG,
        answer=PrunedSerializer,
        example=PRUNED,
        parameters=[
            in_query(
                DAYS,
                f"How old at the least: {DEFAULT_DAYS} when it is absent, {LEAST_DAYS} at the least.",
                OpenApiTypes.INT,
            )
        ],
        scope=Scope.MANAGE,
        description="What a follower (a WebSocket, an event stream or a webhook) has not got yet is kept as "
        "long as the setting `eventRetentionDays` keeps events (0: for ever), and the newest event always: "
        "ids go on from it.",
        operation_id="stats_events_prune",
    )
    def prune(self, request: Request) -> Response:
        refuse_unknown(request, [DAYS])
        days = min(max(number(request, DAYS, DEFAULT_DAYS), LEAST_DAYS), MOST_DAYS)
        return Response({"success": True, "deleted": upkeep.forget_old_events(self.account, days)})


def logged_record(envelope: dict[str, Any]) -> dict[str, Any]:
    """The Event resource of the log, from the envelope that followers get."""
    return {
        "id": envelope["id"],
        "event_type": envelope["type"],
        "payload": orjson.dumps(envelope["data"]).decode(),
        "logged_at": time_text(datetime.fromtimestamp(envelope["timestamp"] / 1000, UTC)),
    }
