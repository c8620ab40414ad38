"""The event log, to look back at."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Count
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import EventFilter
from api.pagination import PageWithoutTotal
from api.resources.events import EVENT, EVENT_TYPES, EventSerializer, EventTypesSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp.events import render
from whatsapp.models import Event
from whatsapp.records import time_text

TAG = "stats"


class EventViewSet(ApiViewSet):
    queryset = Event.objects.all()
    filterset_class = EventFilter
    pagination_class = PageWithoutTotal
    serializer_class = EventSerializer

    @call("List events, newest first", tag=TAG, answer=EventSerializer(many=True), example=EVENT)
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().order_by("-id"))) or []
        for event in page:
            event.account = self.account  # a join would make SQLite sort
        return self.get_paginated_response([logged_record(envelope) for envelope in render(page)])

    @call("Count events by type", tag=TAG, answer=EventTypesSerializer, example=EVENT_TYPES, errors=())
    def types(self, request: Request) -> Response:
        counts = self.get_queryset().values("event_type").annotate(count=Count("pk"))
        return Response({"data": list(counts.order_by("-count", "event_type"))})


def logged_record(envelope: dict[str, Any]) -> dict[str, Any]:
    """The Event resource of the log, from the envelope that followers get."""
    return {
        "id": envelope["id"],
        "event_type": envelope["type"],
        "payload": orjson.dumps(envelope["data"]).decode(),
        "logged_at": time_text(datetime.fromtimestamp(envelope["timestamp"] / 1000, UTC)),
    }
