"""Who may call what: every call with every kind of key."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from api.access import Principal, Scope
from tests.api.conftest import Session
from tests.api.test_access import CALLS
from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    FAMILY,
    build_account,
    build_api_key,
    build_chat,
    build_contact,
    build_media,
    build_message,
)
from whatsapp import api_keys
from whatsapp.models import Chat

pytestmark = pytest.mark.django_db


def scope_of(method: str, path: str) -> Scope:
    """What a call needs, told independently of how it is described."""
    if path.startswith(("/api/keys", "/api/webhooks")):
        return Scope.MANAGE
    if method == "get":
        return Scope.READ
    return Scope.SEND if path.startswith("/api/actions") else Scope.MANAGE


def client_with(key: str) -> Client:
    return Client(headers={"x-api-key": key})


def ask(client: Client, method: str, path: str) -> Any:
    return getattr(client, method)(path, {}, content_type="application/json")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_key_opens_what_its_scope_is_for_and_nothing_else(
    impatient: None, method: str, path: str, scope: Scope
) -> None:
    _, key = build_api_key(scope)
    response = ask(client_with(key), method, path)
    if path == "/api/nothing-here":
        assert response.status_code == (404 if scope == Scope.READ else 403)
    elif scope == scope_of(method, path):
        assert response.status_code not in (401, 403)
    else:
        assert response.status_code == 403
        assert response.json() == {"error": f"This key lacks the scope {scope_of(method, path).value!r}."}


@pytest.mark.parametrize("path", ["/api/messages", "/api/keys", "/api/nothing-here"])
@pytest.mark.parametrize(
    "ending",
    [{"expires_at": timezone.now() - timedelta(seconds=1)}, {"revoked_at": timezone.now()}],
    ids=["expired", "revoked"],
)
def test_a_key_that_has_ended_opens_nothing(ending: dict[str, object], path: str) -> None:
    _, key = build_api_key(**ending)
    response = client_with(key).get(path)
    assert response.status_code == 401
    assert response.json() == {"error": "Unauthorized", "message": "Invalid or missing API key"}


def test_a_key_is_shown_in_every_way_that_the_owners_is(stranger: Client) -> None:
    _, key = build_api_key("read")
    assert stranger.get("/api/messages", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert stranger.get("/api/messages", {"api_key": key}).status_code == 200


def test_a_key_that_is_revoked_between_two_calls_is_refused_at_the_second() -> None:
    row, key = build_api_key("read")
    client = client_with(key)
    assert client.get("/api/messages").status_code == 200
    api_keys.revoke(row)
    assert client.get("/api/messages").status_code == 401


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_wrong_key_of_the_right_form_asks_the_database_once(
    method: str, path: str, stranger: Client, count_queries: Any
) -> None:
    def call() -> None:
        response = getattr(stranger, method)(path, headers={"x-api-key": "wah_" + "x" * 43})
        assert response.status_code == 401

    assert count_queries(call) == 1


# A key for Alice's chat and the family's


@pytest.fixture
def limited() -> Client:
    build_account()
    build_contact(ALICE, lid=ALICE_LID)
    _, key = build_api_key(chats=[ALICE, FAMILY])
    return client_with(key)


def test_a_limited_key_sees_the_messages_of_its_chats_alone(limited: Client) -> None:
    hers = build_message("Our map", chat=ALICE)
    his = build_message("Bob's map", chat=BOB)
    for path in ("/api/messages", "/api/messages/search?q=map"):
        answer = limited.get(path).json()
        assert [message["id"] for message in answer["data"]] == [hers.message_id], path
        assert answer["total"] == 1
    assert limited.get(f"/api/messages?chat={BOB}").json()["data"] == []
    assert limited.get(f"/api/messages/{hers.message_id}").status_code == 200
    refused = limited.get(f"/api/messages/{his.message_id}")
    assert (refused.status_code, refused.json()) == (404, {"error": "Message not found"})


def test_a_limited_key_sees_its_chats_alone(limited: Client) -> None:
    for jid in (ALICE, BOB, FAMILY):
        build_chat(jid)
    answer = limited.get("/api/chats").json()
    assert {chat["jid"] for chat in answer["data"]} == {ALICE, FAMILY}
    assert answer["total"] == 2
    assert limited.get(f"/api/chats/{ALICE}").status_code == 200
    assert limited.get(f"/api/chats/{ALICE_LID}").status_code == 200
    assert limited.get(f"/api/chats/{BOB}").status_code == 404


def test_a_limited_key_sees_the_files_of_its_chats_alone(limited: Client) -> None:
    hers = build_media(message=build_message(chat=ALICE))
    his = build_media(message=build_message(chat=BOB))
    assert limited.get("/api/media/stats").json()["total"] == 1
    for path in ("/api/media/{0}", "/api/media/{0}/download", "/api/media/by-message/{1}"):
        assert hers.message is not None
        assert his.message is not None
        opened = limited.get(path.format(hers.pk, hers.message.message_id))
        assert b"".join(opened)
        assert opened.status_code == 200, path
        assert limited.get(path.format(his.pk, his.message.message_id)).status_code == 404, path
    assert limited.post(f"/api/media/{his.pk}/retry").status_code == 404


def test_a_limited_key_sends_to_its_chats_alone(limited: Client, session: Session) -> None:
    session.will("sent", result={"key": {"remoteJid": ALICE, "fromMe": True, "id": "3EB0"}})

    def send(jid: str) -> Any:
        body = {"jid": jid, "text": "Hello"}
        return limited.post("/api/actions/send/text", body, content_type="application/json")

    assert send("15550100").status_code == 200
    assert send(ALICE_LID).status_code == 200
    assert send(FAMILY).status_code == 200
    refused = send(BOB)
    assert refused.status_code == 403
    assert refused.json() == {"error": f"This key may not touch the chat {BOB}."}
    assert len(session.taken) == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/connection/status"),
        ("post", "/api/connection/logout"),
        ("get", "/api/stats/events"),
        ("get", "/api/settings"),
        ("put", "/api/settings"),
        ("get", "/metrics"),
        ("get", "/api/keys"),
        ("get", "/api/webhooks"),
        ("post", "/api/webhooks"),
        ("get", "/api/webhooks/deliveries"),
        ("post", "/api/keys"),
        ("delete", "/api/keys/1"),
    ],
)
def test_a_limited_key_opens_nothing_that_is_not_about_chats(limited: Client, method: str, path: str) -> None:
    response = ask(limited, method, path)
    assert response.status_code == 403
    assert "limited to certain chats" in response.json()["error"]


def test_a_limit_follows_a_person_whose_phone_number_was_learned_later() -> None:
    build_account()
    _, key = build_api_key("read", chats=[ALICE_LID])
    build_contact(ALICE, lid=ALICE_LID)
    build_message("Hello", chat=build_chat(ALICE))
    assert Chat.objects.filter(jid=ALICE).exists()
    assert client_with(key).get("/api/messages").json()["total"] == 1


def test_a_limit_does_not_cost_more_queries_with_more_chats(count_queries: Any) -> None:
    build_account()
    for number in range(30):
        build_chat(f"155503000{number:02}@s.whatsapp.net")
    counts = []
    for many in (1, 30):
        _, key = build_api_key(
            "read", chats=[f"155503000{number:02}@s.whatsapp.net" for number in range(many)]
        )
        client = client_with(key)
        client.get("/api/chats")
        counts.append(count_queries(lambda client=client: client.get("/api/chats")))
    assert counts[0] == counts[1]


def test_nobody_grants_what_they_lack() -> None:
    reader = Principal("reader", frozenset({Scope.READ}))
    friend = Principal("friend", frozenset(Scope), frozenset({ALICE}))
    assert reader.may_grant(["read"], None)
    assert not reader.may_grant(["read", "send"], None)
    assert friend.may_grant(["read", "manage"], [ALICE])
    assert not friend.may_grant(["read"], None)
    assert not friend.may_grant(["read"], [ALICE, BOB])


def test_the_owners_key_is_not_a_row(api: Client) -> None:
    assert api.get("/api/keys").json() == {"data": [], "total": 0, "next": None}
    assert settings.API_KEY not in api.get("/api/settings").content.decode()
