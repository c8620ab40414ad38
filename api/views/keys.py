"""Keys: who has one, a new one, another end for one, and no more of one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import BadRequest, Forbidden, NotFound
from api.resources.keys import (
    CHANGED_KEY,
    KEY,
    KEY_BODY,
    NEW_KEY,
    NEW_KEY_BODY,
    ChangedKeySerializer,
    KeyBody,
    KeySerializer,
    NewKeyBody,
    NewKeySerializer,
)
from api.resources.service import SuccessSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet, key_in
from whatsapp import api_keys
from whatsapp.models import Account, ApiKey
from whatsapp.records import time_text

TAG = "keys"
KEY_ID = in_path("key_id", "The key's id.")


class KeyViewSet(ApiViewSet):
    """To a key that is limited to certain accounts, keys that are for others are not there."""

    queryset = ApiKey.objects.all()
    serializer_class = KeySerializer
    is_of_account = False

    @call(
        "List keys, newest first", tag=TAG, answer=KeySerializer(many=True), example=KEY, scope=Scope.MANAGE
    )
    def list(self, request: Request) -> Response:
        return self.page(self.known().order_by("-id"), self.record)

    @call(
        "Make a key, which is shown in the answer and never again",
        tag=TAG,
        answer=NewKeySerializer,
        example=NEW_KEY,
        request=NewKeyBody,
        request_example=NEW_KEY_BODY,
        scope=Scope.MANAGE,
    )
    def create(self, request: Request) -> Response:
        body = self.body(NewKeyBody)
        wanted = body.validated_data
        only = self.accounts_named(wanted.get("accounts"))
        self.require_no_less(wanted["scopes"], wanted.get("chats"), only)
        row, key = api_keys.create(
            wanted["name"],
            wanted["scopes"],
            accounts=only,
            chats=wanted.get("chats"),
            expires_at=wanted.get("expires_at"),
        )
        return Response({"success": True, **self.record(row), "key": key})

    @call(
        "Give a key another name or end",
        tag=TAG,
        answer=ChangedKeySerializer,
        example=CHANGED_KEY,
        errors=(400, 404),
        request=KeyBody,
        request_example=KEY_BODY,
        parameters=[KEY_ID],
        scope=Scope.MANAGE,
    )
    def partial_update(self, request: Request, key_id: str) -> Response:
        row = self.key_with(key_id)
        self.require_no_less(row.scopes, row.chats, row.accounts)
        if row.revoked_at is not None:
            raise BadRequest("This key is revoked, so nothing of it can be changed.")
        body = self.body(KeyBody)
        api_keys.edit(
            row,
            name=body.validated_data.get("name", row.name),
            expires_at=body.validated_data.get("expires_at", row.expires_at),
        )
        return Response({"success": True, **self.record(row)})

    @call(
        "Revoke a key: it stops to work at once",
        tag=TAG,
        answer=SuccessSerializer,
        example={"success": True},
        errors=(404,),
        parameters=[KEY_ID],
        scope=Scope.MANAGE,
    )
    def destroy(self, request: Request, key_id: str) -> Response:
        api_keys.revoke(self.key_with(key_id))
        return Response({"success": True})

    def key_with(self, key_id: str) -> ApiKey:
        number = key_in(key_id)
        row: ApiKey | None = self.known().filter(pk=number).first() if number else None
        if row is None:
            raise NotFound("Key not found")
        return row

    def known(self) -> QuerySet[Any]:
        """The keys that may see nothing which this one may not."""
        rows = ApiKey.objects.all()
        if self.principal.accounts is None:
            return rows
        limits = rows.filter(accounts__isnull=False).values_list("pk", "accounts")  # they are few
        return rows.filter(pk__in=[key for key, accounts in limits if self.principal.may_share(accounts)])

    @cached_property
    def names(self) -> dict[int, str]:
        """The accounts that this key may see: their keys and what they are called."""
        accounts = Account.objects.by_name().values()
        return {
            account.pk: account.name
            for account in accounts
            if self.principal.may_see(account.pk) and not account.is_removed
        }

    def accounts_named(self, names: Iterable[str] | None) -> Sequence[int] | None:
        """The keys of the accounts with these names. Raises ValidationError."""
        if names is None:
            return None
        keys = {name: key for key, name in self.names.items()}
        for name in names:
            if name not in keys:
                raise ValidationError({"accounts": [f"There is no account {name!r}: see GET /api/accounts."]})
        return [keys[name] for name in names]

    def require_no_less(self, scopes: Any, chats: Any, accounts: Any) -> None:
        """Raises Forbidden when whoever asks may do less than a key with these scopes, chats and accounts."""
        if not self.principal.may_grant(scopes, chats, accounts):
            raise Forbidden("This key may do less than that one would.")

    def record(self, row: ApiKey) -> dict[str, Any]:
        return key_record(row, self.names)


def key_record(row: ApiKey, names: Mapping[int, str]) -> dict[str, Any]:
    """`names` are the accounts that are there, by their keys."""
    only = row.accounts
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "accounts": None if only is None else sorted(names[key] for key in only if key in names),
        "chats": row.chats,
        "is_active": row.is_good(timezone.now()),
        "created_at": time_text(row.created_at),
        "expires_at": time_text(row.expires_at),
        "last_used_at": time_text(row.last_used_at),
        "revoked_at": time_text(row.revoked_at),
    }
