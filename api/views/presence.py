"""Presence: who is online and who types, now; and how that changed, of one person."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.record_filters import PresenceChangeFilter, PresenceFilter
from api.resources.presence import (
    PRESENCE,
    PRESENCE_CHANGE,
    PresenceChangeSerializer,
    PresenceSerializer,
)
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp.models import Contact, Presence, PresenceChange
from whatsapp.records import PRESENCE as PRESENCE_SHAPE
from whatsapp.records import PRESENCE_CHANGE as PRESENCE_CHANGE_SHAPE
from whatsapp.records import presence_record

TAG = "presence"
JID_IN_PATH = in_path("jid", "JID, LID or phone number.")


class PresenceViewSet(ApiViewSet):
    queryset = Presence.objects.all()
    filterset_class = PresenceFilter
    serializer_class = PresenceSerializer
    account_path = "contact__account"
    chat_jid_path = "contact__jid"  # of the direct chat with the person
    has_account_index = False

    @call("List who is online and who types", tag=TAG, answer=PresenceSerializer(many=True), example=PRESENCE)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("pk"), PRESENCE_SHAPE)

    @call(
        "Get what is known of a person's presence",
        tag=TAG,
        answer=PresenceSerializer,
        example=PRESENCE,
        errors=(400, 404),
        parameters=[JID_IN_PATH],
    )
    def retrieve(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        people = Contact.objects.filter(account=self.account).addressed(parsed_jid("jid", jid))
        rows = self.get_queryset().select_related("contact", "chat")
        presence: Presence | None = rows.filter(contact__in=people).first()
        if presence is None:
            raise NotFound("Nothing is known of that presence")
        return Response(presence_record(presence))


class PresenceLogViewSet(ApiViewSet):
    queryset = PresenceChange.objects.all()
    filterset_class = PresenceChangeFilter
    serializer_class = PresenceChangeSerializer
    chat_jid_path = "jid"  # of the direct chat with the person

    @call(
        "List the changes of a person's presence, newest first",
        tag=TAG,
        answer=PresenceChangeSerializer(many=True),
        example=PRESENCE_CHANGE,
        errors=(400, 404),
        parameters=[JID_IN_PATH],
        operation_id="presence_log_list",
    )
    def list(self, request: Request, jid: str) -> Response:
        people: Any = self.visible(Contact.objects.filter(account=self.account))
        person = next(iter(people.addressed(parsed_jid("jid", jid))[:1]), None)
        if person is None:
            raise NotFound("Contact not found")
        changes = PresenceChange.objects.filter(contact=person)
        return self.page(changes.order_by("-changed_at", "-state"), PRESENCE_CHANGE_SHAPE)
