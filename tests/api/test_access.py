"""Who may ask, and how a key is shown."""

import pytest
from django.conf import settings
from django.test import Client

KEY = settings.API_KEY

# Every call that needs a key.
CALLS = [
    ("get", "/api"),
    ("get", "/api/v1"),
    ("get", "/api/connection/status"),
    ("get", "/api/connection/qr"),
    ("get", "/api/connection/qr/image"),
    ("post", "/api/connection/restart"),
    ("post", "/api/connection/new-qr"),
    ("post", "/api/connection/logout"),
    ("post", "/api/connection/pair"),
    ("get", "/api/messages"),
    ("get", "/api/messages/search?q=hello"),
    ("get", "/api/messages/stats"),
    ("get", "/api/messages/3EB0"),
    ("get", "/api/search?q=hello"),
    ("get", "/api/messages/3EB0/receipts"),
    ("get", "/api/messages/3EB0/edits"),
    ("get", "/api/chats"),
    ("get", "/api/chats/15550100"),
    ("get", "/api/contacts"),
    ("get", "/api/contacts/15550100"),
    ("get", "/api/contacts/15550100/profile-pic"),
    ("get", "/api/groups"),
    ("get", "/api/groups/120363000000000001"),
    ("get", "/api/calls"),
    ("get", "/api/calls/1"),
    ("get", "/api/presence"),
    ("get", "/api/presence/15550100"),
    ("get", "/api/presence/15550100/log"),
    ("get", "/api/receipts"),
    ("get", "/api/stories"),
    ("get", "/api/stories/3EB0"),
    ("get", "/api/labels"),
    ("get", "/api/labels/associations"),
    ("get", "/api/newsletters"),
    ("get", "/api/newsletters/120363000000000002@newsletter"),
    ("get", "/api/accounts"),
    ("post", "/api/accounts"),
    ("get", "/api/accounts/office"),
    ("delete", "/api/accounts/office"),
    ("get", "/api/media"),
    ("get", "/api/media/1"),
    ("get", "/api/media/1/download"),
    ("get", "/api/media/by-message/3EB0"),
    ("get", "/api/media/stats"),
    ("post", "/api/media/1/retry"),
    ("post", "/api/actions/send/text"),
    ("post", "/api/actions/send/image"),
    ("post", "/api/actions/send/video"),
    ("post", "/api/actions/send/audio"),
    ("post", "/api/actions/send/document"),
    ("post", "/api/actions/send/sticker"),
    ("post", "/api/actions/send/location"),
    ("post", "/api/actions/send/contact"),
    ("post", "/api/actions/send/poll"),
    ("post", "/api/actions/react"),
    ("post", "/api/actions/edit"),
    ("post", "/api/actions/revoke"),
    ("post", "/api/actions/forward"),
    ("post", "/api/actions/star"),
    ("post", "/api/actions/read"),
    ("post", "/api/actions/chat"),
    ("post", "/api/actions/presence"),
    ("put", "/api/actions/profile-status"),
    ("post", "/api/actions/call/reject"),
    ("get", "/api/actions"),
    ("get", "/api/actions/1"),
    ("delete", "/api/actions/1"),
    ("post", "/api/actions/1/retry"),
    ("post", "/api/groups/sync"),
    ("get", "/api/groups/120363000000000001@g.us/metadata"),
    ("get", "/api/groups/120363000000000001@g.us/invite-code"),
    ("put", "/api/groups/120363000000000001@g.us/subject"),
    ("put", "/api/groups/120363000000000001@g.us/description"),
    ("post", "/api/groups/120363000000000001@g.us/participants"),
    ("get", "/api/stats"),
    ("get", "/api/stats/events"),
    ("get", "/api/stats/events/types"),
    ("delete", "/api/stats/events/prune"),
    ("get", "/api/settings"),
    ("put", "/api/settings"),
    ("get", "/api/keys"),
    ("post", "/api/keys"),
    ("patch", "/api/keys/1"),
    ("delete", "/api/keys/1"),
    ("get", "/api/metrics"),
    ("get", "/metrics"),
    ("get", "/api/webhooks"),
    ("post", "/api/webhooks"),
    ("get", "/api/webhooks/1"),
    ("patch", "/api/webhooks/1"),
    ("delete", "/api/webhooks/1"),
    ("put", "/api/webhooks/1/toggle"),
    ("post", "/api/webhooks/1/test"),
    ("post", "/api/webhooks/1/rotate-secret"),
    ("get", "/api/webhooks/deliveries"),
    ("get", "/api/webhooks/deliveries/1"),
    ("post", "/api/webhooks/deliveries/1/retry"),
    ("post", "/api/webhooks/deliveries/replay"),
    ("get", "/api/nothing-here"),
]


# Without access to the database: a query of a stranger's would fail these tests.
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_without_key_is_refused_and_asks_the_database_nothing(
    stranger: Client, method: str, path: str
) -> None:
    response = getattr(stranger, method)(path)
    assert response.status_code == 401
    assert response.json() == {"error": "Unauthorized", "message": "Invalid or missing API key"}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_with_a_wrong_key_is_refused_and_asks_the_database_nothing(
    stranger: Client, method: str, path: str
) -> None:
    response = getattr(stranger, method)(path, headers={"x-api-key": KEY + "x"})
    assert response.status_code == 401
    assert response.json()["error"] == "Unauthorized"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [{"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY}"}],
)
def test_a_key_is_taken_from_either_header(stranger: Client, headers: dict[str, str]) -> None:
    assert stranger.get("/api/messages", headers=headers).status_code == 200


@pytest.mark.django_db
def test_a_key_is_taken_from_the_query(stranger: Client) -> None:
    assert stranger.get(f"/api/messages?api_key={KEY}").status_code == 200


def test_a_wrong_key_in_the_header_counts_before_a_right_one_in_the_query(stranger: Client) -> None:
    response = stranger.get(f"/api/messages?api_key={KEY}", headers={"x-api-key": "wrong"})
    assert response.status_code == 401


@pytest.mark.parametrize("key", ["", "kø", KEY[:-1], KEY.upper()])
def test_what_only_resembles_the_key_is_refused(stranger: Client, key: str) -> None:
    assert stranger.get("/api/messages", {"api_key": key}).status_code == 401
    assert stranger.get("/api/messages", headers={"x-api-key": key}).status_code == 401


def test_another_scheme_of_authorization_is_no_key(stranger: Client) -> None:
    assert stranger.get("/api/messages", headers={"authorization": f"Basic {KEY}"}).status_code == 401


@pytest.mark.django_db
def test_a_key_beyond_ascii_works_in_every_place(stranger: Client, settings: object) -> None:
    key = "schlüssel-0123456789"
    settings.API_KEY = key  # type: ignore[attr-defined]
    as_bytes_on_the_wire = key.encode().decode("latin-1")
    assert stranger.get("/api/messages", headers={"x-api-key": as_bytes_on_the_wire}).status_code == 200
    assert stranger.get("/api/messages", {"api_key": key}).status_code == 200
