"""Acts on messages: sending new ones, and changing those that are there."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api import acts
from api.resources import acts as shapes
from api.views.base import ApiViewSet
from api.views.stored import require_messages
from whatsapp import actions
from whatsapp.models import Action


class SendingViewSet(ApiViewSet):
    queryset = Action.objects.none()
    serializer_class = shapes.SentSerializer
    is_about_chats = True
    pagination_class = None

    @acts.call("Send a text", request=shapes.SendTextBody, request_example=shapes.SEND_TEXT)
    def text(self, request: Request) -> Response:
        return self.send(actions.SEND_TEXT, shapes.SendTextBody, quoted_id=None, mentions=[])

    @acts.call("Send a place", request=shapes.SendLocationBody, request_example=shapes.SEND_LOCATION)
    def location(self, request: Request) -> Response:
        return self.send(actions.SEND_LOCATION, shapes.SendLocationBody, name=None, address=None)

    @acts.call("Send somebody's card", request=shapes.SendContactBody, request_example=shapes.SEND_CONTACT)
    def contact(self, request: Request) -> Response:
        return self.send(actions.SEND_CONTACT, shapes.SendContactBody)

    @acts.call("Send a poll", request=shapes.SendPollBody, request_example=shapes.SEND_POLL)
    def poll(self, request: Request) -> Response:
        return self.send(actions.SEND_POLL, shapes.SendPollBody)

    @acts.call("React to a message", request=shapes.ReactBody, request_example=shapes.REACT)
    def react(self, request: Request) -> Response:
        return self.send(actions.REACT, shapes.ReactBody)

    @acts.call("Edit an own message, within 20 minutes", request=shapes.EditBody, request_example=shapes.EDIT)
    def edit(self, request: Request) -> Response:
        return self.send(actions.EDIT, shapes.EditBody)

    @acts.call(
        "Delete a message for everyone: an own one, or as a group's admin anybody's",
        request=shapes.ToMessageBody,
        request_example=shapes.REVOKE,
    )
    def revoke(self, request: Request) -> Response:
        return self.send(actions.REVOKE, shapes.ToMessageBody)

    @acts.call(
        "Pass a message on to another chat", request=shapes.ForwardBody, request_example=shapes.FORWARD
    )
    def forward(self, request: Request) -> Response:
        return self.send(actions.FORWARD, shapes.ForwardBody)

    def send(self, kind: str, shape: type[Serializer[Any]], **defaults: Any) -> Response:
        """Does what the request's body, which has that shape, wants."""
        body = self.body(shape)
        payload = {**defaults, **body.validated_data}
        if "quoted_id" in payload:
            payload["quoted_id"] = payload["quoted_id"] or None
        for jid in filter(None, (payload["jid"], payload.get("to"))):
            self.require_chat(jid)
        for field in ("quoted_id", "message_id"):
            if payload.get(field):
                require_messages(self.account, payload["jid"], [payload[field]], field)
        return acts.sent(acts.perform(self, kind, payload, fields=body.fields))
