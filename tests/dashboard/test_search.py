"""The page of search."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.api.test_plans import fill, grow, plan_of
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_chat,
    build_contact,
    build_group,
    build_media,
    build_message,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp.models import Account, Connection, Message

pytestmark = pytest.mark.django_db

HOSTILE = '<img src=x onerror="alert(1)">'
DAY = 86_400


def hits_in(response: Any) -> list[str]:
    """What is shown of the messages that were found, in their order."""
    assert response.status_code == 200
    found = re.findall(r'<span class="search-snippet"[^>]*>(.*?)</span>', response.content.decode())
    return [re.sub(r"</?mark>", "", snippet) for snippet in found]


def next_page(response: Any) -> str | None:
    found = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


# What is found


def test_messages_are_found_by_their_words_newest_first_with_what_was_found_marked(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_message("Tea at four", at=NOON)
    build_message("More tea", at=NOON + 9)
    build_message("Coffee", at=NOON + 10)
    response = owner.get("/messages/search?q=tea")
    assert hits_in(response) == ["More tea", "Tea at four"]
    assert "<mark>Tea</mark> at four" in response.content.decode()
    assert "2 messages" in text_of(response)


def test_the_last_word_may_still_be_written_and_no_other(owner: Client) -> None:
    build_message("The invoice of March")
    for text, number in (
        ("invo", 1),
        ("the invo", 1),
        ("march invoi", 1),
        ("invo march", 0),
        ("invo* march", 1),
    ):
        assert len(hits_in(owner.get("/messages/search", {"q": text}))) == number, text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('"invoice of march"', 1),
        ('"march invoice"', 0),
        ("invoice NOT tea", 1),
        ("tea OR invoice", 2),
        ("(", 0),
    ],
)
def test_the_language_of_search_is_spoken(owner: Client, text: str, number: int) -> None:
    build_message("The invoice of March", at=NOON)
    build_message("Tea", at=NOON + 1)
    assert len(hits_in(owner.get("/messages/search", {"q": text}))) == number


def test_a_hit_leads_to_its_place_in_the_conversation(owner: Client) -> None:
    build_message("tea", chat=FAMILY, sender=ALICE, message_id="3EB0/A B")
    page = owner.get("/messages/search?q=tea").content.decode()
    assert f'href="/messages/{FAMILY}?message=3EB0%2FA%20B"' in page


def test_a_hit_says_whose_it_is_where_and_of_which_type(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_group(FAMILY, name="Family")
    image = build_message("tea", chat=FAMILY, sender=ALICE, message_type="image", has_media=True)
    build_media(message=image, thumbnail=b"jpeg")
    response = owner.get("/messages/search?q=tea")
    text = text_of(response)
    assert "Family" in text
    assert "Alice Image" in text
    assert f'src="/thumbnails/{image.pk}.jpg" width="56" height="56"' in response.content.decode()


def test_chats_contacts_and_groups_are_found_by_name(owner: Client) -> None:
    build_contact(ALICE, name="Zoë Alice")
    build_chat(ALICE, name="Zoë Alice", last_message_ts=NOON)
    build_contact(BOB, name="Zoë Bob")
    build_group(FAMILY, name="Zoës")
    page = owner.get("/messages/search?q=zoe").content.decode()
    for path in (f"/messages/{ALICE}", f"/contacts/{BOB}", f"/groups/{FAMILY}"):
        assert f'<li><a href="{path}">' in page


# Filters


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"chat={FAMILY}", ["tea in the family"]),
        ("chat=family", ["tea in the family"]),
        (f"sender={ALICE}", ["tea in the family", "tea of Alice"]),
        ("type=image", ["tea in the family"]),
        ("mine=yes", ["my tea"]),
        ("mine=no", ["tea in the family", "tea of Alice"]),
        ("file=yes", ["tea in the family"]),
        ("starred=yes", ["tea of Alice"]),
        ("since=2024-05-02", ["tea in the family", "my tea"]),
        ("until=2024-05-02", ["my tea", "tea of Alice"]),
        (f"sender={ALICE}&type=text&until=2024-05-01", ["tea of Alice"]),
    ],
)
@pytest.mark.parametrize("text", ["tea", ""])
def test_a_search_is_narrowed_with_and_without_words(
    owner: Client, text: str, query: str, found: list[str]
) -> None:
    build_group(FAMILY, name="Family")
    build_message("tea of Alice", at=NOON, is_starred=True)
    build_message("my tea", at=NOON + DAY, from_me=True)
    build_message(
        "tea in the family",
        chat=FAMILY,
        sender=ALICE,
        at=NOON + 2 * DAY,
        message_type="image",
        has_media=True,
    )
    assert hits_in(owner.get(f"/messages/search?q={text}&{query}")) == found


def test_each_filter_that_is_set_can_be_taken_away_alone(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_message("tea", is_starred=True)
    response = owner.get("/messages/search", {"q": "tea", "sender": ALICE, "starred": "yes", "type": ""})
    page = response.content.decode()
    assert 'href="?q=tea&amp;starred=yes"' in page
    assert "from Alice" in text_of(response)
    assert 'href="?q=tea&amp;sender=15550100%40s.whatsapp.net"' in page
    assert "<details" in page
    assert re.search(r'id="search-filters" open', page)


def test_filters_that_leave_nothing_say_what_there_is_without_them(owner: Client) -> None:
    build_message("tea")
    text = text_of(owner.get("/messages/search?q=tea&type=video"))
    assert "Without the filters there is 1 message with “tea”" in text


@pytest.mark.parametrize(
    ("query", "told"),
    [("chat=nobody", "means nobody"), ("sender=nobody", "means nobody"), ("since=x", "is not a day")],
)
def test_a_filter_that_can_not_be_read_is_told_and_finds_nothing(
    owner: Client, query: str, told: str
) -> None:
    build_message("tea")
    response = owner.get("/messages/search?q=tea&" + query)
    assert hits_in(response) == []
    assert told in text_of(response)
    assert 'aria-invalid="true"' in response.content.decode()


def test_the_best_fit_comes_first_when_that_is_asked_for(owner: Client) -> None:
    build_message("tea tea tea", at=NOON)
    build_message("a long story of which tea is but one of the many words that it has", at=NOON + 1)
    assert hits_in(owner.get("/messages/search?q=tea&order=rank"))[0] == "tea tea tea"
    assert hits_in(owner.get("/messages/search?q=tea"))[1] == "tea tea tea"


# What is not found


def test_a_page_without_a_question_says_what_can_be_searched(owner: Client) -> None:
    build_message("tea")
    response = owner.get("/messages/search?q=+&type=")
    assert "Search everything" in text_of(response)
    assert hits_in(response) == []


def test_signs_alone_are_not_looked_for(owner: Client) -> None:
    build_message("tea?")
    assert "Nothing to look for" in text_of(owner.get("/messages/search?q=%3F%21"))


def test_words_and_names_are_text_and_nothing_else(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE)
    build_chat(ALICE, name=HOSTILE)
    build_message(HOSTILE + " tea")
    for path in ("/messages/search?q=tea", "/messages/search?q=img"):
        response = owner.get(path)
        assert HOSTILE not in response.content.decode()
        assert len(hits_in(response)) == 1
    assert HOSTILE not in owner.get("/messages/search", {"q": HOSTILE}).content.decode()


def test_days_are_those_of_the_readers_time_zone(owner: Client) -> None:
    build_message("Night tea", at=1_714_602_600)  # 22:30 UTC on 1 May, 00:30 on 2 May in Berlin
    owner.cookies["hub_time_zone"] = "Europe/Berlin"
    assert hits_in(owner.get("/messages/search?q=tea&since=2024-05-02")) == ["Night tea"]
    assert hits_in(owner.get("/messages/search?q=tea&until=2024-05-01")) == []


def test_another_accounts_messages_are_not_found(owner: Client) -> None:
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    chat = build_chat(BOB)
    chat.account = other
    chat.save()
    build_message("their tea", chat=chat)
    build_message("my tea")
    assert Message.objects.filter(account=other).count() == 1
    assert hits_in(owner.get("/messages/search?q=tea")) == ["my tea"]


# The page


def test_results_come_alone_and_the_address_has_no_empty_filters(owner: Client) -> None:
    build_message("tea")
    headers = {**htmx("results"), "HX-Current-URL": "http://testserver/messages/search"}
    response = owner.get("/messages/search?q=tea&chat=&type=&order=", headers=headers)
    page = response.content.decode()
    assert page.lstrip().startswith('<div class="stack" id="results"')
    assert 'id="found" hx-swap-oob="innerHTML">1 message<' in page
    assert response.headers["HX-Push-Url"] == "/messages/search?q=tea"
    headers["HX-Current-URL"] = "http://testserver/messages/search?q=tea"
    again = owner.get("/messages/search?q=tea&chat=", headers=headers)
    assert again.headers["HX-Push-Url"] == "false"


@pytest.mark.parametrize("order", ["", "rank"])
def test_the_list_goes_on_where_a_page_ends(owner: Client, order: str) -> None:
    for number in range(60):
        build_message(f"tea {number:02}", at=NOON + number)
    first = owner.get(f"/messages/search?q=tea&order={order}")
    following = next_page(first)
    assert following is not None
    second = owner.get("/messages/search" + following)
    assert sorted(hits_in(first) + hits_in(second)) == [f"tea {number:02}" for number in range(60)]
    assert next_page(second) is None
    assert "60 messages" in text_of(second)


def test_more_hits_ask_no_more(owner: Client, count_queries: Callable[[Callable[[], Any]], int]) -> None:
    def build(number: int) -> None:
        jid = f"1666{number:04}@s.whatsapp.net"
        build_contact(jid, name=f"Person {number}")
        build_media(
            message=build_message("tea", chat=jid, at=NOON + number, message_type="image", has_media=True)
        )

    build(0)
    build(1)
    assert len(hits_in(owner.get("/messages/search?q=tea"))) == 2
    few = count_queries(lambda: owner.get("/messages/search?q=tea"))
    for number in range(2, 40):
        build(number)
    assert count_queries(lambda: owner.get("/messages/search?q=tea")) == few


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_each_search_is_a_walk_along_an_index(owner: Client, analyzed: bool) -> None:
    fill()
    if analyzed:
        grow(times=10)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for query in (
        "q=tea",
        f"q=tea&chat={FAMILY}",
        f"q=tea&sender={ALICE}&type=image&since=2024-05-01",
        f"chat={FAMILY}",
        f"sender={ALICE}&mine=no",
        "type=image&until=2024-05-02",
        "file=yes",
        "starred=yes",
    ):
        plan = plan_of(owner, f"/messages/search?{query}")
        assert "VIRTUAL TABLE INDEX" in plan, (query, plan)
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, (query, plan)
        assert "SCAN whatsapp_message\n" not in plan + "\n", (query, plan)
