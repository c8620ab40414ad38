"""Acts: what the hub is asked to do, and what came of it."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import acts
from api.access import Scope
from api.errors import NotFound
from api.filters import ActionFilter
from api.resources.actions import ACTION, SEND_TEXT, SENT, ActionSerializer, SendTextBody, SentSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet, key_in
from whatsapp import actions
from whatsapp.models import Action, Message
from whatsapp.records import ACTION as ACTION_SHAPE

TAG = "actions"


class ActionViewSet(ApiViewSet):
    queryset = Action.objects.all()
    filterset_class = ActionFilter
    has_account_index = False
    serializer_class = ActionSerializer

    @call("List acts, newest first", tag=TAG, answer=ActionSerializer(many=True), example=ACTION)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), ACTION_SHAPE)

    @call(
        "Get an act",
        tag=TAG,
        answer=ActionSerializer,
        example=ACTION,
        errors=(404,),
        parameters=[in_path("action_id", "The `action_id` that the act was answered with.")],
    )
    def retrieve(self, request: Request, action_id: str) -> Response:
        key = key_in(action_id)
        action = self.get_queryset().filter(pk=key).first() if key else None
        if action is None:
            raise NotFound("Action not found")
        return Response(action_record(action))

    @call(
        "Send a text",
        tag=TAG,
        answer=SentSerializer,
        example=SENT,
        errors=(400, 413, 503, 504),
        request=SendTextBody,
        request_example=SEND_TEXT,
        scope=Scope.SEND,
    )
    def send_text(self, request: Request) -> Response:
        body = SendTextBody(data=request.data)
        body.is_valid(raise_exception=True)
        jid, quoted_id = body.validated_data["jid"], body.validated_data.get("quoted_id")
        self.require_chat(jid)
        acts.require_connected(self.account)
        if (
            quoted_id
            and not Message.objects.in_chat(jid).filter(account=self.account, message_id=quoted_id).exists()
        ):
            raise ValidationError({"quoted_id": [f"There is no message {quoted_id!r} in the chat {jid}."]})
        queued = actions.send_text(self.account, jid, body.validated_data["text"], quoted_id or None)
        return sent(acts.result_of(queued, fields=body.fields))


def sent(action: Action) -> Response:
    """The answer to a message that WhatsApp has taken."""
    result = action.result or {}
    return Response({"success": True, "key": result["key"], "action_id": action.pk})


def action_record(action: Action) -> dict[str, Any]:
    return ACTION_SHAPE.of(action)
