"""Groups: what WhatsApp says of them now, and changing them."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api import acts
from api.access import Scope
from api.errors import Forbidden
from api.resources import acts as shapes
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp import actions
from whatsapp.jids import is_group
from whatsapp.models import Action

TAG = "groups"
JID = in_path("jid", "The group's JID or its bare id.")


class GroupActViewSet(ApiViewSet):
    queryset = Action.objects.none()
    serializer_class = shapes.DoneSerializer
    is_about_chats = True
    pagination_class = None

    @call(
        "Ask WhatsApp what a group is like now",
        tag=TAG,
        answer=shapes.GroupMetadataSerializer,
        example=shapes.GROUP_METADATA,
        errors=(400, 503, 504),
        parameters=[JID, *acts.QUESTION_PARAMETERS],
    )
    def metadata(self, request: Request, jid: str) -> Response:
        return Response(acts.ask(self, actions.GET_GROUP_METADATA, {"jid": self.group(jid)}))

    @call(
        "Ask WhatsApp for the code of a group's invite link; for its admins",
        tag=TAG,
        answer=shapes.InviteCodeSerializer,
        example=shapes.INVITE_CODE,
        errors=(400, 503, 504),
        parameters=[JID, *acts.QUESTION_PARAMETERS],
    )
    def invite_code(self, request: Request, jid: str) -> Response:
        return Response(acts.ask(self, actions.GET_INVITE_CODE, {"jid": self.group(jid)}))

    @acts.call(
        "Give a group another name",
        tag=TAG,
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.SubjectBody,
        request_example=shapes.SUBJECT,
        scope=Scope.MANAGE,
        parameters=[JID],
        is_message=False,
    )
    def subject(self, request: Request, jid: str) -> Response:
        return acts.done(self.change(actions.SET_GROUP_SUBJECT, jid, shapes.SubjectBody))

    @acts.call(
        "Give a group another description",
        tag=TAG,
        answer=shapes.DoneSerializer,
        example=shapes.DONE,
        request=shapes.DescriptionBody,
        request_example=shapes.DESCRIPTION,
        scope=Scope.MANAGE,
        parameters=[JID],
        is_message=False,
    )
    def describe(self, request: Request, jid: str) -> Response:
        return acts.done(self.change(actions.SET_GROUP_DESCRIPTION, jid, shapes.DescriptionBody))

    @acts.call(
        "Add people to a group, remove them, make them admins or plain members",
        tag=TAG,
        answer=shapes.ParticipantsResultSerializer,
        example=shapes.PARTICIPANTS_RESULT,
        request=shapes.ParticipantsBody,
        request_example=shapes.PARTICIPANTS,
        scope=Scope.MANAGE,
        parameters=[JID],
        is_message=False,
    )
    def participants(self, request: Request, jid: str) -> Response:
        action = self.change(actions.CHANGE_PARTICIPANTS, jid, shapes.ParticipantsBody)
        return acts.done(action, result=(action.result or {}).get("result"))

    @acts.call(
        "Ask WhatsApp for all groups, and bring their rows up to date",
        tag=TAG,
        answer=shapes.GroupsSyncedSerializer,
        example=shapes.GROUPS_SYNCED,
        scope=Scope.MANAGE,
        errors=(400, 409, 503, 504),
        is_message=False,
    )
    def sync(self, request: Request) -> Response:
        if self.principal.chats is not None:
            raise Forbidden("This key is limited to certain chats, and this act is about all groups.")
        action = acts.perform(self, actions.SYNC_GROUPS, {}, is_message=False)
        counts = action.result or {}
        return acts.done(action, **{name: counts.get(name) for name in ("synced", "failed", "total")})

    def change(self, kind: str, jid: str, shape: type[Serializer[Any]]) -> Action:
        """Does to the group what the request's body, which has that shape, wants."""
        group = self.group(jid)
        body = self.body(shape)
        payload = {"jid": group, **body.validated_data}
        return acts.perform(self, kind, payload, fields=payload, is_message=False)

    def group(self, text: str) -> str:
        """The group's JID, if the key may touch it. Raises ValidationError or Forbidden."""
        jid = parsed_jid("jid", text)
        if not is_group(jid):
            raise ValidationError({"jid": [f"{jid} is no group: the JID of one ends with @g.us."]})
        self.require_chat(jid)
        return jid
