"""What all calls have in common."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from api.access import Principal
from api.browsing import wants_page
from api.errors import Forbidden, NotFound
from api.filters import ACCOUNT, StrictFilterBackend
from api.pages import CONTENT_SECURITY_POLICY, ApiPage
from api.pagination import Complete, Page
from api.parsers import JSONParser
from whatsapp.following import EVERYTHING
from whatsapp.models import Account, Chat
from whatsapp.shapes import Shape

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
        if wants_page(request._request):
            return ApiPage(), ApiPage.media_type
        first = next(iter(renderers))
        return first, first.media_type


class ApiViewSet(GenericViewSet[Any]):
    """Rows of one account; to a key that is limited to certain chats, those of these chats alone."""

    account_path = "account"  # from a row to its account
    chat_path: str | None = None  # from a row to its chat; None: the rows belong to no chat
    chat_jid_path: str | None = None  # from a row to the JID of its chat, where no row leads to the chat
    is_alone = False  # whether there is no other account; known with `account`
    has_account_index = True  # whether the index that its lists walk begins with the account
    is_of_account = True  # whether its calls are about one account
    takes_all_accounts = False  # whether they may be about all that the key may see (`account=*`)
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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\0" in value for value in kwargs.values()):  # which PostgreSQL takes for no text
            raise NotFound("There is nothing of that name.")
        for name, values in request.query_params.lists():
            if len(values) > 1:  # only one of them would count, and it is anybody's guess which
                raise ValidationError({name: [f"Give it once: it is there {len(values)} times."]})

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
        return self.chat_path is not None or self.chat_jid_path is not None

    @property
    def principal(self) -> Principal:
        """Who asks. Of calls that need a key."""
        return cast(Principal, self.request.user)

    @cached_property
    def account(self) -> Account:
        """The account that the call is about, with its connection: the one that it names, else the default
        one, which is made when it is not there yet; of a key for one other account, that. To a key that may
        not see it, an account is not there. Raises ValidationError."""
        accounts: dict[str, Account] = Account.objects.by_name()
        if settings.SESSION_NAME not in accounts:
            Account.default()
            accounts = Account.objects.by_name()
        self.is_alone = len(accounts) == 1
        known = {
            name: account
            for name, account in accounts.items()
            if self.principal.may_see(account.pk) and not account.is_removed
        }
        wanted = self.wanted_account
        if wanted is None and settings.SESSION_NAME not in known:
            if len(known) != 1:
                raise ValidationError(
                    {ACCOUNT: [f"Say which account: {', '.join(sorted(known)) or 'none'}."]}
                )
            (wanted,) = known
        name = wanted or settings.SESSION_NAME
        if name not in known:
            raise ValidationError({ACCOUNT: [f"There is no account {name[:64]!r}: see GET /api/accounts."]})
        return known[name]

    @cached_property
    def wanted_account(self) -> str | None:
        """The account that the request names in its query or its body; None when it names none. Raises
        ValidationError."""
        in_query, in_body = self.request.query_params.get(ACCOUNT) or None, self.account_in_body()
        if in_query and in_body and in_query != in_body:
            raise ValidationError({ACCOUNT: ["The address and the body name different ones: name one."]})
        return in_query or in_body

    def account_in_body(self) -> str | None:
        """Of a body that can't be read nobody knows: the calls that need one refuse it."""
        if self.request.method in SAFE_METHODS:
            return None
        is_read = AlwaysJson().select_parser(self.request, self.get_parsers()) is not None
        if not is_read or not isinstance(self.request.data, Mapping):
            return None
        named = self.request.data.get(ACCOUNT)
        if named is not None and not isinstance(named, str):
            raise ValidationError({ACCOUNT: ["This must be the name of an account."]})
        return named or None

    @property
    def is_of_all_accounts(self) -> bool:
        """Whether the call is about all accounts that the key may see."""
        return self.takes_all_accounts and self.wanted_account == EVERYTHING

    def get_queryset(self) -> QuerySet[Any]:
        return self.visible(self.of_account(super().get_queryset()))

    def of_account(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of `rows` that belong to the account. Where an index doesn't know the account, each row would
        have to be read to be counted: so where there is no other account, all rows are its own."""
        account = self.account
        if self.is_alone and not self.has_account_index:
            return rows
        relation, _, field = self.account_path.rpartition("__")
        if not relation:
            return rows.filter(**{field: account})
        # Not by a join, which would let a database begin with the other table, and sort.
        related: Any = rows.model._meta.get_field(relation).related_model
        owners = related._default_manager.filter(pk=OuterRef(relation), **{field: account})
        return rows.filter(Exists(owners))

    def visible(self, rows: QuerySet[Any], chat_path: str | None = None) -> QuerySet[Any]:
        """Those of `rows` that the key may see; `chat_path` leads from one to its chat."""
        allowed = self.principal.chats
        if allowed is None:
            return rows
        if self.chat_jid_path is not None and chat_path is None:
            return rows.filter(**{f"{self.chat_jid_path}__in": sorted(allowed)})
        return rows.filter(**{f"{chat_path or self.chat_path}__in": self.keys_of_chats()})

    def keys_of_chats(self) -> list[int] | None:
        """The keys of the chats that the key is limited to; None: it is not."""
        allowed = self.principal.chats
        if allowed is None:
            return None
        return list(Chat.objects.filter(account=self.account, jid__in=allowed).values_list("pk", flat=True))

    def require_chat(self, jid: str) -> None:
        """Raises Forbidden when the key may not touch the chat with that JID."""
        allowed = self.principal.chats
        if allowed is not None and jid not in allowed:
            raise Forbidden(f"This key may not touch the chat {jid}.")

    def body(self, shape: type[Serializer[Any]]) -> Serializer[Any]:
        """The request's body, which has that shape. Raises ValidationError."""
        body = shape(data=self.fields_of_body(shape))
        body.is_valid(raise_exception=True)
        return body

    def fields_of_body(self, shape: type[Serializer[Any]]) -> Any:
        """What the request's body has; without the account, which is the call's, where the shape has none."""
        data: Any = self.request.data
        has_account = self.is_of_account and isinstance(data, Mapping) and ACCOUNT in data
        if not has_account or ACCOUNT in shape().fields:
            return data
        others = data.copy()
        del others[ACCOUNT]
        return others

    def page(
        self,
        queryset: QuerySet[Any],
        record: Shape | Callable[[Any], dict[str, Any]],
        complete: Complete | None = None,
    ) -> Response:
        """One page of what the filters leave of `queryset`.

        With a shape, plain rows become records; `complete` gets them and what the shape has beside each, to
        fill in what belongs to them. With a function, it gets each row as an object.
        """
        rows = self.filter_queryset(queryset)
        if not isinstance(record, Shape):
            return self.get_paginated_response([record(row) for row in self.paginate_queryset(rows) or ()])
        pages = cast(Page, self.paginator)
        records = pages.records(rows, self.request, self, record, complete)
        return pages.get_paginated_response(records)


def key_in(text: str) -> int | None:
    """The row's key that `text` is; None when it can't be one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    key = int(text)
    return key if key <= LARGEST_KEY else None
