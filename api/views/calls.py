"""Calls."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.record_filters import CallFilter
from api.resources.calls import CALL, CallSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet
from whatsapp.models import Call
from whatsapp.records import CALL as CALL_SHAPE
from whatsapp.records import call_record

TAG = "calls"


class CallViewSet(ApiViewSet):
    queryset = Call.objects.all()
    filterset_class = CallFilter
    serializer_class = CallSerializer
    chat_path = "chat"

    @call("List calls, newest first", tag=TAG, answer=CallSerializer(many=True), example=CALL)
    def list(self, request: Request) -> Response:
        calls: Any = self.get_queryset()
        return self.page(calls.newest_first(), CALL_SHAPE)

    @call(
        "Get a call",
        tag=TAG,
        answer=CallSerializer,
        example=CALL,
        errors=(400, 404),
        parameters=[in_path("call_id", "WhatsApp's id of the call.")],
    )
    def retrieve(self, request: Request, call_id: str) -> Response:
        refuse_unknown(request, [])
        calls = self.get_queryset().select_related("chat", "caller")
        found: Call | None = calls.filter(call_id=call_id).first()
        if found is None:
            raise NotFound("Call not found")
        return Response(call_record(found))
