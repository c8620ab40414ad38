"""GET /api/messages/search and /api/search; and `search=` of the lists."""

import html
import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

from api.access import Principal, Scope
from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    FAMILY,
    NEWS,
    NOON,
    build_account,
    build_chat,
    build_contact,
    build_group,
    build_media,
    build_message,
)
from tests.whatsapp.search.test_language import PIECES
from whatsapp.models import Account, Chat, Contact, Message, MessageIndex
from whatsapp.search import messages as index

pytestmark = pytest.mark.django_db

SEARCH = "/api/messages/search"


def hits(api: Client, q: str, **parameters: Any) -> list[dict[str, Any]]:
    response = api.get(SEARCH, {"q": q, **parameters})
    assert response.status_code == 200, response.content
    data: list[dict[str, Any]] = response.json()["data"]
    return data


def found(api: Client, q: str, **parameters: Any) -> list[str | None]:
    return [message["body"] for message in hits(api, q, **parameters)]


def snippet(api: Client, q: str) -> str:
    (message,) = hits(api, q)
    text: str = message["snippet"]
    return text


# What is found


def test_a_file_is_found_by_its_name_and_the_hit_is_shown(api: Client) -> None:
    message = build_message("for the landlord", has_media=True)
    build_media(None, message=message, original_filename="Kündigung 2024.pdf")
    assert found(api, "kundigung") == ["for the landlord"]
    assert found(api, "landlord pdf") == ["for the landlord"]
    assert snippet(api, "2024") == "Kündigung <mark>2024</mark>.pdf"


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("lasagne", "Pizza\n<mark>Lasagne</mark>"),
        ("farol", "<mark>Farol</mark> da Barra\nAvenida Oceânica"),
        ("oceanica", "Farol da Barra\nAvenida <mark>Oceânica</mark>"),
        ("hopper", "Grace <mark>Hopper</mark>"),
    ],
)
def test_options_places_and_shared_contacts_are_found(api: Client, q: str, expected: str) -> None:
    build_message("Dinner?", message_type="poll", poll_name="Dinner?", poll_options=["Pizza", "Lasagne"])
    build_message(
        None, message_type="location", location_name="Farol da Barra", location_address="Avenida Oceânica"
    )
    build_message(None, message_type="contact", contacts=[{"name": "Grace Hopper", "phones": []}])
    assert snippet(api, q) == expected


@pytest.mark.parametrize(
    "q", ["(tea OR coffee) NOT cold", "(tea OR coffee) AND NOT cold", "hot OR (warm tea)"]
)
def test_parentheses_and_operators_mean_what_they_say(api: Client, q: str) -> None:
    for body in ("cold tea", "hot tea", "warm coffee", "cold coffee", "warm tea"):
        build_message(body)
    expected = {"hot tea", "warm tea"} | ({"warm coffee"} if "coffee" in q else set())
    assert set(found(api, q)) == expected


