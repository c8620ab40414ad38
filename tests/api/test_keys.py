"""Keys over HTTP: making, listing, changing and revoking them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, ALICE_LID, build_api_key, build_contact
from whatsapp.models import ApiKey

pytestmark = pytest.mark.django_db

FIELDS = {
    *("id", "name", "prefix", "scopes", "accounts", "chats", "is_active"),
    *("created_at", "expires_at", "last_used_at", "revoked_at"),
}


def make(client: Client, **body: Any) -> Any:
    return client.post("/api/keys", body, content_type="application/json")


def test_a_new_key_is_shown_once_and_works(api: Client, stranger: Client) -> None:
    made = make(api, name="Bot", scopes=["read"]).json()
    assert set(made) == {*FIELDS, "success", "key"}
    assert made["success"] is True
    assert made["key"].startswith(made["prefix"])
    assert stranger.get("/api/messages", headers={"x-api-key": made["key"]}).status_code == 200
    listed = api.get("/api/keys")
    assert made["key"] not in listed.content.decode()
    (row,) = listed.json()["data"]
    assert set(row) == FIELDS
    assert row["last_used_at"] is not None


def test_numbers_and_lids_are_understood_as_chats(api: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    assert make(api, name="Bot", scopes=["read"], chats=["+1 555 0100"]).json()["chats"] == [ALICE]
    assert make(api, name="Bot", scopes=["read"], chats=[ALICE_LID]).json()["chats"] == [ALICE]


def test_an_end_is_said_as_a_time_or_in_days(api: Client) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = make(api, name="Bot", scopes=["read"], expires_at=tomorrow.isoformat()).json()
    assert made["expires_at"] == tomorrow.strftime("%Y-%m-%d %H:%M:%S")
    made = make(api, name="Bot", scopes=["read"], expires_in_days=1).json()
    end = datetime.strptime(made["expires_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(end - tomorrow) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, "name: "),
        ({"name": "x" * 101}, "name: "),
        ({"name": None}, "name: "),
        ({"scopes": []}, "scopes: "),
        ({"scopes": ["write"]}, "scopes"),
        ({"scopes": "read"}, "scopes: "),
        ({"chats": []}, "chats: "),
        ({"chats": ["nobody"]}, "chats"),
        ({"chat": ["15550100"]}, "chat: There is no such field; there are"),
        ({"expires_at": "tomorrow"}, "expires_at: "),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at: It must be in the future."),
        ({"expires_in_days": 0}, "expires_in_days: "),
        ({"expires_in_days": 1, "expires_at": "2999-01-01"}, "expires_in_days: Give this or expires_at"),
    ],
)
def test_bad_input_is_named_and_no_key_is_made(api: Client, change: dict[str, Any], error: str) -> None:
    response = make(api, **{"name": "Bot", "scopes": ["read"], **change})
    assert response.status_code == 400
    assert response.json()["error"].startswith(error)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(api: Client, body: bytes) -> None:
    assert api.post("/api/keys", body, content_type="application/json").status_code == 400


def test_no_key_makes_or_prolongs_one_that_may_do_more() -> None:
    _, key = build_api_key("manage", "read")
    manager = Client(headers={"x-api-key": key})
    assert make(manager, name="Bot", scopes=["read"]).status_code == 200
    refused = make(manager, name="Bot", scopes=["read", "send"])
    assert (refused.status_code, refused.json()["error"]) == (
        403,
        "This key may do less than that one would.",
    )
    stronger, _ = build_api_key()
    body = {"expires_at": None}
    response = manager.patch(f"/api/keys/{stronger.pk}", body, content_type="application/json")
    assert response.status_code == 403


def test_a_name_and_an_end_can_be_changed(api: Client) -> None:
    row, _ = build_api_key("read")

    def patch(**body: Any) -> Any:
        return api.patch(f"/api/keys/{row.pk}", body, content_type="application/json")

    assert patch(name="Agent").json()["name"] == "Agent"
    assert patch(expires_at="2999-01-01T00:00:00Z").json()["expires_at"] == "2999-01-01 00:00:00"
    answer = patch(expires_at=None).json()
    assert (answer["name"], answer["expires_at"], answer["success"]) == ("Agent", None, True)
    refused = patch(scopes=["manage"])
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("scopes: There is no such field")


def test_a_revoked_key_stops_stays_listed_and_stays_as_it_was(api: Client, stranger: Client) -> None:
    row, key = build_api_key("read")
    assert api.delete(f"/api/keys/{row.pk}").json() == {"success": True}
    assert stranger.get("/api/messages", headers={"x-api-key": key}).status_code == 401
    (listed,) = api.get("/api/keys").json()["data"]
    assert listed["is_active"] is False
    assert listed["revoked_at"] is not None
    assert api.delete(f"/api/keys/{row.pk}").json() == {"success": True}
    changed = api.patch(f"/api/keys/{row.pk}", {"name": "Bot"}, content_type="application/json")
    assert changed.status_code == 400
    assert "revoked" in changed.json()["error"]


@pytest.mark.parametrize("key_id", ["999", "x", "0", str(2**70)])
def test_a_key_that_is_not_there_is_not_found(api: Client, key_id: str) -> None:
    assert api.delete(f"/api/keys/{key_id}").json() == {"error": "Key not found"}
    response = api.patch(f"/api/keys/{key_id}", {"name": "Bot"}, content_type="application/json")
    assert response.status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_keys(api: Client, count_queries: Any) -> None:
    build_api_key()
    api.get("/api/keys")
    one = count_queries(lambda: api.get("/api/keys"))
    for _ in range(20):
        build_api_key()
    assert count_queries(lambda: api.get("/api/keys")) == one
