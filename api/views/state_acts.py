"""Acts that send no message: reading, stars, how chats are kept, presence, the own profile, calls."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import acts
from api.errors import Forbidden
from api.resources import acts as shapes
from api.views.base import ApiViewSet
from api.views.stored import require_messages
from whatsapp import actions
from whatsapp.models import Action, Call, Chat


class StateActViewSet(ApiViewSet):
    queryset = Action.objects.none()
    serializer_class = shapes.DoneSerializer
    is_about_chats = True
    pagination_class = None

    @acts.call(
        "Mark messages as read",
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.ReadBody,
        request_example=shapes.READ,
        is_message=False,
    )
    def read(self, request: Request) -> Response:
        body = self.body(shapes.ReadBody)
        jid, message_ids = body.validated_data["jid"], body.validated_data["message_ids"]
        self.require_chat(jid)
        require_messages(self.account, jid, message_ids, "message_ids")
        payload = {"jid": jid, "message_ids": message_ids}
        return acts.done(acts.perform(self, actions.MARK_READ, payload, fields=body.fields, is_message=False))

    @acts.call(
        "Give a message a star, or take it away",
        answer=shapes.KeptSerializer,
        example=shapes.KEPT,
        request=shapes.StarBody,
        request_example=shapes.STAR,
        is_message=False,
    )
    def star(self, request: Request) -> Response:
        body = self.body(shapes.StarBody)
        payload = dict(body.validated_data)
        self.require_chat(payload["jid"])
        require_messages(self.account, payload["jid"], [payload["message_id"]], "message_id")
        action = acts.perform(self, actions.STAR, payload, fields=body.fields, is_message=False)
        return acts.done(action, synced=False)

    @acts.call(
        "Archive, pin, mute a chat or mark it as unread, or undo it",
        answer=shapes.KeptSerializer,
        example=shapes.KEPT,
        request=shapes.ChatBody,
        request_example=shapes.CHAT,
        is_message=False,
    )
    def chat(self, request: Request) -> Response:
        body = self.body(shapes.ChatBody)
        payload = dict(body.validated_data)
        jid = payload["jid"]
        self.require_chat(jid)
        if not Chat.objects.addressed(jid).filter(account=self.account).exists():
            raise ValidationError({"jid": [f"There is no chat with {jid}."]})
        action = acts.perform(self, actions.SET_CHAT, payload, fields=body.fields, is_message=False)
        return acts.done(action, synced=False)

    @acts.call(
        "Show that you are online or not, or that you type or record in a chat",
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.PresenceBody,
        request_example=shapes.PRESENCE,
        is_message=False,
    )
    def presence(self, request: Request) -> Response:
        body = self.body(shapes.PresenceBody)
        kind, jid = body.validated_data["type"], body.validated_data.get("jid")
        if kind in ("available", "unavailable"):
            jid = None
            self.require_all_chats()
        else:
            self.require_chat(jid)
        payload = {"type": kind, "jid": jid}
        return acts.done(
            acts.perform(self, actions.SET_PRESENCE, payload, fields=body.fields, is_message=False)
        )

    @acts.call(
        "Change the about text of the own profile",
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.ProfileStatusBody,
        request_example=shapes.PROFILE_STATUS,
        is_message=False,
    )
    def profile_status(self, request: Request) -> Response:
        self.require_all_chats()
        body = self.body(shapes.ProfileStatusBody)
        payload = dict(body.validated_data)
        return acts.done(
            acts.perform(self, actions.SET_PROFILE_STATUS, payload, fields=body.fields, is_message=False)
        )

    @acts.call(
        "Decline a call that rings",
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.RejectCallBody,
        request_example=shapes.REJECT_CALL,
        is_message=False,
    )
    def reject_call(self, request: Request) -> Response:
        body = self.body(shapes.RejectCallBody)
        call_id = body.validated_data["call_id"]
        calls = Call.objects.filter(account=self.account, call_id=call_id)
        call = calls.select_related("chat").first()
        if call is None:
            raise ValidationError({"call_id": [f"There is no call {call_id!r}."]})
        if call.chat is None:
            self.require_all_chats()
        else:
            self.require_chat(call.chat.jid)
        payload = {"call_id": call_id, "jid": call.chat.jid if call.chat else None}
        return acts.done(
            acts.perform(self, actions.REJECT_CALL, payload, fields=body.fields, is_message=False)
        )

    def require_all_chats(self) -> None:
        """Raises Forbidden for a key that is limited to certain chats."""
        if self.principal.chats is not None:
            raise Forbidden("This key is limited to certain chats, and this act is not about one.")
