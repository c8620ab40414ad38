"""What all lists have in common: pages by cursor, honest totals, few queries."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from api.access import Principal, Scope
from api.authentication import ApiKeyAuthentication
from tests.api.lists import LISTS, message
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_account,
    build_call,
    build_group,
    build_label_association,
    build_media,
    build_message,
    build_presence,
    build_presence_change,
    build_receipt,
)

pytestmark = pytest.mark.django_db

EVERY_LIST = pytest.mark.parametrize("path", LISTS)


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def fill(path: str, numbers: range) -> None:
    for number in numbers:
        LISTS[path](number)


def get(api: Client, path: str, **more: Any) -> dict[str, Any]:
    response = api.get(path + ("&" if "?" in path else "?") + "&".join(f"{k}={v}" for k, v in more.items()))
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def pages(api: Client, path: str, limit: int) -> Iterator[dict[str, Any]]:
    page = get(api, path, limit=limit)
    yield page
    while page["next"]:
        page = get(api, path, limit=limit, cursor=page["next"])
        yield page


@EVERY_LIST
def test_cursors_lead_through_all_rows_in_order_and_end(api: Client, path: str) -> None:
    fill(path, range(11))
    whole = get(api, path, limit=500)
    assert whole["next"] is None
    assert len(whole["data"]) >= 11
    walked = [row for page in pages(api, path, 3) for row in page["data"]]
    assert walked == whole["data"]


@EVERY_LIST
def test_a_page_that_ends_with_the_list_has_no_next(api: Client, path: str) -> None:
    fill(path, range(4))
    number = len(get(api, path)["data"])
    assert get(api, path, limit=number)["next"] is None
    assert get(api, path, limit=number - 1)["next"] is not None


@EVERY_LIST
def test_the_total_is_of_all_rows_on_every_page(api: Client, path: str) -> None:
    fill(path, range(7))
    number = len(get(api, path, limit=500)["data"])
    for page in pages(api, path, 3):
        assert page.get("total", number) == number
    assert get(api, path, limit=2, offset=1).get("total", number) == number


@EVERY_LIST
def test_rows_that_come_meanwhile_are_neither_shown_twice_nor_push_others_out(api: Client, path: str) -> None:
    fill(path, range(8))
    before = get(api, path, limit=500)["data"]
    first = get(api, path, limit=3)
    fill(path, range(8, 16))
    walked = first["data"]
    page = first
    while page["next"]:
        page = get(api, path, limit=3, cursor=page["next"])
        walked = walked + page["data"]
    known = [row for row in walked if row in before]
    assert known == before
    assert len([row for row in walked if walked.count(row) > 1]) == 0


@EVERY_LIST
@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "AAAAAAAAAAAAAAAAWzEsMV0", "é", "=" * 9, "A" * 5000])
def test_what_is_no_cursor_is_refused_by_name(api: Client, path: str, cursor: str) -> None:
    fill(path, range(1))
    response = api.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
    assert response.status_code == 400
    assert response.json()["error"].startswith("cursor: This is no cursor of this list: take `next`")


def test_a_cursor_is_good_for_its_own_list_and_filters_only(api: Client) -> None:
    for number in range(4):
        message(number)
    cursor = get(api, "/api/messages", limit=1)["next"]
    assert get(api, "/api/messages", limit=2, cursor=cursor)["data"]
    for other in ("/api/media?", "/api/messages?order=asc&", "/api/messages?starred=true&"):
        response = api.get(f"{other}cursor={cursor}")
        assert response.status_code == 400, other
        assert list(response.json()["details"]) == ["cursor"]


def test_a_cursor_that_was_tampered_with_is_refused(api: Client) -> None:
    for number in range(4):
        message(number)
    cursor = get(api, "/api/messages", limit=1)["next"]
    for place in range(0, len(cursor) - 1, 5):
        other = "A" if cursor[place] != "A" else "B"
        tampered = cursor[:place] + other + cursor[place + 1 :]
        assert api.get(f"/api/messages?cursor={tampered}").status_code == 400


def test_a_cursor_works_under_both_names_of_the_api(api: Client) -> None:
    for number in range(4):
        message(number)
    cursor = get(api, "/api/messages", limit=1)["next"]
    assert get(api, "/api/v1/messages", limit=1, cursor=cursor)["data"]


def test_after_a_page_by_offset_one_can_go_on_by_cursor(api: Client) -> None:
    for number in range(5):
        build_message(f"number {number}", at=NOON + number)
    page = get(api, "/api/messages", limit=2, offset=1)
    rest = get(api, "/api/messages", limit=9, cursor=page["next"])
    bodies = [row["body"] for row in page["data"] + rest["data"]]
    assert bodies == ["number 3", "number 2", "number 1", "number 0"]
    assert rest["total"] == 5


def test_a_cursor_goes_without_an_offset(api: Client) -> None:
    for number in range(4):
        message(number)
    cursor = get(api, "/api/messages", limit=1)["next"]
    response = api.get(f"/api/messages?cursor={cursor}&offset=1")
    assert response.status_code == 400
    assert response.json()["error"].startswith("cursor: A cursor goes without an offset")


def test_the_place_of_a_row_that_is_gone_is_still_a_place(api: Client) -> None:
    keys = [build_message(f"{number}", at=NOON + number) for number in range(4)]
    page = get(api, "/api/messages", limit=2)
    keys[2].delete()
    following = get(api, "/api/messages", limit=2, cursor=page["next"])["data"]
    assert [row["body"] for row in following] == ["1", "0"]


@EVERY_LIST
def test_no_page_has_more_than_five_hundred_rows(api: Client, path: str) -> None:
    fill(path, range(2))
    for many in (10**20, 10**40):
        assert get(api, path, limit=many)["data"] == get(api, path, limit=500)["data"]
    response = api.get(f"{path}{'&' if '?' in path else '?'}limit=ten")
    assert response.json()["error"] == "limit: 'ten' is not a whole number."
    assert api.get(f"{path}{'&' if '?' in path else '?'}offset=%0B").status_code == 400


@EVERY_LIST
def test_an_unknown_parameter_is_refused_with_the_names_of_the_known(api: Client, path: str) -> None:
    fill(path, range(1))
    response = api.get(f"{path}{'&' if '?' in path else '?'}nonsense=1")
    assert response.status_code == 400
    assert response.json()["error"].startswith("nonsense: There is no such parameter; there are account, ")
    assert "cursor" in response.json()["error"]


@EVERY_LIST
def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int], path: str
) -> None:
    fill(path, range(4))
    few = count_queries(lambda: get(api, path))
    fill(path, range(4, 31))
    assert count_queries(lambda: get(api, path)) == few
    assert few <= 9


@EVERY_LIST
def test_the_rows_of_another_account_are_left_out(api: Client, path: str) -> None:
    fill(path, range(3))
    if path == "/api/accounts":
        return
    alone = get(api, path)
    from whatsapp.models import Account

    Account.objects.create(name="another")
    assert get(api, path) == alone
    response = api.get(f"{path}{'&' if '?' in path else '?'}account=another")
    if response.status_code == 200:
        body = response.json()
        assert (body["data"], body.get("total", 0), body["next"]) == ([], 0, None)
    else:
        assert response.status_code == 404


# Keys that are limited to certain chats


def limited_to(monkeypatch: pytest.MonkeyPatch, *jids: str) -> None:
    principal = Principal("limited", frozenset(Scope), frozenset(jids))
    monkeypatch.setattr(ApiKeyAuthentication, "authenticate", lambda self, request: (principal, None))


NOT_ABOUT_CHATS = {"webhooks", "stats", "stories", "labels", "accounts"}


@EVERY_LIST
def test_a_key_without_a_chat_sees_no_row(api: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, range(3))
    limited_to(monkeypatch)
    response = api.get(path)
    noun = path.split("/")[2].partition("?")[0]
    if noun in NOT_ABOUT_CHATS and path != "/api/labels/associations":
        assert response.status_code == 403
    elif response.status_code != 404:
        assert response.status_code == 200, response.content
        assert (response.json()["data"], response.json()["total"]) == ([], 0)


def test_a_key_for_one_chat_sees_its_rows_alone(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for jid, group in ((ALICE, FAMILY), (BOB, f"{10**17}@g.us")):
        sent = build_message(chat=jid, from_me=True, has_media=True)
        build_media(None, message=sent)
        build_receipt(sent, jid)
        build_call(jid)
        build_presence(jid)
        build_presence_change(jid)
        build_label_association(sent)
        build_group(group)
    limited_to(monkeypatch, ALICE, FAMILY)
    for path, key, mine in (
        ("/api/messages", "remote_jid", ALICE),
        ("/api/messages/search?q=hello", "remote_jid", ALICE),
        ("/api/chats", "jid", ALICE),
        ("/api/contacts", "jid", ALICE),
        ("/api/groups", "jid", FAMILY),
        ("/api/calls", "chat_jid", ALICE),
        ("/api/presence", "jid", ALICE),
        (f"/api/presence/{ALICE}/log", "jid", ALICE),
        ("/api/receipts", "remote_jid", ALICE),
        ("/api/labels/associations", "remote_jid", ALICE),
    ):
        body = get(api, path)
        assert [row[key] for row in body["data"]] == [mine], path
        assert body["total"] == 1, path
    assert get(api, "/api/media")["total"] == 1
    assert api.get("/api/media/stats").json()["total"] == 1
    for noun in ("chats", "contacts", "presence"):
        assert api.get(f"/api/{noun}/{ALICE}").status_code == 200
        assert api.get(f"/api/{noun}/{BOB}").status_code == 404
    assert api.get(f"/api/presence/{BOB}/log").status_code == 404
    assert api.get(f"/api/groups/{10**17}@g.us").status_code == 404
