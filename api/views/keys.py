"""Keys: who has one, a new one, another end for one, and no more of one."""

from typing import Any

from django.utils import timezone
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
from whatsapp.models import ApiKey
from whatsapp.records import time_text

TAG = "keys"
KEY_ID = in_path("key_id", "The key's id.")


class KeyViewSet(ApiViewSet):
    queryset = ApiKey.objects.all()
    serializer_class = KeySerializer

    @call(
        "List keys, newest first", tag=TAG, answer=KeySerializer(many=True), example=KEY, scope=Scope.MANAGE
    )
    def list(self, request: Request) -> Response:
        return self.page(ApiKey.objects.order_by("-id"), key_record)

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
        self.require_no_less(wanted["scopes"], wanted.get("chats"))
        row, key = api_keys.create(
            wanted["name"], wanted["scopes"], chats=wanted.get("chats"), expires_at=wanted.get("expires_at")
        )
        return Response({"success": True, **key_record(row), "key": key})

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
        self.require_no_less(row.scopes, row.chats)
        if row.revoked_at is not None:
            raise BadRequest("This key is revoked, so nothing of it can be changed.")
        body = self.body(KeyBody)
        api_keys.edit(
            row,
            name=body.validated_data.get("name", row.name),
            expires_at=body.validated_data.get("expires_at", row.expires_at),
        )
        return Response({"success": True, **key_record(row)})

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
        row = ApiKey.objects.filter(pk=number).first() if number else None
        if row is None:
            raise NotFound("Key not found")
        return row

    def require_no_less(self, scopes: Any, chats: Any) -> None:
        """Raises Forbidden when whoever asks may do less than a key with these scopes and chats."""
        if not self.principal.may_grant(scopes, chats):
            raise Forbidden("This key may do less than that one would.")


def key_record(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "chats": row.chats,
        "is_active": row.is_good(timezone.now()),
        "created_at": time_text(row.created_at),
        "expires_at": time_text(row.expires_at),
        "last_used_at": time_text(row.last_used_at),
        "revoked_at": time_text(row.revoked_at),
    }
