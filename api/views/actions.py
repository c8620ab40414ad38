"""The queue of acts: what the hub was asked to do, and what came of it."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import ApiError, Forbidden, NotFound
from api.filters import ActionFilter
from api.resources.actions import ACTION, CANCELLED, RETRIED, ActionSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet, key_in
from whatsapp import actions
from whatsapp.models import Action
from whatsapp.records import ACTION as ACTION_SHAPE

TAG = "actions"
ID = in_path("action_id", "The `action_id` that the act was answered with.")


class ActionViewSet(ApiViewSet):
    queryset = Action.objects.all()
    filterset_class = ActionFilter
    serializer_class = ActionSerializer
    is_about_chats = True

    def visible(self, rows: QuerySet[Any], chat_path: str | None = None) -> QuerySet[Any]:
        allowed = self.principal.chats
        return rows if allowed is None else rows.filter(jid__in=allowed)

    @call("List acts, newest first", tag=TAG, answer=ActionSerializer(many=True), example=ACTION)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), ACTION_SHAPE)

    @call(
        "Get an act",
        tag=TAG,
        answer=ActionSerializer,
        example=ACTION,
        errors=(404,),
        parameters=[ID],
    )
    def retrieve(self, request: Request, action_id: str) -> Response:
        return Response(action_record(self.find(action_id)))

    @call(
        "Cancel an act that is still queued",
        tag=TAG,
        answer=ActionSerializer,
        example=CANCELLED,
        errors=(404, 409),
        parameters=[ID],
        scope=Scope.SEND,
    )
    def cancel(self, request: Request, action_id: str) -> Response:
        action = self.to_change(action_id)
        try:
            return Response(action_record(actions.cancel(action)))
        except actions.NotNow as error:
            raise ApiError(409, str(error), action_id=action.pk) from error

    @call(
        "Queue an act again that has failed, unless its message may have arrived",
        tag=TAG,
        answer=ActionSerializer,
        example=RETRIED,
        errors=(404, 409),
        parameters=[ID],
        scope=Scope.SEND,
    )
    def retry(self, request: Request, action_id: str) -> Response:
        action = self.to_change(action_id)
        try:
            return Response(action_record(actions.retry(action)))
        except actions.NotNow as error:
            raise ApiError(409, str(error), action_id=action.pk) from error

    def find(self, action_id: str) -> Action:
        """The act, if the key may see it. Raises NotFound."""
        key = key_in(action_id)
        action: Action | None = self.get_queryset().filter(pk=key).first() if key else None
        if action is None:
            raise NotFound("Action not found")
        return action

    def to_change(self, action_id: str) -> Action:
        """The act, if the key could have asked for it. Raises NotFound or Forbidden."""
        action = self.find(action_id)
        managing = action.kind in (*actions.CONNECTION_KINDS, *actions.GROUP_KINDS)
        if managing and Scope.MANAGE not in self.principal.scopes:
            raise Forbidden(f"This key lacks the scope {Scope.MANAGE.value!r}.")
        return action


def action_record(action: Action) -> dict[str, Any]:
    return ACTION_SHAPE.of(action)
