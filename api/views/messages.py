"""Messages: lists, counts, and one message with all that belongs to it."""

from operator import attrgetter
from typing import cast

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import FoundMessageFilter, MessageAddressFilter, MessageFilter, refuse_unknown
from api.pagination import HitPage, LongestPage, Page, records_of
from api.resources.fields import JID
from api.resources.messages import (
    EDIT,
    MESSAGE,
    MESSAGE_DETAIL,
    EditsSerializer,
    MessageDetailSerializer,
    MessageSerializer,
)
from api.resources.receipts import RECEIPT, ReceiptOfMessageSerializer
from api.resources.stats import MESSAGE_STATS, MessageStatsSerializer
from api.schema import call, in_path, in_query
from api.views.base import ApiViewSet
from api.views.search import index_for
from whatsapp import stats
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.message_details import complete, detail_record
from whatsapp.models import Message, Receipt
from whatsapp.prepared import Prepared, Slot
from whatsapp.querysets import keys_of_chat
from whatsapp.records import MESSAGE as MESSAGE_SHAPE
from whatsapp.records import RECEIPT as RECEIPT_SHAPE

TAG = "messages"
MESSAGE_IN_PATH = in_path("message_id", "WhatsApp's id of the message.")
CHAT_IN_QUERY = in_query(
    "chat", "The chat, should several hold the id; else the newest message counts.", dict(JID)
)


CALLED = Prepared(
    lambda: (
        Message.objects.filter(message_id=Slot("message_id"))
        .select_related("chat", "sender", "media", "account")
        .defer("media__thumbnail")
    )
)


class OfMessages(ApiViewSet):
    """What has to do with messages."""

    queryset = Message.objects.all()
    chat_path = "chat"
    has_account_index = False

    def found(self, message_id: str) -> Message:
        """The message with that id; `?chat=` tells which, should several have it. Raises NotFound."""
        account, allowed = self.account, self.principal.chats
        chat = self.request.query_params.get("chat")
        chats = keys_of_chat(parsed_jid("chat", chat)) if chat else None
        # There is one; more only by mistake of a sender's, or in another account.
        messages: list[Message] = [
            message
            for message in CALLED.objects(message_id=message_id)
            if message.account_id == account.pk
            and (allowed is None or message.chat.jid in allowed)
            and (chats is None or message.chat_id in chats)
        ]
        if not messages:
            raise NotFound("Message not found")
        return max(messages, key=attrgetter("pk"))


class MessageViewSet(OfMessages):
    filterset_class = MessageFilter
    pagination_class = HitPage
    serializer_class = MessageSerializer

    @call("List messages", tag=TAG, answer=MessageSerializer(many=True), example=MESSAGE)
    def list(self, request: Request) -> Response:
        if not request.query_params.get("search", "").strip():
            return self.page(self.get_queryset().order_by("-id"), MESSAGE_SHAPE, complete)
        self.filterset_class = FoundMessageFilter
        pages = cast(Page, self.paginator)
        keys = pages.keys(self.filter_queryset(index_for(self)), request, self)
        found = records_of(Message, MESSAGE_SHAPE, keys, complete)
        return pages.get_paginated_response([found[key] for key in keys if key in found])

    @call(
        "Count messages by type, chat and day",
        tag=TAG,
        answer=MessageStatsSerializer,
        example=MESSAGE_STATS,
    )
    def stats(self, request: Request) -> Response:
        refuse_unknown(request, [])
        return Response(stats.of_messages(self.account, self.keys_of_chats()))

    @call(
        "Get a message, with its reactions, receipts, earlier bodies and protobuf",
        tag=TAG,
        answer=MessageDetailSerializer,
        example=MESSAGE_DETAIL,
        errors=(400, 404),
        parameters=[MESSAGE_IN_PATH, CHAT_IN_QUERY],
    )
    def retrieve(self, request: Request, message_id: str) -> Response:
        refuse_unknown(request, ["chat"])
        return Response(detail_record(self.found(message_id)))

    @call(
        "Get the earlier bodies of a message, the oldest first",
        tag=TAG,
        answer=EditsSerializer,
        example={"data": [EDIT], "total": 1},
        errors=(400, 404),
        parameters=[MESSAGE_IN_PATH, CHAT_IN_QUERY],
    )
    def edits(self, request: Request, message_id: str) -> Response:
        refuse_unknown(request, ["chat"])
        edits = detail_record(self.found(message_id))["edits"]
        return Response({"data": edits, "total": len(edits)})


class MessageReceiptViewSet(OfMessages):
    """Who has got, read or played one message of ours."""

    filterset_class = MessageAddressFilter
    pagination_class = LongestPage
    serializer_class = ReceiptOfMessageSerializer

    @call(
        "List the receipts of a message",
        tag=TAG,
        answer=ReceiptOfMessageSerializer(many=True),
        example=RECEIPT,
        errors=(400, 404),
        parameters=[MESSAGE_IN_PATH],
        operation_id="message_receipts_list",
    )
    def list(self, request: Request, message_id: str) -> Response:
        message = self.found(message_id)
        receipts = Receipt.objects.filter(message_id=message.message_id, chat_id=message.chat_id)
        return self.page(receipts.order_by("contact"), RECEIPT_SHAPE)


def parsed_jid(field: str, text: str) -> str:
    """The JID in a parameter. Raises ValidationError that names `field`."""
    try:
        return parse_jid(text)
    except InvalidJid as error:
        raise ValidationError({field: [str(error)]}) from error
