"""Who asks, and what they may: principals, scopes, and the permission that every call checks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.errors import Forbidden
from whatsapp.models.api_key import Scope

__all__ = ["OWNER", "MayCall", "Principal", "Scope"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A program that has shown a key, or the owner at a page."""

    name: str
    scopes: frozenset[Scope]
    chats: frozenset[str] | None = None  # JIDs; None: all of them
    key_id: int | None = None  # of its row; None: the owner's
    accounts: frozenset[int] | None = None  # their keys; None: all of them
    is_authenticated: bool = True

    def may_see(self, account_id: int) -> bool:
        """Whether that account is there for this one."""
        return self.accounts is None or account_id in self.accounts

    def may_grant(
        self, scopes: Iterable[str], chats: Iterable[str] | None, accounts: Iterable[int] | None = None
    ) -> bool:
        """Whether this one may do all that, and so may let others do it."""
        within = self.chats is None or (chats is not None and self.chats.issuperset(chats))
        return within and self.may_share(accounts) and self.scopes.issuperset(scopes)

    def may_share(self, accounts: Iterable[int] | None) -> bool:
        """Whether what is for these accounts (None: for all) is for none that this one may not see."""
        return self.accounts is None or (accounts is not None and self.accounts.issuperset(accounts))


OWNER = Principal("owner", frozenset(Scope))


class MayCall(BasePermission):
    """Checks the scope that the call is described with; for a key that is limited to certain chats, that the
    call is about chats at all; and for one that is limited to certain accounts, that it is not about the
    whole hub. Which accounts a call may be about is seen to where it finds its own (`ApiViewSet.account`)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False when nobody has shown a key. Raises Forbidden when the key is for something else."""
        principal = request.user
        if not isinstance(principal, Principal):
            return False
        call = getattr(view, view.action or "", None)
        scope = getattr(call, "scope", Scope.READ)
        if scope not in principal.scopes:
            raise Forbidden(f"This key lacks the scope {scope.value!r}.")
        if principal.chats is not None and not view.is_about_chats:
            raise Forbidden("This key is limited to certain chats, and this call is not about a chat.")
        if principal.accounts is not None and getattr(call, "is_of_hub", False):
            raise Forbidden("This key is limited to certain accounts, and this call is about the whole hub.")
        return True
