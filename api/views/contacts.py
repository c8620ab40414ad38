"""People: the list, one of them, and the address of their picture."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.pagination import LongestPage
from api.record_filters import ContactFilter
from api.resources.contacts import (
    CONTACT,
    PROFILE_PICTURE,
    ContactSerializer,
    ProfilePictureSerializer,
)
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp.jids import is_group
from whatsapp.models import Contact, Group
from whatsapp.records import CONTACT as CONTACT_SHAPE
from whatsapp.records import contact_record

TAG = "contacts"
JID_IN_PATH = in_path("jid", "JID, LID or phone number.")


class ContactViewSet(ApiViewSet):
    queryset = Contact.objects.all()
    filterset_class = ContactFilter
    pagination_class = LongestPage
    serializer_class = ContactSerializer
    chat_jid_path = "jid"  # of the direct chat with the person

    def found(self, jid: str) -> Contact | None:
        contacts: Any = self.get_queryset()
        contact: Contact | None = contacts.addressed(jid).order_by("id").first()
        return contact

    @call("List people, by name", tag=TAG, answer=ContactSerializer(many=True), example=CONTACT)
    def list(self, request: Request) -> Response:
        contacts: Any = self.get_queryset()
        return self.page(contacts.by_name(), CONTACT_SHAPE)

    @call(
        "Get a person",
        tag=TAG,
        answer=ContactSerializer,
        example=CONTACT,
        errors=(400, 404),
        parameters=[JID_IN_PATH],
    )
    def retrieve(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        contact = self.found(parsed_jid("jid", jid))
        if contact is None:
            raise NotFound("Contact not found")
        return Response(contact_record(contact))

    @call(
        "Get the address of a person's or group's picture",
        tag=TAG,
        answer=ProfilePictureSerializer,
        example=PROFILE_PICTURE,
        parameters=[JID_IN_PATH],
    )
    def profile_pic(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        address = parsed_jid("jid", jid)
        shown: Contact | Group | None
        if is_group(address):
            shown = self.visible(Group.objects.filter(account=self.account, jid=address)).first()
        else:
            shown = self.found(address)
        return Response({"url": shown.profile_pic_url if shown else None})
