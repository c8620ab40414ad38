"""What all calls have in common."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.filters import StrictFilterBackend
from api.pagination import Page
from api.parsers import JSONParser
from whatsapp.models import Account

LARGEST_KEY = 2**63 - 1


class AlwaysJson(BaseContentNegotiation):
    """Answers in JSON, whatever the client says that it accepts: an error is always readable."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class ApiViewSet(GenericViewSet[Any]):
    content_negotiation_class = AlwaysJson
    parser_classes = [JSONParser, FormParser]
    pagination_class: type[Page] | None = Page
    filter_backends = [StrictFilterBackend]

    def page(self, queryset: QuerySet[Any], record: Callable[[Any], dict[str, Any]]) -> Response:
        """One page of what the filters leave of `queryset`, each row rendered by `record`."""
        rows = self.paginate_queryset(self.filter_queryset(queryset))
        return self.get_paginated_response([record(row) for row in rows or ()])


def account() -> Account:
    """The account that the API speaks about, with its connection; made when it is not there yet."""
    return Account.objects.named(settings.SESSION_NAME) or Account.default()


def key_in(text: str) -> int | None:
    """The row's key that `text` is; None when it can't be one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    key = int(text)
    return key if key <= LARGEST_KEY else None
