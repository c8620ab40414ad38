"""What all calls have in common."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.access import Principal
from api.browsing import is_owners
from api.errors import Forbidden
from api.filters import ACCOUNT, StrictFilterBackend
from api.pages import CONTENT_SECURITY_POLICY, ApiPage
from api.pagination import Page
from api.parsers import JSONParser
from whatsapp.models import Account, Chat

LARGEST_KEY = 2**63 - 1


class AlwaysJson(BaseContentNegotiation):
    """Answers in JSON, whatever the client says that it accepts: an error is always readable. Only the owner,
    signed in and with a browser, is shown a page."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if is_owners(request._request):
            return ApiPage(), ApiPage.media_type
        first = next(iter(renderers))
        return first, first.media_type


class ApiViewSet(GenericViewSet[Any]):
    """Rows of one account; to a key that is limited to certain chats, those of these chats alone."""

    account_path = "account"  # from a row to its account
    chat_path: str | None = None  # from a row to its chat; None: the rows belong to no chat
    content_negotiation_class = AlwaysJson
    parser_classes = [JSONParser, FormParser]
    pagination_class: type[Page] | None = Page
    filter_backends = [StrictFilterBackend]
    http_method_names = [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
    ]  # what OPTIONS tells, the schema does

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(getattr(final, "accepted_renderer", None), ApiPage):
            final.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            final.headers["Cache-Control"] = "private, no-store"
            patch_vary_headers(final, ["Accept", "Cookie"])
        return final

    @property
    def is_about_chats(self) -> bool:
        """Whether a key that is limited to certain chats has any business here."""
        return self.chat_path is not None

    @property
    def principal(self) -> Principal:
        """Who asks. Of calls that need a key."""
        return cast(Principal, self.request.user)

    @cached_property
    def account(self) -> Account:
        """The account that the call is about, with its connection: `?account=`, else the default one, which
        is made when it is not there yet. Raises ValidationError."""
        name = self.request.query_params.get(ACCOUNT)
        if not name:
            return Account.objects.named(settings.SESSION_NAME) or Account.default()
        account: Account | None = Account.objects.named(name)
        if account is None:
            raise ValidationError({ACCOUNT: [f"There is no account {name[:64]!r}: see GET /api/accounts."]})
        return account

    def get_queryset(self) -> QuerySet[Any]:
        return self.visible(super().get_queryset().filter(**{self.account_path: self.account}))

    def visible(self, rows: QuerySet[Any], chat_path: str | None = None) -> QuerySet[Any]:
        """Those of `rows` that the key may see; `chat_path` leads from one to its chat."""
        allowed = self.principal.chats
        if allowed is None:
            return rows
        chats = Chat.objects.filter(account=self.account, jid__in=allowed).values_list("pk", flat=True)
        return rows.filter(**{f"{chat_path or self.chat_path}__in": list(chats)})

    def require_chat(self, jid: str) -> None:
        """Raises Forbidden when the key may not touch the chat with that JID."""
        allowed = self.principal.chats
        if allowed is not None and jid not in allowed:
            raise Forbidden(f"This key may not touch the chat {jid}.")

    def page(self, queryset: QuerySet[Any], record: Callable[[Any], dict[str, Any]]) -> Response:
        """One page of what the filters leave of `queryset`, each row rendered by `record`."""
        rows = self.paginate_queryset(self.filter_queryset(queryset))
        return self.get_paginated_response([record(row) for row in rows or ()])


def key_in(text: str) -> int | None:
    """The row's key that `text` is; None when it can't be one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    key = int(text)
    return key if key <= LARGEST_KEY else None
