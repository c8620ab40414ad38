"""GET /api/presence, /:jid and /:jid/log."""

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
    build_presence,
    build_presence_change,
)

pytestmark = pytest.mark.django_db


def jids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/presence?{query}")
    assert response.status_code == 200, response.content
    return [one["jid"] for one in response.json()["data"]]


def test_presence_is_shown_and_narrowed(api: Client) -> None:
    build_presence(ALICE, chat_state="composing", chat=build_chat(FAMILY))
    build_presence(BOB, is_online=False, last_seen=NOON)
    assert jids(api) == [ALICE, BOB]
    assert jids(api, "online=true") == [ALICE]
    assert jids(api, "state=composing") == [ALICE]
    assert api.get(f"/api/presence/{ALICE}").json() == {
        "jid": ALICE,
        "is_online": True,
        "last_seen": None,
        "chat_state": "composing",
        "chat_jid": FAMILY,
    }
    assert api.get("/api/presence").json()["data"][1] == api.get(f"/api/presence/{BOB}").json()


def test_presence_of_whom_nothing_is_known_is_not_found(api: Client) -> None:
    build_contact(ALICE)
    assert api.get(f"/api/presence/{ALICE}").status_code == 404
    assert api.get(f"/api/presence/{BOB}/log").status_code == 404
    assert api.get("/api/presence/nobody").status_code == 400


@pytest.mark.parametrize("jid", [ALICE, "15550100", ALICE_LID])
def test_the_log_of_one_person_goes_back_in_time(api: Client, jid: str) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_presence_change(at=NOON)
    build_presence_change(at=NOON + 5, state="unavailable", last_seen=NOON + 4)
    build_presence_change(BOB)
    data = api.get(f"/api/presence/{jid}/log").json()["data"]
    assert [change["timestamp"] for change in data] == [NOON + 5, NOON]
    assert data[0] == {
        "jid": ALICE,
        "state": "unavailable",
        "chat_jid": None,
        "last_seen": NOON + 4,
        "timestamp": NOON + 5,
        "changed_at": "2024-05-01 12:00:05",
    }


def test_the_log_is_narrowed(api: Client) -> None:
    build_presence_change(at=NOON)
    build_presence_change(at=NOON + 5, state="unavailable")

    def times(query: str) -> list[int]:
        return [row["timestamp"] for row in api.get(f"/api/presence/{ALICE}/log?{query}").json()["data"]]

    assert times("state=available") == [NOON]
    assert times(f"after={NOON}") == [NOON + 5]
    assert times(f"before={NOON + 5}") == [NOON]
