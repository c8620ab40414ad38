"""What the search boxes and the filters find."""

from collections.abc import Callable
from itertools import product
from urllib.parse import urlencode

import pytest
from django.db.models import Model
from django.test import Client

from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_edit,
    build_event,
    build_group,
    build_group_change,
    build_history_sync,
    build_inbox_event,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_participant,
    build_poll_vote,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_story_view,
)
from tests.whatsapp.admin.rows import ROWS, TABLES, list_of, message, rows_in, text_of
from whatsapp import events
from whatsapp.admin import filters
from whatsapp.ingest import codes
from whatsapp.models import (
    Action,
    Contact,
    Event,
    InboxEvent,
    Media,
    Message,
)

pytestmark = pytest.mark.django_db


def test_messages_are_found_by_their_text_newest_first(owner: Client) -> None:
    build_message("Tea?", at=NOON)
    build_message("Coffee", at=NOON + 1)
    build_message("Tea!", at=NOON + 2)
    assert [row.body for row in rows_in(owner, list_of(Message, "?q=tea"))] == ["Tea!", "Tea?"]
    assert rows_in(owner, list_of(Message, '?q="')) == []


def test_a_message_is_found_by_its_id(owner: Client) -> None:
    wanted = message(1)
    message(2)
    assert rows_in(owner, list_of(Message, f"?q={wanted.message_id}")) == [wanted]


def test_people_are_found_by_name_number_and_lid(owner: Client) -> None:
    alice = build_contact(ALICE, notify_name="Alice", lid="81000@lid")
    build_contact(BOB, notify_name="Bob")
    for text in ("lice", "15550100", "81000@lid"):
        assert rows_in(owner, list_of(Contact, f"?q={text}")) == [alice]


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: build_chat(FAMILY, name="Family"), "amil"),
        (lambda: build_group(), "amil"),
        (lambda: build_newsletter(), "news"),
        (lambda: build_label(), "customer"),
        (lambda: build_call(), "+1 555-0100"),
        (lambda: build_call(call_id="C1"), "C1"),
        (lambda: build_participant(), "15550100"),
        (lambda: build_participant(), "Family"),
        (lambda: build_group_change(), "Family"),
        (lambda: build_presence(), ALICE),
        (lambda: build_presence_change(), ALICE),
        (lambda: build_story(message_id="S1"), "S1"),
        (lambda: build_story(), "15550100"),
        (lambda: build_story_view(build_story(message_id="S1")), "S1"),
        (lambda: build_edit(message(1, message_id="M1")), "M1"),
        (lambda: build_media(message=message(1, message_id="M1")), "M1"),
        (lambda: build_media(), "4b8b7ab5ff4e3a7d7fc3bd7a1a9d4c1d" * 2),
        (lambda: build_receipt(message(1, message_id="M1")), "M1"),
        (lambda: build_receipt(message(1)), "15550100"),
        (lambda: build_newest_reaction(message(1, message_id="M1")), "M1"),
        (lambda: build_poll_vote(message(1, message_id="M1"), "tea"), "M1"),
        (lambda: build_label_association(message(1, message_id="M1")), "M1"),
        (lambda: build_action(message_id="M1"), "M1"),
        (lambda: build_event(), events.CONNECTION_STATUS),
        (lambda: build_inbox_event(waits_for="M1"), "M1"),
        (lambda: build_history_sync(), "recent"),
    ],
)
def test_other_rows_are_found_by_what_names_them(
    owner: Client, build: Callable[[], Model], text: str
) -> None:
    row = build()
    if isinstance(row, Media) and len(text) == 64:
        Media.objects.update(file_hash=text)
    path = list_of(type(row))
    assert row in rows_in(owner, path + "?" + urlencode({"q": text}))
    assert rows_in(owner, path + "?q=nothing-like-that") == []


@pytest.mark.parametrize("model", [Event, InboxEvent, Action, Media])
def test_a_row_is_found_by_its_number(owner: Client, model: type[Model]) -> None:
    wanted, _ = ROWS[model](4), ROWS[model](8)
    assert rows_in(owner, list_of(model, f"?q={wanted.pk}")) == [wanted]


@pytest.mark.parametrize("model", TABLES)
def test_no_search_is_an_error(owner: Client, model: type[Model]) -> None:
    ROWS[model](1)
    for text in ("%00", "%27%22%5C%25", "9" * 30, "x@lid", "x" * 2000, "%ED%A0%80"):
        assert owner.get(list_of(model, f"?q={text}"), follow=True).status_code == 200, text


@pytest.mark.parametrize("model", TABLES)
def test_no_filter_is_an_error(owner: Client, model: type[Model]) -> None:
    ROWS[model](1)
    names = ["when", "state__exact", "code", "event_type", "download_status", "message_type"]
    names += ["chat__id__exact", "contact__id__exact", "account__id__exact", "nothing"]
    for name, value in product(names, ("x", "-1", "9" * 30, "")):
        path = list_of(model, f"?{name}={value}&_popup=1")  # without the frame around the list
        assert owner.get(path, follow=True).status_code == 200, path


def test_messages_of_a_year_or_of_the_last_days(owner: Client) -> None:
    old = build_message(at=NOON)
    assert rows_in(owner, list_of(Message, "?when=2024")) == [old]
    for period in ("2023", "day", "month"):
        assert rows_in(owner, list_of(Message, f"?when={period}")) == []
    assert "?when=2024" in text_of(owner, list_of(Message))


def test_a_period_ends_where_the_next_begins() -> None:
    assert filters.period("2024", NOON) == (1_704_067_200, 1_735_689_600)
    assert filters.period("week", NOON) == (NOON - 7 * 24 * 3600, None)
    assert filters.period("99999", NOON) == (None, None)


def test_the_kind_of_an_event_is_offered_once_its_state_is_chosen(owner: Client) -> None:
    kept = build_inbox_event(code=codes.RECEIPT, state=InboxEvent.State.HANDLED)
    build_inbox_event(code=codes.MESSAGE, state=InboxEvent.State.HANDLED)
    assert "code=18" not in text_of(owner, list_of(InboxEvent))
    assert "code=18" in text_of(owner, list_of(InboxEvent, "?state__exact=1"))
    assert rows_in(owner, list_of(InboxEvent, "?state__exact=1&code=18")) == [kept]
