"""How a program shows its key, and whose key it is."""

import hmac
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api import guesses
from api.access import OWNER, Principal, Scope
from whatsapp import api_keys
from whatsapp.models import ApiKey

QUERY_PARAMETER = "api_key"
BEARER = "bearer "


class ApiKeyAuthentication(BaseAuthentication):
    """The key from `x-api-key`, `Authorization: Bearer` or `?api_key=`; the first that is there counts."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """None when there is no key at all. Raises AuthenticationFailed for a wrong one, and TooMany for any
        that could be a guess when there were too many wrong ones."""
        key = presented_key(request)
        if not key:
            return None
        row = api_keys.find(key)  # asks nothing about what can't be such a key
        if row is not None:
            return principal_of(row), None
        address = guesses.address_of(request)
        guesses.refuse_too_many(address)
        if hmac.compare_digest(key, settings.API_KEY.encode()):
            return OWNER, None
        guesses.note(address, key)
        raise AuthenticationFailed

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="whatsapp-hub"'


def may_be_known(key: bytes) -> bool:
    """Whether it is the owner's key, or looks like one that the hub has made; asks the database nothing."""
    return hmac.compare_digest(key, settings.API_KEY.encode()) or api_keys.is_well_formed(key)


def is_known(key: bytes) -> bool:
    """Whether it is the owner's key, or a good one that the hub has made."""
    return hmac.compare_digest(key, settings.API_KEY.encode()) or api_keys.find(key) is not None


def presented_key(request: Any) -> bytes:
    """The bytes of the key that the request carries; empty when it carries none."""
    authorization = request.META.get("HTTP_AUTHORIZATION", "")
    bearer = authorization[len(BEARER) :].strip() if authorization.lower().startswith(BEARER) else ""
    header = request.META.get("HTTP_X_API_KEY", "") or bearer
    # WSGI hands over the bytes of a header as Latin-1; the query is decoded as UTF-8 already.
    if header:
        return str(header).encode("latin-1", "replace")
    return str(request.GET.get(QUERY_PARAMETER, "")).encode("utf-8", "replace")


def principal_of(row: ApiKey) -> Principal:
    """Who shows that key. A person's chat may be addressed by either of their addresses."""
    return principals_of([row])[row.pk]


def principals_of(rows: Iterable[ApiKey]) -> dict[int, Principal]:
    """The same of several keys, by their ids; the number of queries does not grow with them."""
    found = list(rows)
    chats = iter(api_keys.both_addresses(*(row.chats for row in found if row.chats is not None)))
    return {
        row.pk: Principal(
            name=row.name,
            scopes=frozenset(Scope(scope) for scope in row.scopes),
            chats=None if row.chats is None else next(chats),
            key_id=row.pk,
            accounts=None if row.accounts is None else frozenset(row.accounts),
        )
        for row in found
    }
