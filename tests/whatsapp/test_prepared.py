"""Statements that are made once and asked with other values."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import ALICE, BOB, FAMILY, NOON, build_chat, build_media, build_message
from whatsapp.models import Chat, Message
from whatsapp.prepared import Prepared, Slot, Slots, number_of, rows_of

pytestmark = pytest.mark.django_db

IN_CHAT = Prepared(
    lambda: (
        Message.objects.filter(chat__jid=Slot("jid"), timestamp__gte=Slot("since"))
        .order_by("-id")
        .values_list("body", "chat__jid", "from_me", "created_at", "details")
    )
)
WITH_KEYS = Prepared(lambda: Message.objects.filter(pk__in=Slots("keys")).order_by("id").values_list("body"))
OBJECTS = Prepared(
    lambda: Message.objects.filter(message_id=Slot("id")).select_related("chat", "media").defer("body")
)


def test_a_prepared_question_is_asked_with_other_values() -> None:
    for jid in (ALICE, BOB):
        for number in range(3):
            build_message(f"{number} to {jid}", chat=jid, at=NOON + number, details={"n": number})
    for jid, since in ((ALICE, NOON), (BOB, NOON + 1), (FAMILY, NOON)):
        plain = Message.objects.filter(chat__jid=jid, timestamp__gte=since).order_by("-id")
        columns = ("body", "chat__jid", "from_me", "created_at", "details")
        assert IN_CHAT.rows(jid=jid, since=since) == list(plain.values_list(*columns))
        assert IN_CHAT.column(jid=jid, since=since) == list(plain.values_list("body", flat=True))
        turned = list(zip(*plain.values_list(*columns), strict=True))
        assert [tuple(column) for column in IN_CHAT.columns(jid=jid, since=since)] == turned


def test_any_number_of_values_goes_into_one_place() -> None:
    keys = [build_message(text).pk for text in ("tea", "cake", "jam")]
    assert WITH_KEYS.column(keys=keys[:2]) == ["tea", "cake"]
    assert WITH_KEYS.column(keys=keys[2:]) == ["jam"]
    assert WITH_KEYS.column(keys=[]) == []
    assert WITH_KEYS.value(keys=[]) is None


def test_objects_come_with_those_that_they_point_to() -> None:
    message = build_message("tea", chat=ALICE, has_media=True)
    build_media(None, message=message)
    (found,) = OBJECTS.objects(id=message.message_id)
    with CaptureQueriesContext(connection) as queries:
        assert (found, found.chat.jid, found.media.pk) == (message, ALICE, message.pk)
    assert not queries
    assert found.body == "tea"  # asked for when it is needed, as it was put off
    assert OBJECTS.objects(id="nobody") == []


def test_a_value_is_never_part_of_the_statement() -> None:
    build_message("tea", chat=ALICE)
    assert IN_CHAT.rows(jid="x' OR '1'='1", since=0) == []


# Query sets that are put together

KEYS = st.integers(-3, 12)
NUMBERS = st.one_of(KEYS, st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**70]))
TEXTS = st.sampled_from(["text", "image", "", "%", "te't"])
CONDITIONS = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(["id__lt", "id__gte", "timestamp"]), NUMBERS),
        st.tuples(st.sampled_from(["chat", "sender__id"]), KEYS),
        st.tuples(st.just("id__in"), st.lists(KEYS, max_size=4)),
        st.tuples(st.sampled_from(["message_type", "body", "chat__jid", "message_type__startswith"]), TEXTS),
        st.tuples(st.sampled_from(["from_me", "has_media", "media__isnull"]), st.booleans()),
        st.tuples(st.sampled_from(["body", "media__id"]), st.none()),
        st.tuples(st.just("id__lt"), st.just(F("timestamp"))),
    ).map(lambda pair: Q(**{pair[0]: pair[1]})),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        inner.map(lambda one: ~one),
    ),
    max_leaves=5,
)
ORDERS = st.sampled_from([["id"], ["-id"], ["message_type", "-id"], [F("body").desc(nulls_last=True), "id"]])
COLUMNS = st.sampled_from([["pk"], ["id", "body", "created_at"], ["chat__jid", "media__id", "from_me"]])
SLICES = st.sampled_from([slice(None), slice(0, 3), slice(2, 5), slice(1, None)])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS, ORDERS, COLUMNS, SLICES)
def test_every_query_set_is_answered_as_django_answers_it(
    some_messages: None, condition: Q, order: list[Any], columns: list[str], part: slice
) -> None:
    rows = Message.objects.filter(condition).order_by(*order).values_list(*columns)[part]
    expected = list(rows.all())
    for _ in range(2):  # the first time, and when the form is known
        assert rows_of(rows.all()) == expected
        assert number_of(rows.all()) == len(expected)


@pytest.fixture
def some_messages() -> None:
    if Message.objects.exists():
        return
    for number in range(8):
        message = build_message(
            ("tea", None)[number % 2],
            chat=(ALICE, BOB)[number % 2],
            at=number + 1,
            message_type=("text", "image")[number % 3 == 0],
            has_media=number % 3 == 0,
        )
        if number % 3 == 0:
            build_media(None, message=message)


def test_forms_that_differ_in_more_than_values_are_kept_apart() -> None:
    build_chat(ALICE, name="Alice")
    build_chat(BOB, name=None)
    chats = Chat.objects.order_by("id")
    for rows in (
        chats.filter(name="Alice"),
        chats.exclude(name="Alice"),
        chats.filter(name__isnull=True),
        chats.filter(name__isnull=False),
        chats.filter(Q(name="Alice") | Q(jid=BOB)),
        chats.filter(Q(name="Alice") & Q(jid=BOB)),
        chats.filter(is_group=True),
        chats.filter(is_group=False),
        chats.reverse(),
        chats.filter(account__name="nobody"),
        chats.none(),
    ):
        assert rows_of(rows.values_list("jid")) == list(rows.values_list("jid")), rows.query
