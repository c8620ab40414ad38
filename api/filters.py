"""What lists can be narrowed by: every filter of the API."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django_filters import rest_framework as rest
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.authentication import QUERY_PARAMETER
from api.pagination import PARAMETERS as PAGE_PARAMETERS
from api.resources.fields import FILLED, JID, MOMENT, NoMoment, seconds_of
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Action, Media
from whatsapp.models.message import KEY_BITS
from whatsapp.models.webhook import Status
from whatsapp.search import best_first
from whatsapp.search.language import MOST_WORDS
from whatsapp.search.messages import MOST_RANKED

TRUE, FALSE = ("true", "1"), ("false", "0")
LOST_PLUS = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")  # an unescaped + in a query is read as a space
LAST_MOMENT = 253_402_300_799.0  # of the year 9999, where Python's datetime ends
LAST_SECOND = 2**42  # the last that fits into a message's key
MOST_DIGITS = 18  # of a whole number: a database's have 19, but not all of these

ACCOUNT = "account"  # the parameter, or field, that every call about an account takes
ASCENDING, DESCENDING = "asc", "desc"
BY_TIME, BY_RANK = "time", "rank"
LANGUAGE = (
    'Words, "phrases", prefix*, AND, OR, NOT and parentheses; case and accents don\'t matter. Of texts, '
    f"names of files, polls, places and shared contacts. The first {MOST_WORDS} words count."
)


# Fields: text -> value, or forms.ValidationError with a sentence


def wrong(sentence: str) -> forms.ValidationError:
    """The sentence as it is: a bare message would be taken for a format, and it may quote the client."""
    return forms.ValidationError("%(sentence)s", params={"sentence": sentence})


class JidField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return parse_jid(text)
        except InvalidJid as error:
            raise wrong(str(error)) from error


class TrueOrFalseField(forms.Field):
    def clean(self, value: Any) -> bool | None:
        text = str(value or "").strip().lower()
        if not text:
            return None
        if text in TRUE or text in FALSE:
            return text in TRUE
        raise wrong(f"{text[:40]!r} is neither true nor false.")


class WholeNumberField(forms.Field):
    def clean(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
            return int(text)
        raise wrong(f"{text[:40]!r} is not a whole number of at most {MOST_DIGITS} digits.")


class MomentField(forms.Field):
    def clean(self, value: Any) -> float | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return seconds_of(LOST_PLUS.sub(r"\1+\2", text))
        except NoMoment as error:
            raise wrong(str(error)) from error


class DescribedFilter(rest.Filter):
    """A filter that the OpenAPI document shows with its type and help text."""

    schema: Mapping[str, Any] = {"type": "string"}

    def __init__(self, *, help_text: str, **options: Any) -> None:
        super().__init__(help_text=help_text, **options)
        filled = FILLED if options.get("required") else {}
        set_override(self, "field", {**self.schema, **filled, "description": help_text})


class TextFilter(DescribedFilter):
    field_class = forms.CharField


class JidFilter(DescribedFilter):
    field_class = JidField
    schema = JID


class TrueOrFalseFilter(DescribedFilter):
    field_class = TrueOrFalseField
    schema = {"type": "boolean"}


class WholeNumberFilter(DescribedFilter):
    field_class = WholeNumberField
    schema = {"type": "integer", "minimum": 0, "maximum": 10**MOST_DIGITS - 1}


class MomentFilter(DescribedFilter):
    field_class = MomentField
    schema = MOMENT


class Filters(rest.FilterSet):
    """What a list can be narrowed by. Only the filters that are asked for are made, and a form of only these:
    to make one takes longer than to answer."""

    def __init__(self, data: Mapping[str, Any], *args: Any, **options: Any) -> None:
        own: Any = type(self)
        self.base_filters = {
            name: one for name, one in own.base_filters.items() if data.get(name) or one.extra["required"]
        }
        super().__init__(data, *args, **options)

    def get_form_class(self) -> type[forms.Form]:
        forms_made, names = FORMS.setdefault(type(self), {}), tuple(self.filters)
        if names not in forms_made:
            forms_made[names] = super().get_form_class()
        return forms_made[names]


FORMS: dict[type[Filters], dict[tuple[str, ...], type[forms.Form]]] = {}


class StrictFilterBackend(rest.DjangoFilterBackend):
    """Filters, and refuses parameters that nobody reads: a typing error must not look like an answer."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        known = filterset_class.base_filters if filterset_class else ()
        refuse_unknown(request, [*known, *(PAGE_PARAMETERS if view.pagination_class else ())])
        if not any(request.query_params.get(name) for name in known):
            return queryset  # nothing is asked of the form, whose making takes longer than a page's query
        return super().filter_queryset(request, queryset, view)


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raises ValidationError when the query has a parameter that is not one of `known`."""
    names = sorted({*known, ACCOUNT, QUERY_PARAMETER})
    for name in request.query_params:
        if name not in names:
            raise ValidationError({name: [f"There is no such parameter; there are {', '.join(names)}."]})


# Messages


class MessageFilters(Filters):
    """What every list of messages can be narrowed by."""

    chat = JidFilter(method="in_chat", help_text="JID, LID or phone number of a chat.")
    locals()["from"] = JidFilter(method="sent_by", help_text="JID, LID or phone number of the sender.")
    from_me = TrueOrFalseFilter(field_name="from_me", help_text="Sent by this account.")
    type = TextFilter(field_name="message_type", help_text="The `message_type`, such as `image`.")
    before = MomentFilter(method="sent_before", help_text="Earlier than this: Unix seconds or ISO 8601.")
    after = MomentFilter(method="sent_after", help_text="Later than this: Unix seconds or ISO 8601.")
    has_media = TrueOrFalseFilter(field_name="has_media", help_text="With a file.")
    starred = TrueOrFalseFilter(field_name="is_starred", help_text="Marked with a star.")
    has_reactions = TrueOrFalseFilter(
        method="reacted_to", help_text="Somebody has reacted to it and not taken it back."
    )

    def in_chat(self, messages: Any, name: str, jid: str) -> Any:
        return messages.in_chat(jid)

    def sent_by(self, messages: Any, name: str, jid: str) -> Any:
        return messages.sent_by(jid)

    def reacted_to(self, messages: Any, name: str, wanted: bool) -> Any:
        return messages.with_reactions() if wanted else messages.without_reactions()

    # The key holds the second, and is indexed everywhere; the timestamp is not.

    def sent_before(self, messages: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return messages.filter(pk__lt=key_of(math.ceil(seconds)))

    def sent_after(self, messages: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return messages.filter(pk__gte=key_of(math.floor(seconds) + 1))


class MessageFilter(MessageFilters):
    """Of the list of messages."""

    search = TextFilter(method="as_they_are", help_text=LANGUAGE)
    order = rest.ChoiceFilter(
        method="as_they_are",
        choices=[(DESCENDING, "newest first"), (ASCENDING, "oldest first")],
        help_text="By time: `desc` (newest first, the default) or `asc`.",
        error_messages={"invalid_choice": "%(value)r is not an order: use asc or desc."},
    )

    def as_they_are(self, messages: QuerySet[Any], name: str, _: str) -> QuerySet[Any]:
        return messages

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        return found.order_by("pk" if self.form.cleaned_data.get("order") == ASCENDING else "-pk")


class IndexFilters(MessageFilters):
    """The same questions, asked of the full-text index."""

    from_me = TrueOrFalseFilter(method="is_from_me", help_text="Sent by this account.")
    type = TextFilter(method="of_type", help_text="The `message_type`, such as `image`.")
    has_media = TrueOrFalseFilter(method="with_media", help_text="With a file.")
    starred = TrueOrFalseFilter(method="is_starred", help_text="Marked with a star.")

    def found_by(self, rows: Any, name: str, text: str) -> Any:
        return rows.holding(text)

    def is_from_me(self, rows: Any, name: str, mine: bool) -> Any:
        return rows.from_me(mine)

    def of_type(self, rows: Any, name: str, message_type: str) -> Any:
        return rows.of_type(message_type)

    def with_media(self, rows: Any, name: str, has_media: bool) -> Any:
        return rows.with_media(has_media)

    def is_starred(self, rows: Any, name: str, starred: bool) -> Any:
        return rows.starred(starred)


class FoundMessageFilter(IndexFilters, MessageFilter):
    """Of the list of messages, where words are looked for."""

    search = TextFilter(method="found_by", help_text=LANGUAGE)


class SearchFilter(IndexFilters):
    """Of the full-text search."""

    q = TextFilter(method="found_by", required=True, help_text=LANGUAGE)
    order = rest.ChoiceFilter(
        method="as_they_are",
        choices=[(BY_TIME, "newest first"), (BY_RANK, "best first")],
        help_text=(
            "`time` (newest first, the default) or `rank`: what fits best comes first, of the newest "
            f"{MOST_RANKED} hits, and `total` counts these."
        ),
        error_messages={"invalid_choice": "%(value)r is not an order: use time or rank."},
    )

    def as_they_are(self, rows: Any, name: str, order: str) -> Any:
        return rows

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        is_by_rank = asked.get("order") == BY_RANK
        return best_first(found, asked["q"]) if is_by_rank else found.order_by("-pk")


def key_of(second: int) -> int:
    """The lowest key that a message of that second can have."""
    return max(0, min(second, LAST_SECOND)) << KEY_BITS


class MessageAddressFilter(Filters):
    """Of what belongs to one message. The view looks the message up."""

    chat = JidFilter(
        method="as_it_is", help_text="The chat, should several hold the id; else the newest message counts."
    )

    def as_it_is(self, rows: QuerySet[Any], name: str, jid: str) -> QuerySet[Any]:
        return rows


# Other nouns


class ChatFilter(Filters):
    search = TextFilter(method="found_by", help_text="Parts of a chat's name or JID; accents don't matter.")
    group = TrueOrFalseFilter(field_name="is_group", help_text="With a group.")
    archived = TrueOrFalseFilter(field_name="is_archived", help_text="Archived.")
    pinned = TrueOrFalseFilter(field_name="is_pinned", help_text="Pinned.")
    muted = TrueOrFalseFilter(field_name="is_muted", help_text="Muted.")
    unread = TrueOrFalseFilter(method="with_unread", help_text="With unread messages.")

    def found_by(self, chats: Any, name: str, text: str) -> Any:
        return chats.found_by(text)

    def with_unread(self, chats: QuerySet[Any], name: str, wanted: bool) -> QuerySet[Any]:
        return chats.filter(unread_count__gt=0) if wanted else chats.filter(unread_count__lte=0)


class ActionFilter(Filters):
    kind = TextFilter(field_name="kind", help_text="For example `send_text`.")
    status = rest.ChoiceFilter(choices=Action.Status.choices, help_text="What became of it.")
    jid = JidFilter(field_name="jid", help_text="JID or phone number of the chat or group that it is about.")
    before = MomentFilter(method="made_before", help_text="Asked for earlier: Unix seconds or ISO 8601.")
    after = MomentFilter(method="made_after", help_text="Asked for later: Unix seconds or ISO 8601.")

    def made_before(self, acts: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return acts.filter(created_at__lt=moment_of(seconds))

    def made_after(self, acts: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return acts.filter(created_at__gt=moment_of(seconds))


def moment_of(seconds: float) -> datetime:
    """The moment, or the first or last that a database takes."""
    return datetime.fromtimestamp(max(0.0, min(seconds, LAST_MOMENT)), UTC)


class EventFilter(Filters):
    type = TextFilter(
        method="of_type", help_text="A name or its beginning: `wa.messages` finds `wa.messages.upsert`."
    )
    after = MomentFilter(method="logged_after", help_text="Logged in a later second than this.")
    since_id = WholeNumberFilter(field_name="id", lookup_expr="gt", help_text="With a higher id than this.")
    order = rest.ChoiceFilter(
        method="in_order",
        choices=[(DESCENDING, "newest first"), (ASCENDING, "oldest first")],
        help_text="By id: `desc` (newest first, the default) or `asc`.",
        error_messages={"invalid_choice": "%(value)r is not an order: use asc or desc."},
    )

    def in_order(self, events: QuerySet[Any], name: str, order: str) -> QuerySet[Any]:
        return events.order_by("id" if order == ASCENDING else "-id")

    def of_type(self, events: QuerySet[Any], name: str, wanted: str) -> QuerySet[Any]:
        exactly = events.filter(event_type=wanted)
        if exactly.exists():  # a full name walks the index of its type
            return exactly
        return events.filter(Q(event_type=wanted) | Q(event_type__startswith=wanted.rstrip(".") + "."))

    def logged_after(self, events: Any, name: str, seconds: float) -> Any:
        return events.logged_since((max(0, min(math.floor(seconds), LAST_SECOND)) + 1) * 1000)


class DeliveryFilter(Filters):
    subscription_id = TextFilter(method="of_webhook", help_text="The webhook's id.")
    status = rest.ChoiceFilter(choices=Status.choices, help_text="What came of it.")
    event_type = TextFilter(method="of_type", help_text="A type of events, or its beginning.")

    def of_webhook(self, deliveries: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        is_key = text.isascii() and text.isdecimal() and len(text) < 19
        return deliveries.filter(webhook=int(text)) if is_key else deliveries.none()

    def of_type(self, deliveries: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return deliveries.filter(event_type__startswith=text)


class MediaFilter(Filters):
    status = rest.ChoiceFilter(
        field_name="download_status", choices=Media.Status.choices, help_text="What became of the download."
    )
    kind = TextFilter(
        field_name="kind", help_text="image, video, audio, document, sticker or profile_picture."
    )
    chat = JidFilter(method="in_chat", help_text="JID, LID or phone number of the chat of its message.")
    before = MomentFilter(method="earlier", help_text="Of an earlier time: Unix seconds or ISO 8601.")
    after = MomentFilter(method="later", help_text="Of a later time: Unix seconds or ISO 8601.")

    def in_chat(self, files: Any, name: str, jid: str) -> Any:
        return files.in_chat(jid)

    def earlier(self, files: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return files.filter(id__lt=key_of(math.ceil(seconds)))

    def later(self, files: QuerySet[Any], name: str, seconds: float) -> QuerySet[Any]:
        return files.filter(id__gte=key_of(math.floor(seconds) + 1))
