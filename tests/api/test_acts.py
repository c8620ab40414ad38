"""The calls of acts: what each queues, what it answers, and what it refuses."""

import time
from typing import Any

import pytest
from django.test import Client

from api import authentication
from api.access import Principal, Scope
from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_account,
    build_action,
    build_call,
    build_message,
)
from whatsapp.models import Account, Action, Connection

pytestmark = pytest.mark.django_db

KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB0SENT"}
HELLO = "3EB0HELLO"


@pytest.fixture(autouse=True)
def connected() -> None:
    build_account("connected")


@pytest.fixture
def hello() -> None:
    build_message("Hello", chat=ALICE, message_id=HELLO)


def ask(api: Client, call: str, body: dict[str, Any]) -> Any:
    method, path = call.split()
    return getattr(api, method)(f"/api/{path}", body, content_type="application/json")


# call, body, kind, what is queued
SENDS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "post actions/send/text",
        {"jid": "15550100", "text": "@15550111", "mentions": ["+1 555 0111"]},
        "send_text",
        {"jid": ALICE, "text": "@15550111", "quoted_id": None, "mentions": [BOB]},
    ),
    (
        "post actions/send/location",
        {"jid": "15550100", "latitude": -33.86, "longitude": 151.21, "name": "Opera"},
        "send_location",
        {"jid": ALICE, "latitude": -33.86, "longitude": 151.21, "name": "Opera", "address": None},
    ),
    (
        "post actions/send/contact",
        {"jid": "15550100", "contact_jid": "15550111", "name": "Bob"},
        "send_contact",
        {"jid": ALICE, "contact_jid": BOB, "name": "Bob"},
    ),
    (
        "post actions/send/poll",
        {"jid": FAMILY, "name": "Lunch?", "options": ["Soup", "Salad"]},
        "send_poll",
        {"jid": FAMILY, "name": "Lunch?", "options": ["Soup", "Salad"], "selectable": 1},
    ),
    (
        "post actions/react",
        {"jid": "15550100", "message_id": HELLO, "emoji": ""},
        "react",
        {"jid": ALICE, "message_id": HELLO, "emoji": ""},
    ),
    (
        "post actions/edit",
        {"jid": ALICE, "message_id": HELLO, "text": " Hi "},
        "edit",
        {"jid": ALICE, "message_id": HELLO, "text": " Hi "},
    ),
    (
        "post actions/revoke",
        {"jid": ALICE, "message_id": HELLO},
        "revoke",
        {"jid": ALICE, "message_id": HELLO},
    ),
    (
        "post actions/forward",
        {"jid": ALICE, "message_id": HELLO, "to": "15550111"},
        "forward",
        {"jid": ALICE, "message_id": HELLO, "to": BOB},
    ),
]

OTHERS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "post actions/read",
        {"jid": ALICE, "message_ids": [HELLO]},
        "mark_read",
        {"jid": ALICE, "message_ids": [HELLO]},
    ),
    (
        "post actions/star",
        {"jid": ALICE, "message_id": HELLO},
        "star",
        {"jid": ALICE, "message_id": HELLO, "starred": True},
    ),
    (
        "post actions/chat",
        {"jid": ALICE, "pin": False, "mark_unread": True},
        "set_chat",
        {"jid": ALICE, "pin": False, "mark_unread": True},
    ),
    ("post actions/presence", {"type": "available"}, "set_presence", {"type": "available", "jid": None}),
    (
        "post actions/presence",
        {"type": "recording", "jid": "15550100"},
        "set_presence",
        {"type": "recording", "jid": ALICE},
    ),
    ("put actions/profile-status", {"status": "At sea"}, "set_profile_status", {"status": "At sea"}),
    (
        "post actions/call/reject",
        {"call_id": "CALL1"},
        "reject_call",
        {"call_id": "CALL1", "jid": ALICE},
    ),
    (
        "put groups/120363000000000001/subject",
        {"subject": "Kin"},
        "set_group_subject",
        {"jid": FAMILY, "subject": "Kin"},
    ),
    (
        f"put groups/{FAMILY}/description",
        {"description": ""},
        "set_group_description",
        {"jid": FAMILY, "description": ""},
    ),
]


@pytest.mark.usefixtures("hello")
@pytest.mark.parametrize(("call", "body", "kind", "payload"), SENDS)
def test_what_sends_is_answered_with_the_key_of_its_message(
    api: Client, session: Session, call: str, body: dict[str, Any], kind: str, payload: dict[str, Any]
) -> None:
    session.will("sent", result={"key": KEY}, message_id="3EB0SENT")
    response = ask(api, call, body)
    action = Action.objects.get()
    assert response.status_code == 200, response.json()
    assert response.json() == {"success": True, "key": KEY, "action_id": action.pk, "status": "sent"}
    assert (action.kind, action.payload) == (kind, payload)
    assert action.jid == payload.get("to", payload["jid"])


