"""GET /api/stats/events and /types."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.builders import NOON, build_event, build_message
from whatsapp import events
from whatsapp.models import Event
from whatsapp.records import message_key, message_record, short_record

pytestmark = pytest.mark.django_db


def build_upsert() -> Event:
    message = build_message("tea", raw=True)
    payload = {"key": message_key(message), "record": short_record(message_record(message)), "type": "notify"}
    return events.append(message.account, events.MESSAGES_UPSERT, payload, message.pk)


def ids(api: Client, query: str) -> list[int]:
    response = api.get(f"/api/stats/events?{query}")
    assert response.status_code == 200, response.content
    return [event["id"] for event in response.json()["data"]]


def test_an_event_is_shown_with_its_data_as_a_string(api: Client) -> None:
    event = build_event("connection.status", {"status": "qr"}, logged_at=NOON * 1000 + 999)
    assert api.get("/api/stats/events").json() == {
        "data": [
            {
                "id": event.pk,
                "event_type": "connection.status",
                "payload": '{"status":"qr"}',
                "logged_at": "2024-05-01 12:00:00",
            }
        ],
        "next": None,
    }


def test_a_message_in_the_log_carries_its_protobuf_and_its_record(api: Client) -> None:
    build_upsert()
    data = json.loads(api.get("/api/stats/events").json()["data"][0]["payload"])
    assert data["type"] == "notify"
    assert data["messages"][0]["message"] == {"conversation": "tea"}
    assert data["records"][0]["body"] == "tea"


def test_the_newest_event_comes_first_page_by_page(api: Client) -> None:
    keys = [build_event().pk for _ in range(5)]
    assert ids(api, "") == keys[::-1]
    assert ids(api, "limit=2&offset=1") == [keys[3], keys[2]]


def test_events_are_narrowed_to_a_type_or_a_family_of_types(api: Client) -> None:
    upsert = build_event(
        "wa.messages.upsert", {"key": {}, "type": "notify", "record": {"timestamp": 1, "id": "x"}}
    ).pk
    update, receipt = build_event("wa.messages.update").pk, build_event("wa.message-receipt.update").pk
    assert ids(api, "type=wa.messages.upsert") == [upsert]
    assert ids(api, "type=wa.messages") == [update, upsert]
    assert ids(api, "type=wa.messages.") == [update, upsert]
    assert ids(api, "type=wa") == [receipt, update, upsert]
    assert ids(api, "type=wa.mess") == []


def test_events_after_a_time_are_of_a_later_second(api: Client) -> None:
    build_event(logged_at=NOON * 1000 + 500)
    later = build_event(logged_at=(NOON + 1) * 1000)
    assert ids(api, "after=2024-05-01%2012:00:00") == [later.pk]
    assert ids(api, f"after={NOON}") == [later.pk]


def test_types_are_counted(api: Client) -> None:
    for event_type in ("media.failed", "connection.status", "connection.status"):
        build_event(event_type)
    assert api.get("/api/stats/events/types").json() == {
        "data": [
            {"event_type": "connection.status", "count": 2},
            {"event_type": "media.failed", "count": 1},
        ]
    }


def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    for _ in range(3):
        build_upsert()
    few = count_queries(lambda: api.get("/api/stats/events"))
    for _ in range(27):
        build_upsert()
    assert count_queries(lambda: api.get("/api/stats/events")) == few
