"""Chats: the list, and one with its newest messages."""

from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import NotFound
from api.filters import ChatFilter, refuse_unknown
from api.pagination import LongPage
from api.resources.chats import CHAT, CHAT_DETAIL, ChatDetailSerializer, ChatSerializer, RetentionBody
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp import forgetting
from whatsapp.message_details import complete
from whatsapp.models import Chat, Message
from whatsapp.prepared import Prepared, Slot
from whatsapp.records import CHAT as CHAT_SHAPE
from whatsapp.records import MESSAGE as MESSAGE_SHAPE
from whatsapp.records import chat_record
from whatsapp.shapes import Record

TAG = "chats"
RECENT_MESSAGES = 20


def newest_of_chat() -> QuerySet[Any]:
    newest = Message.objects.filter(chat=Slot("chat")).order_by("-id").values("pk")[:RECENT_MESSAGES]
    return Message.objects.filter(pk__in=newest).order_by().values_list(*MESSAGE_SHAPE.columns)


NEWEST = Prepared(newest_of_chat)


class ChatViewSet(ApiViewSet):
    queryset = Chat.objects.all()
    filterset_class = ChatFilter
    pagination_class = LongPage
    chat_path = "pk"
    serializer_class = ChatSerializer

    @call("List chats, newest message first", tag=TAG, answer=ChatSerializer(many=True), example=CHAT)
    def list(self, request: Request) -> Response:
        chats: Any = self.get_queryset()
        return self.page(chats.newest_first(), CHAT_SHAPE)

    @call(
        "Get a chat with its newest messages",
        tag=TAG,
        answer=ChatDetailSerializer,
        example=CHAT_DETAIL,
        errors=(400, 404),
        parameters=[in_path("jid", "JID, LID or phone number.")],
    )
    def retrieve(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        chat = self.chat_at(jid)
        return Response({**chat_record(chat), "recent_messages": recent_messages(chat)})

    @call(
        "Keep a chat's messages for so many days",
        tag=TAG,
        answer=ChatSerializer,
        example={**CHAT, "keep_days": 30},
        request=RetentionBody,
        request_example={"keep_days": 30},
        scope=Scope.MANAGE,
        errors=(400, 404),
        parameters=[in_path("jid", "JID, LID or phone number.")],
        description="Older ones are deleted within the hour, with their files, reactions and receipts; null "
        "keeps them for ever. The event log has its own setting, `eventRetentionDays`.",
    )
    def partial_update(self, request: Request, jid: str) -> Response:
        chat = self.chat_at(jid)
        self.require_chat(chat.jid)
        changes = self.body(RetentionBody).validated_data
        if "keep_days" in changes:
            forgetting.keep_for(chat, changes["keep_days"])
        return Response(chat_record(chat))

    def chat_at(self, jid: str) -> Chat:
        chats: Any = self.get_queryset()
        chat: Chat | None = chats.addressed(parsed_jid("jid", jid)).order_by("-last_message_ts").first()
        if chat is None:
            raise NotFound("Chat not found")
        return chat


def recent_messages(chat: Chat) -> list[Record]:
    """The newest messages of the chat, newest first."""
    columns = NEWEST.columns(chat=chat.pk)
    records, besides = MESSAGE_SHAPE.of_columns(columns), MESSAGE_SHAPE.beside_of(columns)
    complete(records, besides)
    return [
        record for _, record in sorted(zip(besides, records, strict=True), key=itemgetter(0), reverse=True)
    ]
