"""Accounts: which numbers are linked, and how their lines are; linking another one, and removing one."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import ApiError, NotFound
from api.filters import FALSE, TRUE, refuse_unknown
from api.resources.accounts import (
    ACCOUNT,
    MADE_ACCOUNT,
    NEW_ACCOUNT_BODY,
    REMOVED_ACCOUNT,
    AccountSerializer,
    MadeAccountSerializer,
    NewAccountBody,
    RemovedAccountSerializer,
)
from api.schema import call, in_path, in_query
from api.views.base import ApiViewSet
from whatsapp import accounts
from whatsapp.models import Account
from whatsapp.records import ACCOUNT as ACCOUNT_SHAPE

TAG = "accounts"
NAME = in_path("name", "The account's name.")
DATA = "data"
DATA_STAYS = (
    "Say data=true: all that is stored of the account is deleted, for good. To unlink its phone alone, "
    "POST /api/connection/logout?account={}."
)


class AccountViewSet(ApiViewSet):
    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    is_of_account = False

    @call("List accounts", tag=TAG, answer=AccountSerializer(many=True), example=ACCOUNT)
    def list(self, request: Request) -> Response:
        hidden = [one.pk for one in Account.objects.by_name().values() if not self.may_see(one)]
        rows = Account.objects.exclude(pk__in=hidden) if hidden else Account.objects.all()
        return self.page(rows.order_by("name"), ACCOUNT_SHAPE)

    @call(
        "Get an account",
        tag=TAG,
        answer=AccountSerializer,
        example=ACCOUNT,
        errors=(404,),
        parameters=[NAME],
    )
    def retrieve(self, request: Request, name: str) -> Response:
        refuse_unknown(request, [])
        return Response(ACCOUNT_SHAPE.of(self.find(name)))

    @call(
        "Make an account for another number",
        tag=TAG,
        answer=MadeAccountSerializer,
        example=MADE_ACCOUNT,
        request=NewAccountBody,
        request_example=NEW_ACCOUNT_BODY,
        scope=Scope.MANAGE,
        is_of_hub=True,
        description="Within seconds there is a code for its phone to scan: GET "
        "/api/connection/qr?account=NAME, or POST /api/connection/pair?account=NAME for one to type.",
    )
    def create(self, request: Request) -> Response:
        name = self.body(NewAccountBody).validated_data["name"]
        try:
            made = accounts.create(name)
        except accounts.BadName as error:
            raise ValidationError({"name": [str(error)]}) from error
        return Response({"success": True, **ACCOUNT_SHAPE.of(self.find(made.name))})

    @call(
        "Remove an account with all that is stored of it",
        tag=TAG,
        answer=RemovedAccountSerializer,
        example=REMOVED_ACCOUNT,
        errors=(404, 409),
        parameters=[
            NAME,
            in_query(
                DATA,
                "It must be `true`, which says that messages, files, contacts and all else that is stored of "
                "the account are to be deleted.",
                bool,
                required=True,
            ),
        ],
        scope=Scope.MANAGE,
        is_of_hub=True,
        description="Its phone is unlinked. The account is gone at once, and what is stored of it after "
        "that, little by little; its name is free when all of it is gone.",
    )
    def destroy(self, request: Request, name: str) -> Response:
        refuse_unknown(request, [DATA])
        account = self.find(name)
        word = (request.query_params.get(DATA) or FALSE[0]).lower()
        if word not in (*TRUE, *FALSE):
            raise ValidationError({DATA: [f"{word[:40]!r} is neither true nor false."]})
        if word in FALSE:
            raise ValidationError({DATA: [DATA_STAYS.format(account.name)]})
        try:
            accounts.remove(account)
        except accounts.IsDefault as error:
            raise ApiError(409, str(error)) from error
        return Response({"success": True, "message": "Removed. What is stored of it is being deleted."})

    def may_see(self, account: Account) -> bool:
        return self.principal.may_see(account.pk) and not account.is_removed

    def find(self, name: str) -> Account:
        """The account with its connection, if the key may see it. Raises NotFound."""
        found: Account | None = Account.objects.named(name)
        if found is None or not self.may_see(found):
            raise NotFound("Account not found")
        return found
