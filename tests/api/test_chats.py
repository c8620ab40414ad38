"""GET /api/chats and /api/chats/:jid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, ALICE_LID, BOB, FAMILY, NOON, build_chat, build_contact, build_message

pytestmark = pytest.mark.django_db

KEYS = {
    "jid",
    "name",
    "is_group",
    "is_archived",
    "is_pinned",
    "is_muted",
    "mute_expiry",
    "keep_days",
    "unread_count",
    "last_message_ts",
    "last_message_body",
    "updated_at",
}


def jids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/chats?{query}")
    assert response.status_code == 200, response.content
    return [chat["jid"] for chat in response.json()["data"]]


def test_the_chat_with_the_newest_message_comes_first_and_empty_ones_last(api: Client) -> None:
    build_chat(BOB)
    build_chat(ALICE, last_message_ts=NOON)
    build_chat(FAMILY, last_message_ts=NOON + 5)
    assert jids(api) == [FAMILY, ALICE, BOB]
    assert set(api.get("/api/chats").json()["data"][0]) == KEYS


def test_the_total_is_of_all_chats_and_not_of_the_page(api: Client) -> None:
    for number in range(7):
        build_chat(f"1555{number:04d}@s.whatsapp.net", last_message_ts=NOON + number)
    body = api.get("/api/chats?limit=2&offset=1").json()
    assert [chat["last_message_ts"] for chat in body["data"]] == [NOON + 5, NOON + 4]
    assert body["total"] == 7


def test_a_hundred_chats_are_a_page(api: Client) -> None:
    for number in range(103):
        build_chat(f"1555{number:04d}@s.whatsapp.net")
    assert len(jids(api)) == 100


def test_chats_are_found_by_a_part_of_their_name_or_jid(api: Client) -> None:
    build_chat(ALICE, name="Alice Liddell")
    build_chat(BOB, name="Bob")
    assert jids(api, "search=lidd") == [ALICE]
    assert jids(api, "search=0111") == [BOB]
    assert api.get("/api/chats?search=lidd").json()["total"] == 1
    assert jids(api, "search=%25") == []


def test_one_chat_comes_with_its_newest_twenty_messages(api: Client) -> None:
    chat = build_chat(ALICE, name="Alice")
    build_message("elsewhere", chat=BOB, at=NOON + 999)
    for number in range(25):
        build_message(f"{number}", chat=chat, at=NOON + number)
    body = api.get(f"/api/chats/{ALICE}").json()
    assert body["name"] == "Alice"
    assert set(body) == KEYS | {"recent_messages"}
    assert [message["body"] for message in body["recent_messages"]] == [f"{n}" for n in range(24, 4, -1)]


@pytest.mark.parametrize("jid", ["15550100", "+15550100", "15550100@c.us", ALICE_LID])
def test_a_chat_is_found_by_any_of_its_addresses(api: Client, jid: str) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_chat(ALICE)
    assert api.get(f"/api/chats/{jid}").json()["jid"] == ALICE


def test_a_chat_that_is_not_there_is_not_found(api: Client) -> None:
    response = api.get("/api/chats/15550100")
    assert (response.status_code, response.json()) == (404, {"error": "Chat not found"})


def test_a_jid_that_is_none_is_a_bad_request(api: Client) -> None:
    response = api.get("/api/chats/nobody")
    assert response.status_code == 400
    assert response.json()["error"].startswith("jid: 'nobody' is not a JID or phone number")


@pytest.mark.parametrize("path", ["/api/chats", "/api/chats?search=1", f"/api/chats/{ALICE}"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int], path: str
) -> None:
    def add(number: int) -> None:
        for index in range(number):
            build_chat(f"1666{index:04d}@s.whatsapp.net")
            build_message(chat=ALICE, at=NOON + index)

    add(3)
    few = count_queries(lambda: api.get(path))
    add(30)
    assert count_queries(lambda: api.get(path)) == few
    assert few <= 4


def test_a_chats_messages_are_kept_for_so_many_days(api: Client) -> None:
    build_chat(ALICE)
    answer = api.patch(f"/api/chats/{ALICE}", {"keep_days": 30}, content_type="application/json")
    assert (answer.status_code, answer.json()["keep_days"]) == (200, 30)
    assert api.get(f"/api/chats/{ALICE}").json()["keep_days"] == 30
    answer = api.patch(f"/api/chats/{ALICE}", {"keep_days": None}, content_type="application/json")
    assert (answer.status_code, answer.json()["keep_days"]) == (200, None)


def test_a_change_of_nothing_leaves_a_chat_as_it_is(api: Client) -> None:
    build_chat(ALICE, keep_days=30)
    answer = api.patch(f"/api/chats/{ALICE}", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["keep_days"]) == (200, 30)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"keep_days": 0}, "keep_days: Ensure this value is greater than or equal to 1."),
        ({"keep_days": 40_000}, "keep_days: Ensure this value is less than or equal to 36500."),
        ({"keep_days": "x"}, "keep_days: A valid integer is required."),
    ],
)
def test_a_wrong_number_of_days_is_refused(api: Client, body: dict[str, Any], why: str) -> None:
    build_chat(ALICE)
    answer = api.patch(f"/api/chats/{ALICE}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, why)


def test_a_chat_that_is_not_there_keeps_nothing(api: Client) -> None:
    answer = api.patch(f"/api/chats/{BOB}", {"keep_days": 1}, content_type="application/json")
    assert answer.status_code == 404
