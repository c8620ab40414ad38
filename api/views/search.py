"""Search: messages by full text, and chats, contacts and groups by name besides."""

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import BadRequest
from api.filters import LANGUAGE, SearchFilter, refuse_unknown
from api.pagination import LIMIT, HitPage, Page, number, records_of
from api.resources.fields import FILLED
from api.resources.search import FOUND_MESSAGE, SEARCH, FoundMessageSerializer, SearchSerializer
from api.schema import call, in_query
from api.views.base import ApiViewSet
from whatsapp.message_details import complete
from whatsapp.models import Chat, Contact, Group, Message, MessageIndex
from whatsapp.records import MESSAGE, chat_record, contact_record, group_record
from whatsapp.search import words_of
from whatsapp.search.snippets import snippets
from whatsapp.shapes import Record

TAG = "search"
MISSING = 'Missing query parameter "q"'

FEW, MOST = 5, 50  # of each noun in the search for everything


def index_for(view: ApiViewSet) -> Any:
    """The rows of the full-text index that the view's account and key have."""
    account, allowed = view.account, view.principal.chats
    rows: Any = MessageIndex.objects.all()
    if not view.is_alone:  # else each message would be asked for naught
        rows = rows.of_account(account.pk)
    if allowed is None:
        return rows
    chats = Chat.objects.filter(account=account, jid__in=allowed)
    return rows.in_chats(list(chats.values_list("pk", flat=True)))


class FoundMessages(ApiViewSet):
    """What the full-text index has of one account, for the key."""

    queryset = MessageIndex.objects.all()
    chat_path = "message__chat"

    def get_queryset(self) -> Any:
        return index_for(self)

    def records(self, text: str, keys: list[int]) -> list[Record]:
        """The messages with these keys, in their order, with their snippets; `text` has found them."""
        found = records_of(Message, MESSAGE, keys, complete)
        texts = snippets(text, keys)
        return [{**found[key], "snippet": texts.get(key, "")} for key in keys if key in found]


class MessageSearchViewSet(FoundMessages):
    filterset_class = SearchFilter
    pagination_class = HitPage
    serializer_class = FoundMessageSerializer

    @call(
        "Search messages by their text, newest or best first",
        tag="messages",
        answer=FoundMessageSerializer(many=True),
        example=FOUND_MESSAGE,
        operation_id="messages_search",
    )
    def list(self, request: Request) -> Response:
        text = request.query_params.get("q", "")
        if not text.strip():
            raise BadRequest(MISSING)
        hits = self.filter_queryset(self.get_queryset())
        page = cast(Page, self.paginator)
        return page.get_paginated_response(self.records(text, page.keys(hits, request, self)))


class SearchViewSet(FoundMessages):
    pagination_class = None

    @call(
        "Search messages by text, and chats, contacts and groups by name",
        tag=TAG,
        answer=SearchSerializer,
        example=SEARCH,
        parameters=[
            in_query("q", f"{LANGUAGE} Names are found by parts of words.", dict(FILLED), required=True),
            in_query(LIMIT, f"How many of each at most: {FEW} unless told, {MOST} at most.", int),
        ],
        operation_id="search",
    )
    def everything(self, request: Request) -> Response:
        refuse_unknown(request, ["q", LIMIT])
        text = request.query_params.get("q", "")
        if not text.strip():
            raise BadRequest(MISSING)
        limit = min(number(request, LIMIT, FEW) or FEW, MOST)
        rows: Any = self.get_queryset()
        hits = rows.holding(text).order_by("-pk")
        answer: dict[str, Any] = {
            "messages": self.records(text, list(hits.values_list("pk", flat=True)[:limit]))
        }
        totals = {"messages": hits.count_some()}
        for noun, (named, record) in self.named(words_of(text)).items():
            answer[noun] = [record(row) for row in named[:limit]]
            totals[noun] = named.count()
        return Response({**answer, "totals": totals})

    def named(self, text: str) -> dict[str, tuple[QuerySet[Any], Callable[[Any], dict[str, Any]]]]:
        """noun → those that `text` finds by name, in order, and what renders one."""
        chats = self.known(Chat).found_by(text).newest_first()
        contacts = self.known(Contact).found_by(text).by_name()
        groups = self.known(Group).found_by(text).select_related("owner").by_name()
        return {
            "chats": (chats, chat_record),
            "contacts": (contacts, contact_record),
            "groups": (groups, group_record),
        }

    def known(self, model: Any) -> Any:
        """Rows with a JID: those of the account, and of the chats that the key is limited to."""
        rows = model.objects.filter(account=self.account)
        allowed = self.principal.chats
        return rows if allowed is None else rows.filter(jid__in=allowed)