# Narrowed


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"chat": "15550111"}, {"B", "C"}),
        ({"chat": FAMILY}, {"F"}),
        ({"chat": NEWS}, set()),
        ({"from": ALICE}, {"A", "F"}),
        ({"from": ALICE_LID}, {"A", "F"}),
        ({"from": "15559999"}, set()),
        ({"from_me": "true"}, {"C"}),
        ({"from_me": "false"}, {"A", "B", "F"}),
        ({"type": "image"}, {"B"}),
        ({"type": "view_once"}, {"F"}),
        ({"type": "view"}, set()),
        ({"has_media": "true"}, {"B"}),
        ({"has_media": "false"}, {"A", "C", "F"}),
        ({"starred": "true"}, {"A"}),
        ({"starred": "false"}, {"B", "C", "F"}),
        ({"before": NOON + 1}, {"A"}),
        ({"after": NOON + 1}, {"C", "F"}),
        ({"after": NOON, "before": "2024-05-01T12:00:02Z"}, {"B"}),
        ({"from": ALICE, "chat": FAMILY, "type": "view_once", "after": NOON}, {"F"}),
        ({"from": ALICE, "chat": FAMILY, "type": "text"}, set()),
    ],
)
@pytest.mark.parametrize("order", ["time", "rank"])
def test_a_search_is_narrowed_as_the_list_is(
    api: Client, parameters: dict[str, Any], expected: set[str], order: str
) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_message("tea", message_id="A", chat=ALICE, at=NOON, is_starred=True)
    build_message("tea", message_id="B", chat=BOB, at=NOON + 1, message_type="image", has_media=True)
    build_message("tea", message_id="C", chat=BOB, at=NOON + 2, from_me=True)
    build_message("tea", message_id="F", chat=FAMILY, sender=ALICE, at=NOON + 3, message_type="view_once")
    build_message("coffee", chat=BOB, at=NOON + 2)
    response = api.get(SEARCH, {"q": "tea", "order": order, **parameters}).json()
    assert {message["id"] for message in response["data"]} == expected
    assert response["total"] == len(expected)
    listed = api.get("/api/messages", {"search": "tea", **parameters}).json()
    assert {message["id"] for message in listed["data"]} == expected


def test_messages_of_another_account_are_not_found(api: Client) -> None:
    build_message("tea here")
    other = Account.objects.create(name="second")
    times = {"created_at": other.created_at, "updated_at": other.created_at}
    chat = Chat.objects.create(account=other, jid=ALICE, name="Tea room", **times)
    person = Contact.objects.create(
        account=other, jid=ALICE, first_seen_at=other.created_at, updated_at=other.created_at
    )
    build_message("tea there", chat=chat, sender=person)
    assert found(api, "tea") == ["tea here"]
    assert found(api, "tea", account="second") == ["tea there"]
    everything = api.get("/api/search?q=tea").json()
    assert everything["totals"] == {"messages": 1, "chats": 0, "contacts": 0, "groups": 0}
    assert api.get("/api/search?q=tea&account=second").json()["totals"]["chats"] == 1


def asked_with_key(path: str, chats: set[str]) -> dict[str, Any]:
    """What the call answers to a key that is limited to these chats."""
    request = APIRequestFactory().get(path)
    key = Principal("limited", frozenset(Scope), frozenset(chats))
    force_authenticate(request, user=key)  # type: ignore[arg-type]  # a principal is no user of Django's
    response = resolve(path.partition("?")[0]).func(request)
    assert response.status_code == 200, response.data
    answer: dict[str, Any] = response.data
    return answer


def test_a_key_that_is_limited_to_chats_finds_nothing_else(api: Client) -> None:
    for jid in (ALICE, BOB, FAMILY):
        build_message("tea", chat=jid, sender=ALICE)
        build_contact(jid)
    build_group(FAMILY, name="Tea family")
    Chat.objects.update(name="Tea friends")
    Contact.objects.update(name="Tea person")
    answer = asked_with_key(f"{SEARCH}?q=tea", {ALICE})
    assert [message["remote_jid"] for message in answer["data"]] == [ALICE]
    assert answer["total"] == 1
    everything = asked_with_key("/api/search?q=tea", {ALICE})
    assert everything["totals"] == {"messages": 1, "chats": 1, "contacts": 1, "groups": 0}
    assert [chat["jid"] for chat in everything["chats"]] == [ALICE]
    nothing = asked_with_key("/api/search?q=tea", {NEWS})
    assert set(nothing["totals"].values()) == {0}


# Order and pages


def test_the_newest_hit_comes_first_unless_the_best_is_asked_for(api: Client) -> None:
    build_message("tea tea tea", at=NOON)
    build_message("we talked at length about many things, and somebody then mentioned tea", at=NOON + 1)
    build_message("tea with milk", at=NOON + 2)
    by_time = found(api, "tea")
    assert by_time == [*reversed([row.body for row in Message.objects.order_by("pk")])]
    assert found(api, "tea", order="time") == by_time
    by_rank = found(api, "tea", order="rank")
    assert (by_rank[0], by_rank[-1]) == ("tea tea tea", by_time[1])
    assert found(api, "tea", order="rank", offset=1) == by_rank[1:]


