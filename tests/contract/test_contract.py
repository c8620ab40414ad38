"""The contract with programs, call by call, against a hub that has lived."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.conftest import Hub, running_hub
from tests.contract import rows, shapes
from tests.contract.conftest import LiveHub
from tests.contract.rows import Row
from tests.contract.shapes import faults
from tests.waiting import eventually

ACT_SECONDS = 20  # how long a request waits for WhatsApp's word


def filled(template: Any, known: dict[str, str]) -> Any:
    """The template with the names in braces replaced by what is known."""
    if isinstance(template, str):
        return re.sub(r"\{(\w+)\}", lambda name: known[name[1]], template)
    if isinstance(template, dict):
        return {key: filled(value, known) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, known) for value in template]
    return template


def ask(live: LiveHub, row: Row, base: str = "/api") -> httpx.Response:
    path = filled(row.path, live.known).replace("/api", base, 1)
    return live.client.request(row.method, path, json=filled(row.body, live.known) if row.body else None)


def assert_is(response: httpx.Response, status: int, shape: shapes.Shape) -> Any:
    """The answer's JSON, which is of that shape."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/json"
    assert faults(response.json(), shape) == []
    return response.json()


def record_of(live: LiveHub, message_id: str) -> dict[str, Any]:
    """The message, once the hub has stored it."""

    def look() -> dict[str, Any] | None:
        found = live.client.get(f"/api/messages/{message_id}")
        return found.json() if found.status_code == 200 else None

    return eventually(look, f"the message {message_id}")


# What is read


@pytest.mark.parametrize("row", rows.READS, ids=str)
def test_a_call_answers_in_the_promised_shape(live: LiveHub, row: Row) -> None:
    assert_is(ask(live, row), 200, row.shape)


@pytest.mark.parametrize("row", [row for row in rows.READS if row.path.startswith("/api")], ids=str)
def test_version_1_answers_the_same(live: LiveHub, row: Row) -> None:
    assert_is(ask(live, row, base="/api/v1"), 200, row.shape)


@pytest.mark.parametrize(("query", "holds"), rows.FILTERS, ids=[query for query, _ in rows.FILTERS])
def test_a_filter_leaves_what_it_names(live: LiveHub, query: str, holds: Any) -> None:
    found = live.get("/api/messages?limit=500&" + filled(query, live.known))
    assert found["data"]
    assert [row for row in found["data"] if not holds(row, live.known)] == []
    assert found["total"] >= len(found["data"])


@pytest.mark.parametrize("query", rows.SEARCH_FILTERS)
def test_a_search_takes_each_of_its_filters(live: LiveHub, query: str) -> None:
    found = live.client.get("/api/messages/search?q=the+OR+map&" + filled(query, live.known))
    assert_is(found, 200, shapes.page(shapes.FOUND_MESSAGE))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("map", True),
        ('"bring the map"', True),
        ("brin*", True),
        ("map NOT maps", True),
        ("zzz OR map", True),
        ("zzz", False),
    ],
)
def test_the_search_understands_its_language(live: LiveHub, query: str, expected: bool) -> None:
    assert bool(live.get("/api/messages/search", q=query)["total"]) is expected


def test_lists_are_ordered_by_time_and_paged(live: LiveHub) -> None:
    old = {"before": live.known["moment"]}  # which no new message moves
    newest = live.get("/api/messages", limit=500, **old)
    times = [row["timestamp"] for row in newest["data"]]
    assert times == sorted(times, reverse=True)
    oldest = live.get("/api/messages", limit=500, order="asc", **old)
    assert [row["id"] for row in oldest["data"]] == [row["id"] for row in reversed(newest["data"])]
    part = live.get("/api/messages", limit=5, offset=3, **old)
    assert [row["id"] for row in part["data"]] == [row["id"] for row in newest["data"][3:8]]
    assert part["total"] == newest["total"] == len(newest["data"])


def test_cursors_lead_through_the_whole_list_without_gap_or_repeat(live: LiveHub) -> None:
    old = {"before": live.known["moment"]}
    whole = [row["id"] for row in live.get("/api/messages", limit=500, **old)["data"]]
    walked: list[str] = []
    query: dict[str, Any] = {"limit": 7, **old}
    while True:
        part = live.get("/api/messages", **query)
        walked += [row["id"] for row in part["data"]]
        if part["next"] is None:
            break
        query["cursor"] = part["next"]
    assert walked == whole


def test_the_default_page_and_the_largest(live: LiveHub) -> None:
    assert len(live.get("/api/messages")["data"]) == 50
    assert_is(live.client.get("/api/messages?limit=100000"), 200, shapes.page(shapes.MESSAGE))


