"""Who asks, and what they may: principals, scopes, and the permission that every call checks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.errors import Forbidden


class Scope(StrEnum):
    """What a key is for. None includes another."""

    READ = "read"
    SEND = "send"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Principal:
    """A program that has shown a key, or the owner at a page."""

    name: str
    scopes: frozenset[Scope]
    chats: frozenset[str] | None = None  # JIDs; None: all of them
    is_authenticated: bool = True


OWNER = Principal("owner", frozenset(Scope))


class MayCall(BasePermission):
    """Checks the scope that the call is described with; and for a key that is limited to certain chats, that
    the call is about chats at all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False when nobody has shown a key. Raises Forbidden when the key is for something else."""
        principal = request.user
        if not isinstance(principal, Principal):
            return False
        scope = getattr(getattr(view, view.action or "", None), "scope", Scope.READ)
        if scope not in principal.scopes:
            raise Forbidden(f"This key lacks the scope {scope.value!r}.")
        if principal.chats is not None and not view.is_about_chats:
            raise Forbidden("This key is limited to certain chats, and this call is not about a chat.")
        return True
