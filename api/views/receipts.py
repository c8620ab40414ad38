"""Receipts: who has got, read or played what this account sent."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.record_filters import ReceiptFilter
from api.resources.receipts import RECEIPT, ReceiptOfMessageSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp.models import Receipt
from whatsapp.records import RECEIPT as RECEIPT_SHAPE


class ReceiptViewSet(ApiViewSet):
    queryset = Receipt.objects.all()
    filterset_class = ReceiptFilter
    serializer_class = ReceiptOfMessageSerializer
    account_path = "chat__account"
    chat_path = "chat"
    has_account_index = False

    @call(
        "List receipts, the last one to begin first",
        tag="receipts",
        answer=ReceiptOfMessageSerializer(many=True),
        example=RECEIPT,
    )
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), RECEIPT_SHAPE)