def test_totals_are_real(live: LiveHub) -> None:
    for noun in ("chats", "contacts", "groups"):
        whole = live.get(f"/api/{noun}", limit=500)
        one = live.get(f"/api/{noun}", limit=1)
        assert len(one["data"]) == 1, noun
        assert one["total"] == whole["total"] == len(whole["data"]) > 1, noun


def test_chats_come_newest_message_first(live: LiveHub) -> None:
    times = [row["last_message_ts"] or 0 for row in live.get("/api/chats")["data"]]
    assert times == sorted(times, reverse=True)


def test_a_person_is_found_by_number_and_by_lid(live: LiveHub) -> None:
    alice = live.get(f"/api/contacts/{live.known['alice']}")
    assert alice["lid"]
    for address in ("12025550161", "+1 202 555 0161", alice["lid"]):
        assert live.get(f"/api/contacts/{address}")["jid"] == live.known["alice"]
        assert live.get(f"/api/chats/{address}")["jid"] == live.known["alice"]


def test_a_file_is_downloaded_whole_in_part_and_not_again(live: LiveHub) -> None:
    known = live.get(f"/api/media/{live.known['media']}")
    path = f"/api/media/{live.known['media']}/download"
    whole = live.client.get(path)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == known["mime_type"] == "image/jpeg"
    assert len(whole.content) == known["file_size"]
    part = live.client.get(path, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    again = live.client.get(path, headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_connected_hub_has_no_code_to_scan(live: LiveHub) -> None:
    for path in ("/api/connection/qr", "/api/connection/qr/image"):
        assert_is(live.client.get(path), 404, {"const": {"error": "No QR code available"}})


# What is done


@pytest.mark.parametrize("row", rows.SENDS, ids=lambda row: f"{row.path} {'+'.join(row.body)}")
def test_what_is_sent_is_answered_with_its_key_and_stored(live: LiveHub, row: Row) -> None:
    answer = assert_is(ask(live, row), 200, row.shape)
    assert answer["key"]["remoteJid"] == live.known["alice"]
    assert live.get(f"/api/actions/{answer['action_id']}")["status"] in (
        "sent",
        "delivered",
        "read",
        "played",
    )
    if row.path.startswith("/api/actions/send/"):
        stored = record_of(live, answer["key"]["id"])
        kind = row.path.rpartition("/")[2]
        assert stored["message_type"] == kind
        assert stored["from_me"]
        assert stored["body"] == row.body.get("text", row.body.get("caption", stored["body"]))


@pytest.mark.parametrize("row", [*rows.ACTS, *rows.ON_THE_HUB], ids=lambda row: f"{row} {'+'.join(row.body)}")
def test_an_act_succeeds(live: LiveHub, row: Row) -> None:
    assert_is(ask(live, row), 200, row.shape)


@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_file_is_sent_as_multipart_as_well(live: LiveHub, kind: str) -> None:
    file = ("paper.png", base64.b64decode(rows.PNG), "image/png")
    response = live.client.post(
        f"/api/actions/send/{kind}",
        data={"jid": live.known["alice"], "caption": "By form"},
        files={"file": file},
    )
    answer = assert_is(response, 200, shapes.SENT)
    stored = record_of(live, answer["key"]["id"])
    assert (stored["message_type"], stored["body"]) == (kind, "By form")


def test_a_message_is_forwarded(live: LiveHub) -> None:
    body = {"jid": live.known["alice"], "message_id": live.known["message"], "to": live.known["ben"]}
    answer = assert_is(live.client.post("/api/actions/forward", json=body), 200, shapes.SENT)
    assert answer["key"]["remoteJid"] == live.known["ben"]
    assert record_of(live, answer["key"]["id"])["is_forwarded"]


def test_a_file_that_is_there_is_not_fetched_again(live: LiveHub) -> None:
    assert_is(live.client.post(f"/api/media/{live.known['media']}/retry"), 400, shapes.ERROR)


def test_settings_that_can_change_without_a_restart_are_listed(live: LiveHub) -> None:
    keys = {row["key"] for row in live.get("/api/settings")["data"]}
    assert {"logLevel", "autoDownloadMedia", "maxMediaSizeMB"} <= keys


def test_the_line_is_closed_and_opened_again(live: LiveHub) -> None:
    before = live.get("/api/connection/status")["since"]
    assert_is(live.client.post("/api/connection/restart"), 200, shapes.COMMAND)

    def is_back() -> bool:
        now = live.get("/api/connection/status")
        return bool(now["status"] == "connected" and now["since"] >= before)

    eventually(is_back, "the line")


# Errors


@pytest.mark.parametrize(("row", "field"), rows.BAD_REQUESTS, ids=lambda value: str(value))
def test_bad_input_is_refused_with_a_sentence_that_names_the_field(
    live: LiveHub, row: Row, field: str
) -> None:
    answer = assert_is(ask(live, row), 400, row.shape)
    if field:
        assert answer["error"].startswith(f"{field}: ")
        assert field in answer["details"]


@pytest.mark.parametrize("row", rows.MISSING, ids=str)
def test_what_is_not_there_is_404_in_json(live: LiveHub, row: Row) -> None:
    assert_is(ask(live, row), 404, row.shape)


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b'{"jid": NaN}', b'"text"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(live: LiveHub, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = live.client.post("/api/actions/send/text", content=body, headers=headers)
    assert_is(response, 400, shapes.ERROR)


def test_a_body_that_is_too_large_is_refused(live: LiveHub) -> None:
    body = b'{"jid": "12025550161", "text": "' + b"a" * (151 * 1024 * 1024) + b'"}'
    headers = {"content-type": "application/json"}
    response = live.client.post("/api/actions/send/text", content=body, headers=headers)
    assert_is(response, 413, shapes.ERROR)


# Keys


def test_the_three_ways_to_show_a_key(live: LiveHub) -> None:
    url = live.url + "/api/chats"
    assert httpx.get(url, headers={"x-api-key": live.key}).status_code == 200
    assert httpx.get(url, headers={"authorization": f"Bearer {live.key}"}).status_code == 200
    assert httpx.get(url, params={"api_key": live.key}).status_code == 200


@pytest.mark.parametrize(
    "row", [row for row in rows.READS if row.path not in ("/health", "/api/openapi.json")], ids=str
)
def test_without_a_key_a_call_is_refused(live: LiveHub, row: Row) -> None:
    response = httpx.request(row.method, live.url + filled(row.path, live.known))
    assert_is(response, 401, shapes.UNAUTHORIZED)


def test_a_wrong_key_is_refused(live: LiveHub) -> None:
    response = httpx.get(live.url + "/api/chats", headers={"x-api-key": "wrong"})
    assert_is(response, 401, shapes.UNAUTHORIZED)


def test_health_and_the_description_need_no_key(live: LiveHub) -> None:
    for path in ("/health", "/api/openapi.json"):
        assert httpx.get(live.url + path).status_code == 200


def test_a_browser_is_shown_the_docs_and_a_program_the_summary(live: LiveHub) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = httpx.get(live.url + "/api", headers=browser, follow_redirects=True)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    summary = assert_is(live.client.get("/api"), 200, shapes.SUMMARY)
    described = {
        f"{method.upper()} {path}"
        for path, methods in live.get("/api/openapi.json")["paths"].items()
        for method in methods
    }
    assert {name for group in summary["endpoints"].values() for name in group} == described


# A hub whose line is down, and one whose session process does nothing


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A web process without a session."""
    with running_hub(tmp_path_factory.mktemp("alone")) as running:
        yield running


@pytest.mark.parametrize("row", [*rows.SENDS, *rows.ACTS], ids=lambda row: f"{row.path} {'+'.join(row.body)}")
def test_an_act_without_a_line_is_503(live: LiveHub, alone: Hub, row: Row) -> None:
    alone.run("build_account('disconnected')")
    with alone.client() as client:
        answer = client.request(row.method, filled(row.path, live.known), json=filled(row.body, live.known))
    if row.body.keys() & {"quoted_id", "message_id", "message_ids"} or row.path.endswith("/chat"):
        assert answer.status_code in (400, 404, 503), answer.text  # that message or chat is not there, either
    else:
        assert_is(answer, 503, shapes.NOT_CONNECTED)


def test_an_act_that_has_no_result_yet_is_504_with_its_id(alone: Hub) -> None:
    alone.run("build_account('connected')")
    began = time.monotonic()
    with alone.client() as client:
        answer = client.post("/api/actions/send/text", json={"jid": "15550100", "text": "Hello"})
        body = assert_is(answer, 504, shapes.NO_RESULT_YET)
        assert client.get(f"/api/actions/{body['action_id']}").json()["status"] == "queued"
    assert time.monotonic() - began >= ACT_SECONDS


def test_a_message_can_be_edited_the_moment_it_is_sent(live: LiveHub) -> None:
    for number in range(5):
        body = {"jid": live.known["alice"], "text": f"First draft {number}"}
        sent = live.client.post("/api/actions/send/text", json=body).json()
        change = {"jid": live.known["alice"], "message_id": sent["key"]["id"], "text": f"Final {number}"}
        answer = live.client.post("/api/actions/edit", json=change)
        assert answer.status_code == 200, answer.text