def test_what_a_search_is_narrowed_by_does_not_change_the_rank(api: Client) -> None:
    chance = random.Random(1)
    for number in range(12):
        words = ["tea"] * chance.randint(1, 4) + ["word"] * chance.randint(0, 12)
        build_message(f"{number} " + " ".join(words), chat=ALICE)
    build_message("coffee", chat=BOB)
    narrowed = found(api, "tea", order="rank", chat=ALICE, type="text", from_me="false")
    assert narrowed == found(api, "tea", order="rank")
    assert len(narrowed) == 12


def test_only_the_newest_hits_are_ranked(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST_RANKED", 3)
    build_message("tea tea tea", at=NOON)
    for number in range(1, 4):
        build_message(f"tea {number} and more", at=NOON + number)
    response = api.get(SEARCH, {"q": "tea", "order": "rank"}).json()
    assert response["total"] == 3
    assert "tea tea tea" not in [message["body"] for message in response["data"]]
    assert len(found(api, "tea")) == 4


@pytest.mark.parametrize("path", [SEARCH + "?q=tea", "/api/messages?search=tea"])
def test_hits_are_counted_up_to_a_number_and_then_said_to_be_more(
    api: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for number in range(4):
        build_message(f"tea {number}", at=NOON + number)
    monkeypatch.setattr(MessageIndex, "MOST_COUNTED", 5)
    first = api.get(path + "&limit=1").json()
    assert (first["total"], first["total_is_exact"]) == (4, True)
    monkeypatch.setattr(MessageIndex, "MOST_COUNTED", 3)
    first = api.get(path + "&limit=1").json()
    assert (first["total"], first["total_is_exact"]) == (3, False)
    rest = api.get(path + f"&limit=9&cursor={first['next']}").json()
    assert (rest["total"], rest["total_is_exact"], len(rest["data"])) == (3, False, 3)
    assert api.get("/api/messages?limit=1").json()["total"] == 4
    assert api.get("/api/search?q=tea").json()["totals"]["messages"] == 3


@pytest.mark.parametrize("order", ["time", "rank"])
def test_pages_meet_without_gap_or_overlap(api: Client, order: str) -> None:
    for number in range(23):
        build_message("tea " * (number % 3 + 1) + str(number), at=NOON + number // 4)
    pages = [hits(api, "tea", order=order, limit=5, offset=offset) for offset in range(0, 30, 5)]
    ids = [message["id"] for page in pages for message in page]
    assert len(ids) == len(set(ids)) == 23
    assert all("<mark>tea</mark>" in message["snippet"] for page in pages for message in page)
    assert ids == [message["id"] for message in hits(api, "tea", order=order, limit=50)]


def test_an_unknown_order_is_a_bad_request(api: Client) -> None:
    response = api.get(SEARCH, {"q": "tea", "order": "asc"})
    assert response.status_code == 400
    assert response.json()["error"] == "order: 'asc' is not an order: use time or rank."


# Snippets


def test_a_snippet_shows_the_words_around_the_hit(api: Client) -> None:
    build_message(" ".join(f"w{number}" for number in range(100)))
    text = snippet(api, "w50")
    assert text.startswith("…w")
    assert re.search(r" w\d+…$", text)
    assert "w48 w49 <mark>w50</mark> w51" in text
    assert 200 < len(text) < 300
    assert snippet(api, "w0").startswith("<mark>w0</mark> w1 ")
    assert snippet(api, "w99").endswith(" w98 <mark>w99</mark>")
    assert snippet(api, '"w50 w51" w53').count("<mark>") == 2


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script> tea",
        "<img src=x onerror=alert('tea')>",
        'tea</mark><b onclick="x">&lt;</b>',
        "<mark>tea</mark> \x02tea\x02 \x03",
        "&amp; tea &#60;",
    ],
)
def test_a_snippet_is_safe_in_a_page(api: Client, body: str) -> None:
    build_message(body)
    text = snippet(api, "tea")
    without_marks = text.replace("<mark>tea</mark>", "tea")
    assert "<mark>tea</mark>" in text
    assert not re.search(r"""[<>"']""", without_marks)
    assert html.unescape(without_marks) == body


@pytest.mark.parametrize(
    "body", ["x" * 20_000 + " tea", "tea " + "x" * 20_000, "tea" * 9000, "tea " * 16_000]
)
def test_a_snippet_of_an_endless_message_is_short_and_quick(api: Client, body: str) -> None:
    build_message(body)
    started = time.process_time()
    text = snippet(api, "tea*")
    assert time.process_time() - started < 2  # each hit weighed against all others: 15 and more
    assert "<mark>" in text
    assert text.count("<mark>") == text.count("</mark>")
    assert len(re.sub("</?mark>", "", text)) < 330


def test_signs_in_the_midst_of_a_hit_are_escaped_too(api: Client) -> None:
    build_message("tea <script> & sugar")
    assert snippet(api, '"tea script sugar"') == "<mark>tea &lt;script&gt; &amp; sugar</mark>"


def test_lists_events_and_single_messages_have_no_snippet(api: Client) -> None:
    message = build_message("tea")
    (listed,) = api.get("/api/messages?search=tea").json()["data"]
    assert "snippet" not in listed
    assert "snippet" not in api.get(f"/api/messages/{message.message_id}").json()
    assert set(hits(api, "tea")[0]) == {*listed, "snippet"}


# Everything


def test_everything_is_found_by_one_call(api: Client) -> None:
    build_account()
    build_message("Café tomorrow?", chat=BOB)
    build_chat(ALICE, name="Café Olé", last_message_ts=NOON)
    build_contact(ALICE, business_name="Cafe Olé", lid=ALICE_LID)
    build_group(FAMILY, name="Cafés of Lisbon", owner=build_contact(BOB))
    answer = api.get("/api/search?q=cafe").json()
    assert set(answer) == {"messages", "chats", "contacts", "groups", "totals"}
    assert [message["snippet"] for message in answer["messages"]] == ["<mark>Café</mark> tomorrow?"]
    assert [chat["jid"] for chat in answer["chats"]] == [ALICE]
    assert [(contact["jid"], contact["name"]) for contact in answer["contacts"]] == [(ALICE, "Cafe Olé")]
    assert [(group["jid"], group["owner_jid"]) for group in answer["groups"]] == [(FAMILY, BOB)]
    assert answer["totals"] == {"messages": 1, "chats": 1, "contacts": 1, "groups": 1}


def test_few_of_each_are_shown_and_all_are_counted(api: Client) -> None:
    for number in range(8):
        jid = f"1666{number:04d}@s.whatsapp.net"
        build_message("tea", chat=jid, at=NOON + number)
        build_contact(jid)
    Contact.objects.update(name="Tea")
    Chat.objects.update(name="Tea")
    answer = api.get("/api/search?q=tea").json()
    assert [len(answer[noun]) for noun in ("messages", "chats", "contacts", "groups")] == [5, 5, 5, 0]
    assert answer["totals"] == {"messages": 8, "chats": 8, "contacts": 8, "groups": 0}
    assert len(api.get("/api/search?q=tea&limit=7").json()["chats"]) == 7
    assert len(api.get("/api/search?q=tea&limit=1000").json()["chats"]) == 8


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%20", "?limit=3"])
def test_a_search_for_everything_wants_something_to_look_for(api: Client, query: str) -> None:
    response = api.get(f"/api/search{query}")
    assert (response.status_code, response.json()) == (400, {"error": 'Missing query parameter "q"'})


@pytest.mark.parametrize("query", ["q=tea&limit=x", "q=tea&order=rank", "q=tea&offset=1"])
def test_what_a_search_for_everything_does_not_know_is_a_bad_request(api: Client, query: str) -> None:
    response = api.get(f"/api/search?{query}")
    assert response.status_code == 400
    assert response.json()["error"].startswith(query.split("&")[1].split("=")[0] + ": ")


# Names


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("zoe", True),
        ("ZOË", True),
        ("zoe\u0308", True),
        ("oë m", True),
        ("müller zo", True),
        ("zo müller", True),
        ("zo m ller", True),
        ("z m", True),
        ("ller", True),
        ("m", True),
        ("muller anna", False),
        ("0100", True),
        ("+1 555-0100", True),
        ("(1) 5550100", True),
        (ALICE, True),
        ("15550100@c.us", True),
        ("whatsapp", False),
        ("5550111", False),
        ("%", False),
        ("_", False),
        ("*", False),
        ("[a-z]", False),
        ("?oe", False),
    ],
)
def test_chats_and_people_are_found_by_any_part_of_a_name_or_number(
    api: Client, text: str, is_found: bool
) -> None:
    build_chat(ALICE, name="Zoë Müller")
    build_chat(BOB, name="Anna")
    build_contact(ALICE, notify_name="Zoë", name="Müller")
    build_contact(BOB, name="Anna")
    listed = api.get("/api/chats", {"search": text}).json()
    assert [chat["jid"] for chat in listed["data"]].count(ALICE) == int(is_found)
    assert (ALICE in Contact.objects.found_by(text).values_list("jid", flat=True)) == is_found


