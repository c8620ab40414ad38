"""The search page."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.builders import (
    ALICE,
    ALICE_LID,
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
from whatsapp.models import Account, Connection

pytestmark = pytest.mark.django_db

DAY = 86_400


def found(browser: Client, **query: str) -> list[str]:
    """The WhatsApp ids of the messages that a search leads to, in its order."""
    response = browser.get("/messages/search", query)
    assert response.status_code == 200
    return re.findall(
        r'class="search-hit" href="/messages/[^"?]*\?message=([^"]*)"', response.content.decode()
    )


def next_page(response: Any) -> str:
    link = re.search(r'href="([^"]*)" rel="next"', response.content.decode())
    assert link is not None
    return "/messages/search" + unescape(link[1])


def test_messages_are_found_newest_first_marked_and_open_at_the_hit(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    old = build_message("A train to Berlin", at=NOON)
    new = build_message("The train is late", at=NOON + 60, chat=FAMILY, sender=BOB)
    build_message("By bus")
    assert found(owner, q="train") == [new.message_id, old.message_id]
    response = owner.get("/messages/search", {"q": "train"})
    page = response.content.decode()
    assert "A <mark>train</mark> to Berlin" in page
    assert f'href="/messages/{FAMILY}?message={new.message_id}"' in page
    assert "2 messages" in text_of(response)


def test_words_phrases_beginnings_and_operators_are_understood(owner: Client) -> None:
    tea = build_message("green tea and cake", at=NOON)
    coffee = build_message("black coffee and cake", at=NOON + 1)
    assert found(owner, q='"tea and cake"') == [tea.message_id]
    assert found(owner, q="cof* cake") == [coffee.message_id]
    assert found(owner, q="tea OR coffee") == [coffee.message_id, tea.message_id]
    assert found(owner, q="cake NOT tea") == [coffee.message_id]


def test_the_last_word_may_be_unfinished_but_is_no_half_operator(owner: Client) -> None:
    message = build_message("The forecast OR so")
    assert found(owner, q="forec") == [message.message_id]
    assert found(owner, q="forec the") == []
    assert found(owner, q="forecast OR") == [message.message_id]
    assert found(owner, q="f") == []


@pytest.mark.parametrize("text", ['"', "((", "*", "NOT", 'AND "', "a" * 5000, "\x00", "NEAR(a b, -1)", "🎉"])
def test_no_text_is_an_error(owner: Client, text: str) -> None:
    build_message("Hello")
    assert owner.get("/messages/search", {"q": text}).status_code == 200


def test_signs_alone_are_nothing_to_look_for(owner: Client) -> None:
    assert "Nothing to look for" in text_of(owner.get("/messages/search", {"q": '"?!"'}))


def test_each_filter_narrows_the_hits(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_contact(BOB, name="Bob")
    build_chat(ALICE, name="Alice")
    mine = build_message("cake", at=NOON, from_me=True)
    hers = build_message("cake", at=NOON + DAY, is_starred=True)
    his = build_message(
        "cake", at=NOON + 2 * DAY, chat=FAMILY, sender=BOB, message_type="image", has_media=True
    )
    build_media(message=his)
    mine_id, hers_id, his_id = mine.message_id, hers.message_id, his.message_id
    for query, ids in [
        ({"chat": ALICE}, [hers_id, mine_id]),
        ({"chat": "alice"}, [hers_id, mine_id]),
        ({"sender": BOB}, [his_id]),
        ({"sender": "+1 555 0111"}, [his_id]),
        ({"type": "image"}, [his_id]),
        ({"mine": "yes"}, [mine_id]),
        ({"mine": "no"}, [his_id, hers_id]),
        ({"file": "yes"}, [his_id]),
        ({"starred": "yes"}, [hers_id]),
        ({"since": "2024-05-02"}, [his_id, hers_id]),
        ({"until": "2024-05-02"}, [hers_id, mine_id]),
        ({"since": "2024-05-02", "until": "2024-05-02"}, [hers_id]),
    ]:
        assert found(owner, q="cake", **query) == ids, query
        assert found(owner, **query) == ids, f"without words: {query}"


def test_days_are_those_of_the_readers_time_zone(owner: Client) -> None:
    late = build_message("cake", at=1_714_602_600)  # 22:30 UTC on 1 May, 00:30 on 2 May in Berlin
    owner.cookies["hub_time_zone"] = "Europe/Berlin"
    assert found(owner, q="cake", since="2024-05-02") == [late.message_id]
    assert found(owner, q="cake", until="2024-05-01") == []


def test_a_person_is_found_by_phone_jid_and_lid(owner: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    message = build_message("cake", chat=ALICE)
    assert found(owner, q="cake", chat=ALICE_LID) == [message.message_id]
    assert found(owner, q="cake", sender=ALICE_LID) == [message.message_id]


def test_filters_that_cannot_be_read_are_told_and_nothing_is_found(owner: Client) -> None:
    build_message("cake")
    for name, value in [
        ("chat", "nobody"),
        ("sender", "x@y"),
        ("since", "2024-02-31"),
        ("until", "yesterday"),
    ]:
        response = owner.get("/messages/search", {"q": "cake", name: value})
        assert response.status_code == 200
        assert f"“{value}”" in text_of(response), name
        assert "search-hit" not in response.content.decode()
    for last in ("9999-12-31", "0001-01-01"):
        assert owner.get("/messages/search", {"q": "cake", "since": last, "until": last}).status_code == 200


def test_when_nothing_is_found_the_page_says_which_filters_narrow(owner: Client) -> None:
    build_message("cake")
    response = owner.get("/messages/search", {"q": "cake", "starred": "yes", "mine": "yes"})
    text = text_of(response)
    assert "No messages found" in text
    assert "sent by you" in text
    assert "starred" in text
    assert "Without the filters there is 1 message with “cake”" in text
    assert 'href="?q=cake"' in response.content.decode()
    assert "No message has “pie”" in text_of(owner.get("/messages/search", {"q": "pie"}))


def test_before_anything_is_asked_the_page_says_what_can_be_found(owner: Client) -> None:
    assert "Search everything" in text_of(owner.get("/messages/search"))


def test_chats_contacts_and_groups_are_found_by_name_each_once(owner: Client) -> None:
    build_contact(ALICE, name="Cake Alice")
    build_chat(ALICE, name="Cake Alice")
    build_contact(BOB, name="Cake Bob")
    build_group(FAMILY, name="Cake lovers")
    page = owner.get("/messages/search", {"q": "cake"}).content.decode()
    names = re.findall(r'<li><a href="([^"]*)"><span class="avatar', page)
    assert names == [f"/messages/{ALICE}", f"/contacts/{BOB}", f"/groups/{FAMILY}"]


def test_the_best_fit_comes_first_when_asked_for_and_every_page_follows(owner: Client) -> None:
    best = build_message("cake", at=NOON)
    for number in range(55):
        build_message(f"a long text about other things, with cake in it somewhere {number}", at=NOON + number)
    response = owner.get("/messages/search", {"q": "cake", "order": "rank"})
    first = found(owner, q="cake", order="rank")
    assert first[0] == best.message_id
    assert len(first) == 50
    following = owner.get(next_page(response))
    second = re.findall(r"\?message=([^\"]*)", following.content.decode())
    assert len(second) == 6
    assert set(first).isdisjoint(second)
    assert "56 messages" in text_of(following)


def test_pages_of_newest_hits_go_on_where_the_one_before_ended(owner: Client) -> None:
    for number in range(60):
        build_message(f"cake {number}", at=NOON + number)
    response = owner.get("/messages/search", {"q": "cake"})
    address = next_page(response)
    build_message("cake, the newest", at=NOON + 1000)
    following = owner.get(address)
    assert "60 messages" in text_of(following)  # counted once, for the first page
    assert len(re.findall(r"\?message=", following.content.decode())) == 10
    assert text_of(following).count("By name") == 0
    made_up = owner.get("/messages/search", {"q": "cake", "cursor": "made-up"})
    assert "61 messages" in text_of(made_up)


def test_what_is_typed_answers_with_the_results_and_a_clean_address(owner: Client) -> None:
    build_message("cake")
    response = owner.get("/messages/search?q=cake&chat=&type=&mine=", headers=htmx("results"))
    assert response["HX-Push-Url"] == "/messages/search?q=cake"
    assert "<h1" not in response.content.decode()
    assert "1 message" in text_of(response)
    same = {**htmx("results"), "HX-Current-URL": "http://testserver/messages/search?q=cake"}
    assert owner.get("/messages/search?q=cake&chat=", headers=same)["HX-Push-Url"] == "false"


def test_texts_and_names_of_others_are_text_and_nothing_else(owner: Client) -> None:
    evil = '<img src=x onerror="alert(1)"> cake'
    build_contact(ALICE, name=evil)
    build_chat(ALICE, name=evil)
    build_message(evil, message_id='"><script>alert(1)</script>')
    page = owner.get("/messages/search", {"q": 'cake "><script>'}).content.decode()
    page += owner.get("/messages/search", {"q": "cake"}).content.decode()
    assert "<img src=x" not in page
    assert "<script>" not in page
    assert "&lt;img src=x onerror=" in page
    assert "?message=%22%3E%3Cscript%3E" in page


def test_another_accounts_messages_are_not_found(owner: Client) -> None:
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    build_message("cake", account=other)
    mine = build_message("cake")
    assert found(owner, q="cake") == [mine.message_id]
    assert found(owner, mine="no") == [mine.message_id]


def test_a_page_asks_no_more_however_many_hits_it_has(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    def search() -> None:
        assert owner.get("/messages/search", {"q": "cake"}).status_code == 200

    def add(number: int) -> None:
        jid = f"155503{number:02}@s.whatsapp.net"
        build_contact(jid, name=f"Cake {number}")
        build_chat(jid, name=f"Cake {number}")
        build_media(message=build_message("cake", chat=jid, message_type="image", has_media=True))

    add(0)
    few = count_queries(search)
    for number in range(1, 40):
        add(number)
    assert count_queries(search) == few