@pytest.mark.usefixtures("hello")
@pytest.mark.parametrize(("call", "body", "kind", "payload"), OTHERS)
def test_what_sends_nothing_is_answered_when_it_is_done(
    api: Client, session: Session, call: str, body: dict[str, Any], kind: str, payload: dict[str, Any]
) -> None:
    build_call(call_id="CALL1", status="ringing")
    session.will("done", result={"synced": False})
    response = ask(api, call, body)
    action = Action.objects.get()
    assert response.status_code == 200, response.json()
    expected: dict[str, Any] = {"success": True, "action_id": action.pk, "status": "done"}
    if kind in ("star", "set_chat"):  # the phone can't be told, and the answer doesn't hide it
        expected["synced"] = False
    assert response.json() == expected
    assert (action.kind, action.payload) == (kind, payload)


@pytest.mark.usefixtures("hello")
@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("post actions/send/location", {"jid": ALICE, "latitude": 91, "longitude": 0}, "latitude"),
        ("post actions/send/location", {"jid": ALICE, "latitude": 1, "longitude": "east"}, "longitude"),
        ("post actions/send/contact", {"jid": ALICE, "contact_jid": "Bob", "name": "Bob"}, "contact_jid"),
        ("post actions/send/contact", {"jid": ALICE, "contact_jid": BOB, "name": ""}, "name"),
        ("post actions/send/poll", {"jid": ALICE, "name": "?", "options": ["One"]}, "options"),
        ("post actions/send/poll", {"jid": ALICE, "name": "?", "options": ["One", "One"]}, "options"),
        (
            "post actions/send/poll",
            {"jid": ALICE, "name": "?", "options": ["a", "b"], "selectable": 3},
            "selectable",
        ),
        ("post actions/send/text", {"jid": ALICE, "text": "hi", "mentions": ["all"]}, "mentions.0"),
        ("post actions/react", {"jid": ALICE, "message_id": HELLO}, "emoji"),
        ("post actions/react", {"jid": BOB, "message_id": HELLO, "emoji": "👍"}, "message_id"),
        ("post actions/edit", {"jid": ALICE, "message_id": "NONE", "text": "hi"}, "message_id"),
        ("post actions/revoke", {"jid": ALICE, "message_id": "x" * 129}, "message_id"),
        ("post actions/forward", {"jid": ALICE, "message_id": HELLO}, "to"),
        ("post actions/star", {"jid": ALICE, "message_id": "NONE"}, "message_id"),
        ("post actions/read", {"jid": ALICE, "message_ids": []}, "message_ids"),
        ("post actions/read", {"jid": ALICE, "message_ids": [HELLO, "NONE"]}, "message_ids"),
        ("post actions/chat", {"jid": BOB, "pin": True}, "jid"),
        ("post actions/chat", {"jid": ALICE, "mute": False, "mute_expiry": 2_000_000_000}, "mute_expiry"),
        ("post actions/chat", {"jid": ALICE, "mute": True, "mute_expiry": 5}, "mute_expiry"),
        ("post actions/presence", {"type": "asleep"}, "type"),
        ("post actions/presence", {"type": "composing"}, "jid"),
        ("put actions/profile-status", {"status": "x" * 140}, "status"),
        ("post actions/call/reject", {"call_id": "NONE"}, "call_id"),
        (f"put groups/{FAMILY}/subject", {"subject": "x" * 101}, "subject"),
        (f"put groups/{FAMILY}/description", {"description": "x" * 2049}, "description"),
        (f"put groups/{ALICE}/subject", {"subject": "Kin"}, "jid"),
        (f"post groups/{FAMILY}/participants", {"participants": [BOB], "action": "kick"}, "action"),
        (f"post groups/{FAMILY}/participants", {"participants": [], "action": "add"}, "participants"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_queued(
    api: Client, session: Session, call: str, body: dict[str, Any], field: str
) -> None:
    response = ask(api, call, body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")
    assert not session.taken


@pytest.mark.usefixtures("hello")
def test_a_chat_needs_something_to_be_set(api: Client, session: Session) -> None:
    response = ask(api, "post actions/chat", {"jid": ALICE})
    assert response.status_code == 400
    assert "at least one of archive" in response.json()["error"]


@pytest.mark.usefixtures("hello")
def test_a_chat_is_muted_until_a_time_to_come(api: Client, session: Session) -> None:
    session.will("done")
    until = int(time.time()) + 3600
    assert (
        ask(api, "post actions/chat", {"jid": ALICE, "mute": True, "mute_expiry": until}).status_code == 200
    )
    assert session.taken[0].payload == {"jid": ALICE, "mute": True, "mute_expiry": until}


# Groups


def test_each_persons_result_in_a_group_is_answered(api: Client, session: Session) -> None:
    result = [{"status": "409", "jid": BOB, "content": {"tag": "participant", "attrs": {"jid": BOB}}}]
    session.will("done", result={"result": result})
    response = ask(api, f"post groups/{FAMILY}/participants", {"participants": ["15550111"], "action": "add"})
    assert (response.status_code, response.json()["result"]) == (200, result)
    assert session.taken[0].payload == {"jid": FAMILY, "participants": [BOB], "action": "add"}


def test_groups_are_synced_and_counted(api: Client, session: Session) -> None:
    session.will("done", result={"synced": 2, "failed": 0, "total": 2})
    body = ask(api, "post groups/sync", {}).json()
    assert (body["synced"], body["failed"], body["total"]) == (2, 0, 2)


def test_an_answer_of_whatsapps_is_passed_on_and_leaves_no_act(api: Client, session: Session) -> None:
    session.will("done", result={"code": "LxQ3"})
    assert api.get(f"/api/groups/{FAMILY}/invite-code").json() == {"code": "LxQ3"}
    session.will("done", result={"id": FAMILY, "subject": "Family"})
    assert api.get(f"/api/groups/{FAMILY}/metadata").json()["subject"] == "Family"
    session.will("failed", error="jid: You are not in this group, or not among its admins.")
    refused = api.get(f"/api/groups/{FAMILY}/invite-code")
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["jid"])
    assert not Action.objects.exists()


def test_a_question_without_an_answer_in_time_says_so(api: Client, session: Session) -> None:
    response = api.get(f"/api/groups/{FAMILY}/metadata?timeout=0")
    assert response.status_code == 504


# Who may


@pytest.fixture
def principal(monkeypatch: pytest.MonkeyPatch) -> list[Principal]:
    """Whoever shows the owner's key is the last of these."""
    asking: list[Principal] = []
    monkeypatch.setattr(
        authentication.ApiKeyAuthentication, "authenticate", lambda self, request: (asking[-1], None)
    )
    return asking


@pytest.mark.usefixtures("hello")
@pytest.mark.parametrize(("call", "body", "kind", "payload"), SENDS + OTHERS)
def test_reading_keys_may_not_act(
    api: Client,
    session: Session,
    principal: list[Principal],
    call: str,
    body: dict[str, Any],
    kind: str,
    payload: dict[str, Any],
) -> None:
    principal.append(Principal("reader", frozenset({Scope.READ})))
    assert ask(api, call, body).status_code == 403
    assert not session.taken


@pytest.mark.usefixtures("hello")
def test_a_key_for_one_chat_acts_there_alone(
    api: Client, session: Session, principal: list[Principal]
) -> None:
    principal.append(Principal("bot", frozenset({Scope.SEND, Scope.READ}), chats=frozenset({ALICE})))
    session.will("sent", result={"key": KEY})
    assert ask(api, "post actions/send/text", {"jid": ALICE, "text": "hi"}).status_code == 200
    for call, body in [
        ("post actions/send/text", {"jid": BOB, "text": "hi"}),
        ("post actions/forward", {"jid": ALICE, "message_id": HELLO, "to": BOB}),
        ("post actions/presence", {"type": "available"}),
        ("post actions/presence", {"type": "composing", "jid": BOB}),
        ("put actions/profile-status", {"status": "bot"}),
    ]:
        assert ask(api, call, body).status_code == 403, call
    assert len(session.taken) == 1
    elsewhere = build_action(jid=BOB)
    assert [one["jid"] for one in api.get("/api/actions").json()["data"]] == [ALICE]
    assert api.get(f"/api/actions/{elsewhere.pk}").status_code == 404
    assert api.delete(f"/api/actions/{elsewhere.pk}").status_code == 404


def test_groups_are_changed_by_who_may_manage(
    api: Client, session: Session, principal: list[Principal]
) -> None:
    principal.append(Principal("sender", frozenset({Scope.SEND})))
    assert ask(api, f"put groups/{FAMILY}/subject", {"subject": "Kin"}).status_code == 403
    rename = build_action("set_group_subject", jid=FAMILY)
    assert api.delete(f"/api/actions/{rename.pk}").status_code == 403
    principal.append(Principal("manager", frozenset({Scope.MANAGE})))
    session.will("done")
    assert ask(api, f"put groups/{FAMILY}/subject", {"subject": "Kin"}).status_code == 200


def test_an_act_is_of_the_account_that_is_asked_for(api: Client, session: Session) -> None:
    other = Account.objects.create(name="work")
    Connection.objects.create(account=other, status="connected", since=NOON)
    session.will("sent", result={"key": KEY})
    body = {"jid": ALICE, "text": "hi"}
    assert ask(api, "post actions/send/text?account=work", body).status_code == 200
    assert Action.objects.get().account == other
