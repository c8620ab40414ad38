"""GET /api/stats/events and /types."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api.access import Principal, Scope
from api.authentication import ApiKeyAuthentication
from tests.builders import NOON, build_event, build_message
from whatsapp import events, upkeep
from whatsapp.models import Account, Event
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


def test_events_since_an_id_come_oldest_first_when_asked(api: Client) -> None:
    first, second, third = (build_event().pk for _ in range(3))
    assert ids(api, f"since_id={first}") == [third, second]
    assert ids(api, f"since_id={first}&order=asc") == [second, third]
    assert ids(api, f"since_id={third}") == []
    assert api.get("/api/stats/events?since_id=x").json()["error"].startswith("since_id: 'x' is not")


def test_events_that_a_wrong_clock_has_dated_are_found_by_their_time(api: Client) -> None:
    ahead = build_event(logged_at=(NOON + 10) * 1000).pk
    build_event(logged_at=(NOON + 5) * 1000)
    newest = build_event(logged_at=(NOON + 20) * 1000).pk
    assert ids(api, f"after={NOON + 7}") == [newest, ahead]
    assert ids(api, f"after={NOON + 30}") == []


# Pruning


def days_ago(days: float) -> int:
    return int((time.time() - days * 86_400) * 1000)


def test_events_of_old_are_deleted_and_the_others_stay(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 2)
    for _ in range(5):
        build_event(logged_at=days_ago(8))
    young = build_event(logged_at=days_ago(6)).pk
    Event.objects.filter(pk=build_event(logged_at=days_ago(9)).pk).update(
        account=Account.objects.create(name="another")
    )
    assert api.delete("/api/stats/events/prune?days=7").json() == {"success": True, "deleted": 5}
    assert ids(api, "") == [young]
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "days"),
    [("", 30), ("?days=0", 1), ("?days=99999", 3650), (f"?days={10**40}", 3650), ("?days=-4", 30)],
)
def test_days_are_thirty_or_what_is_asked_within_reason(api: Client, query: str, days: int) -> None:
    build_event(logged_at=days_ago(days + 0.5))
    kept = build_event(logged_at=days_ago(days - 0.5)).pk
    assert api.delete(f"/api/stats/events/prune{query}").json() == {"success": True, "deleted": 1}
    assert ids(api, "") == [kept]


def test_days_that_are_none_are_refused(api: Client) -> None:
    assert api.delete("/api/stats/events/prune?days=week").json()["error"].startswith("days: 'week' is not")
    assert api.delete("/api/stats/events/prune?day=7").status_code == 400


def test_only_a_key_that_may_manage_prunes(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Principal("reader", frozenset([Scope.READ]))
    monkeypatch.setattr(ApiKeyAuthentication, "authenticate", lambda self, request: (reader, None))
    assert api.delete("/api/stats/events/prune").status_code == 403