@pytest.mark.parametrize(
    "name", ["50% off", "a_b", "what?", "[draft]", "*star*", "O'Neil", 'the "best"', '"', 'a"b c']
)
def test_a_name_with_signs_in_it_is_found_by_them(api: Client, name: str) -> None:
    build_chat(ALICE, name=name)
    build_chat(BOB, name="Bob")
    found = api.get("/api/chats", {"search": name}).json()["data"]
    assert [chat["jid"] for chat in found] == [ALICE]


# Whatever is typed


@pytest.mark.parametrize("path", [SEARCH, "/api/search", "/api/messages", "/api/chats"])
def test_no_text_is_an_error(api: Client, path: str) -> None:
    build_message("tea", chat=ALICE)
    build_chat(ALICE)
    chance = random.Random(path)
    parameter = "q" if path.endswith("search") else "search"
    for _ in range(100):
        pieces = chance.choices(PIECES, k=chance.choice([1, 2, 5, 300]))
        text = "".join(pieces).encode(errors="replace").decode().replace("\0", " ")  # no parameter takes that
        more = {"order": "rank", "chat": ALICE, "from_me": "false", "type": "text"} if path == SEARCH else {}
        chosen = {name: value for name, value in more.items() if chance.random() < 0.5}
        response = api.get(path, {parameter: text, **chosen})
        expected = 400 if parameter == "q" and not text.strip() else 200
        assert response.status_code == expected, (text, response.content)


# Cost


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (f"{SEARCH}?q=tea", 6),
        (f"{SEARCH}?q=tea&order=rank&chat={FAMILY}&from={ALICE}&type=text&before=2030-01-01", 9),
        ("/api/search?q=tea", 12),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int], path: str, most: int
) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            build_message("tea", chat=FAMILY, sender=ALICE, at=NOON + number)
            message = build_message("tea", chat=f"1666{number:04d}@s.whatsapp.net", has_media=True)
            build_media(None, message=message, original_filename="tea.pdf")
            owner = build_contact(f"1777{number:04d}@s.whatsapp.net", name="Tea")
            build_group(f"12036300000000{number:04d}@g.us", name="Tea", owner=owner)

    add(range(3))
    few = count_queries(lambda: api.get(path))
    add(range(3, 30))
    assert count_queries(lambda: api.get(path)) == few
    assert few <= most
