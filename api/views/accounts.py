"""Accounts: which numbers are linked, and how their lines are."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.accounts import ACCOUNT, AccountSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp.models import Account
from whatsapp.records import ACCOUNT as ACCOUNT_SHAPE


class AccountViewSet(ApiViewSet):
    queryset = Account.objects.all()
    serializer_class = AccountSerializer

    @call("List accounts", tag="accounts", answer=AccountSerializer(many=True), example=ACCOUNT)
    def list(self, request: Request) -> Response:
        return self.page(Account.objects.order_by("name"), ACCOUNT_SHAPE)
