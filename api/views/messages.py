"""Messages: lists, full-text search, and one message with all that belongs to it."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import BadRequest, NotFound
from api.filters import MessageFilter, SearchFilter, refuse_unknown
from api.resources.messages import MESSAGE, MESSAGE_DETAIL, MessageDetailSerializer, MessageSerializer
from api.schema import call, in_path, in_query
from api.views.base import ApiViewSet
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.message_details import detail_record
from whatsapp.models import Message
from whatsapp.records import message_record

TAG = "messages"


def load(page: QuerySet[Any]) -> list[Message]:
    """The messages of `page`, a slice in order of keys, with their relations: one query.

    The page's keys are found first, by an index alone, so that what is skipped is not joined.
    """
    newest_first = str(page.query.order_by[0]).startswith("-")
    rows = Message.objects.with_relations().filter(pk__in=page.values("pk"))
    return sorted(rows, key=lambda message: message.pk, reverse=newest_first)


class MessageViewSet(ApiViewSet):
    queryset = Message.objects.all()
    chat_path = "chat"
    filterset_class = MessageFilter
    serializer_class = MessageSerializer

    def load(self, page: QuerySet[Any]) -> list[Message]:
        return load(page)

    @call("List messages", tag=TAG, answer=MessageSerializer(many=True), example=MESSAGE)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), message_record)

    @call(
        "Get a message, with its reactions, receipts, earlier bodies and protobuf",
        tag=TAG,
        answer=MessageDetailSerializer,
        example=MESSAGE_DETAIL,
        errors=(400, 404),
        parameters=[
            in_path("message_id", "WhatsApp's id of the message."),
            in_query("chat", "The chat, should several hold the id; else the newest message counts."),
        ],
    )
    def retrieve(self, request: Request, message_id: str) -> Response:
        refuse_unknown(request, ["chat"])
        messages = self.get_queryset().select_related("chat", "sender", "media", "account")
        found: Any = messages.defer("media__thumbnail").filter(message_id=message_id)
        if chat := request.query_params.get("chat"):
            found = found.in_chat(parsed_jid("chat", chat))
        message = found.order_by("-id").first()
        if message is None:
            raise NotFound("Message not found")
        return Response(detail_record(message))


class MessageSearchViewSet(ApiViewSet):
    queryset = Message.objects.all()
    chat_path = "chat"
    filterset_class = SearchFilter
    serializer_class = MessageSerializer

    def load(self, page: QuerySet[Any]) -> list[Message]:
        return load(page)

    @call(
        "Search messages by their text, newest first",
        tag=TAG,
        answer=MessageSerializer(many=True),
        example=MESSAGE,
        operation_id="messages_search",
    )
    def list(self, request: Request) -> Response:
        if not request.query_params.get("q", "").strip():
            raise BadRequest('Missing query parameter "q"')
        return self.page(self.get_queryset(), message_record)


def parsed_jid(field: str, text: str) -> str:
    """The JID in a parameter. Raises ValidationError that names `field`."""
    try:
        return parse_jid(text)
    except InvalidJid as error:
        raise ValidationError({field: [str(error)]}) from error
