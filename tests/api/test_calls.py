"""GET /api/calls and /:id."""

import pytest
from django.test import Client

from tests.builders import ALICE, ALICE_LID, BOB, FAMILY, NOON, build_call, build_chat, build_contact

pytestmark = pytest.mark.django_db


def ids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/calls?{query}")
    assert response.status_code == 200, response.content
    return [call["id"] for call in response.json()["data"]]


def test_calls_come_newest_first_with_every_key(api: Client) -> None:
    build_call(ALICE, call_id="FIRST")
    build_call(BOB, call_id="SECOND", started_at=NOON + 5, ended_at=NOON + 65, duration=60, is_video=True)
    assert ids(api) == ["SECOND", "FIRST"]
    assert api.get("/api/calls/SECOND").json() == {
        "id": "SECOND",
        "chat_jid": BOB,
        "from_jid": BOB,
        "from_me": False,
        "is_group": False,
        "is_video": True,
        "status": "missed",
        "timestamp": NOON + 5,
        "accepted_ts": None,
        "ended_ts": NOON + 65,
        "duration": 60,
        "end_reason": None,
        "participants": None,
    }
    assert api.get("/api/calls").json()["data"][0] == api.get("/api/calls/SECOND").json()


def test_calls_without_chat_or_caller_are_shown(api: Client) -> None:
    build_call(call_id="LOST", chat=None, caller=None)
    (call,) = api.get("/api/calls").json()["data"]
    assert (call["chat_jid"], call["from_jid"]) == (None, None)


def test_calls_are_narrowed(api: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_call(ALICE, call_id="A", status="ended", from_me=True)
    build_call(BOB, call_id="B", chat=build_chat(FAMILY), is_group=True, is_video=True, started_at=NOON + 9)
    assert ids(api, f"from={ALICE_LID}") == ["A"]
    assert ids(api, f"chat={FAMILY}") == ["B"]
    assert ids(api, "status=ended") == ["A"]
    assert ids(api, "from_me=true") == ["A"]
    assert ids(api, "video=true") == ["B"]
    assert ids(api, "group=false") == ["A"]
    assert ids(api, f"after={NOON}") == ["B"]
    assert ids(api, "before=2024-05-01T12:00:09Z") == ["A"]
    assert ids(api, f"before={NOON}.5&after={NOON - 1}.5") == ["A"]
    assert api.get("/api/calls?status=lost").json()["error"].startswith("status: ")


def test_a_call_that_is_not_there_is_not_found(api: Client) -> None:
    assert api.get("/api/calls/NONE").status_code == 404
