"""Fields that find chats, people and groups while one types."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from dashboard.data.choosing import jid_meant
from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    FAMILY,
    build_account,
    build_chat,
    build_contact,
    build_group,
    build_media,
)
from tests.dashboard.conftest import text_of
from whatsapp.models import Account, Connection, Media

pytestmark = pytest.mark.django_db


def offered(browser: Client, text: str, kinds: str = "") -> list[str]:
    """The JIDs of what a field offers."""
    response = browser.get("/choose", {"q": text, "kinds": kinds})
    assert response.status_code == 200
    return re.findall(r'role="option"[^>]* data-jid="([^"]*)"', response.content.decode())


def test_somebody_is_found_by_a_part_of_the_name_and_of_the_number(owner: Client) -> None:
    build_contact(ALICE, name="Álice Meyer")
    build_contact(BOB, name="Bob")
    assert offered(owner, "alice mey") == [ALICE]
    assert offered(owner, "5550111") == ["5550111@s.whatsapp.net", BOB]
    assert "+1 5550100" in text_of(owner.get("/choose", {"q": "alice"}))


def test_a_person_with_a_chat_is_one_choice_by_whichever_address(owner: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID, name="Alice")
    build_chat(ALICE_LID, name="Alice")
    assert offered(owner, "alice") == [ALICE]


def test_kinds_are_asked_for_by_name_in_their_order(owner: Client) -> None:
    build_contact(ALICE, name="The family's Alice")
    build_group(FAMILY, name="Family")
    assert offered(owner, "family", "groups") == [FAMILY]
    assert offered(owner, "family", "contacts") == [ALICE]
    assert offered(owner, "family", "groups,contacts,planets") == [FAMILY, ALICE]


def test_without_a_text_the_newest_chats_are_offered(owner: Client) -> None:
    build_chat(ALICE, last_message_ts=1)
    build_chat(BOB, last_message_ts=2)
    assert offered(owner, "", "chats") == [BOB, ALICE]


def test_a_whole_number_that_nobody_knows_is_offered_as_it_is(owner: Client) -> None:
    response = owner.get("/choose", {"q": "+55 11 91234-5678"})
    assert "+55 11 91234-5678 Not among your contacts" in text_of(response)
    assert offered(owner, "551", "contacts") == []


def test_another_accounts_people_are_not_offered(owner: Client) -> None:
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    stranger = build_contact(ALICE, name="Alice")
    stranger.account = other
    stranger.save()
    assert offered(owner, "alice") == []


def test_names_are_text_and_nothing_else(owner: Client) -> None:
    build_contact(ALICE, name='<img src=x onerror="alert(1)">')
    page = owner.get("/choose", {"q": "img"}).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_the_list_is_short_and_asks_no_more_however_many_there_are(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    def ask() -> None:
        owner.get("/choose", {"q": "person"})

    build_media(message=None, kind="profile_picture")
    build_contact("15550200@s.whatsapp.net", name="Person 0")
    few = count_queries(ask)
    for number in range(1, 30):
        build_contact(f"155502{number:02}@s.whatsapp.net", name=f"Person {number}")
    assert count_queries(ask) == few
    assert len(offered(owner, "person")) == 8
    assert Media.objects.count() == 1


def test_what_was_typed_means_somebody_when_it_is_a_jid_a_number_or_the_name_of_one(owner: Client) -> None:
    account = build_account()
    build_contact(ALICE, name="Alice")
    build_contact(BOB, name="Alice Brown")
    assert jid_meant(account, ALICE, ["contacts"]) == ALICE
    assert jid_meant(account, "+1 555 0100", ["contacts"]) == ALICE
    assert jid_meant(account, " alice ", ["contacts"]) == ALICE
    assert jid_meant(account, "brown", ["contacts"]) == BOB
    assert jid_meant(account, "ali", ["contacts"]) is None
    assert jid_meant(account, "  ", ["contacts"]) is None


def test_the_field_sends_the_jid_shows_the_name_and_says_what_is_wrong() -> None:
    context = {"name": "jid", "label": "To", "value": ALICE, "shown": 'Alice "A"', "kinds": "chats"}
    field = render_to_string("dashboard/parts/chooser.html", {**context, "wrong": "Choose somebody."})
    assert f'name="jid" value="{ALICE}" data-shown="Alice &quot;A&quot;"' in field
    assert 'aria-invalid="true" aria-describedby="jid-help"' in field
    assert "Choose somebody." in field
