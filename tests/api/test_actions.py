"""POST /api/actions/send/text, and what came of acts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import Session
from tests.builders import ALICE, ALICE_LID, BOB, build_account, build_action, build_contact, build_message
from whatsapp.models import Action

pytestmark = pytest.mark.django_db

KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB0SENT"}


@pytest.fixture
def connected() -> None:
    build_account("connected")


def send(api: Client, content_type: str = "application/json", **body: Any) -> Any:
    return api.post("/api/actions/send/text", body, content_type=content_type)


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_a_text_is_answered_with_the_key_of_its_message(api: Client, session: Session, status: str) -> None:
    session.will(status, result={"key": KEY}, message_id="3EB0SENT")
    response = send(api, jid="15550100", text="Hello")
    assert response.status_code == 200
    action = Action.objects.get()
    assert response.json() == {"success": True, "key": KEY, "action_id": action.pk, "status": status}
    payload = {"jid": ALICE, "text": "Hello", "quoted_id": None, "mentions": []}
    assert (action.kind, action.jid, action.payload) == ("send_text", ALICE, payload)


@pytest.mark.usefixtures("connected")
def test_a_text_is_sent_to_the_letter(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    send(api, jid=ALICE, text="  two\nlines 😀 \t")
    assert session.taken[0].payload["text"] == "  two\nlines 😀 \t"


@pytest.mark.usefixtures("connected")
def test_a_form_works_as_well_as_json(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    response = api.post(
        "/api/actions/send/text", "jid=15550100&text=Hello", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200


@pytest.mark.usefixtures("connected")
def test_a_text_answers_a_message_of_the_same_chat(api: Client, session: Session) -> None:
    quoted = build_message(chat=ALICE)
    session.will("sent", result={"key": KEY})
    assert send(api, jid=ALICE, text="Yes", quoted_id=quoted.message_id).status_code == 200
    assert session.taken[0].payload["quoted_id"] == quoted.message_id


@pytest.mark.usefixtures("connected")
def test_a_quoted_message_is_found_by_the_chats_lid(api: Client, session: Session) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    quoted = build_message(chat=ALICE)
    session.will("sent", result={"key": KEY})
    assert send(api, jid=ALICE_LID, text="Yes", quoted_id=quoted.message_id).status_code == 200


@pytest.mark.usefixtures("connected")
def test_a_message_of_another_chat_can_not_be_answered(api: Client, session: Session) -> None:
    elsewhere = build_message(chat=BOB)
    response = send(api, jid=ALICE, text="Yes", quoted_id=elsewhere.message_id)
    assert response.status_code == 400
    assert response.json()["error"].startswith("quoted_id: There is no message")
    assert list(response.json()["details"]) == ["quoted_id"]
    assert not session.taken


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "Hello"}, "jid"),
        ({"jid": ALICE}, "text"),
        ({"jid": ALICE, "text": ""}, "text"),
        ({"jid": ALICE, "text": None}, "text"),
        ({"jid": ALICE, "text": ["a"]}, "text"),
        ({"jid": ALICE, "text": "x" * 65537}, "text"),
        ({"jid": "nobody", "text": "Hello"}, "jid"),
        ({"jid": "alice@example.org", "text": "Hello"}, "jid"),
        ({"jid": ["15550100"], "text": "Hello"}, "jid"),
        ({"jid": ALICE, "text": "Hello", "quoted_id": "x" * 129}, "quoted_id"),
        ({"jid": ALICE, "text": "Hello", "quoted_id": {"id": 1}}, "quoted_id"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_queued(
    api: Client, session: Session, body: dict[str, Any], field: str
) -> None:
    response = send(api, **body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")
    assert not session.taken


@pytest.mark.usefixtures("connected")
def test_the_longest_text_is_taken(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    assert send(api, jid=ALICE, text="x" * 65536).status_code == 200


@pytest.mark.parametrize("status", ["disconnected", "connecting", "qr"])
def test_nothing_is_queued_while_whatsapp_is_not_connected(
    api: Client, session: Session, status: str
) -> None:
    build_account(status)
    response = send(api, jid=ALICE, text="Hello")
    assert (response.status_code, response.json()) == (503, {"error": "WhatsApp is not connected"})
    assert not session.taken


def test_a_hub_that_was_never_linked_is_not_connected(api: Client, session: Session) -> None:
    assert send(api, jid=ALICE, text="Hello").status_code == 503


@pytest.mark.usefixtures("connected")
def test_a_text_that_whatsapp_refuses_says_why(api: Client, session: Session) -> None:
    session.will("failed", error="WhatsApp: server returned error 463")
    response = send(api, jid=ALICE, text="Hello")
    assert response.status_code == 503
    assert response.json()["error"] == "WhatsApp: server returned error 463"
    assert response.json()["action_id"] == Action.objects.get().pk


@pytest.mark.usefixtures("connected")
def test_a_failure_that_is_the_requests_own_is_a_bad_request(api: Client, session: Session) -> None:
    session.will("failed", error="quoted_id: there is no message 'X' in the chat.")
    response = send(api, jid=ALICE, text="Hello")
    assert response.status_code == 400
    assert response.json()["details"] == {"quoted_id": ["there is no message 'X' in the chat."]}


@pytest.mark.usefixtures("connected")
def test_a_text_without_a_result_in_time_stays_queued_and_can_be_asked_for(
    api: Client, session: Session
) -> None:
    response = send(api, jid=ALICE, text="Hello")
    assert response.status_code == 504
    action_id = response.json()["action_id"]
    assert f"/api/actions/{action_id}" in response.json()["error"]
    assert api.get(f"/api/actions/{action_id}").json()["status"] == "queued"


# What came of acts


def test_an_act_is_shown_with_every_key(api: Client) -> None:
    action = build_action(payload={"jid": ALICE, "text": "Hi", "quoted_id": None}, attempts=1)
    body = api.get(f"/api/actions/{action.pk}").json()
    assert body == {
        "id": action.pk,
        "kind": "send_text",
        "jid": None,
        "status": "queued",
        "error": None,
        "attempts": 1,
        "created_at": f"{action.created_at:%Y-%m-%d %H:%M:%S}",
        "updated_at": f"{action.updated_at:%Y-%m-%d %H:%M:%S}",
        "finished_at": None,
        "payload": {"jid": ALICE, "text": "Hi", "quoted_id": None},
        "result": None,
        "message_id": None,
    }


def test_acts_are_listed_newest_first_and_narrowed_by_kind_and_status(api: Client) -> None:
    first, second = build_action(status="failed"), build_action("restart")
    body = api.get("/api/actions").json()
    assert ([action["id"] for action in body["data"]], body["total"]) == ([second.pk, first.pk], 2)
    assert [action["id"] for action in api.get("/api/actions?kind=restart").json()["data"]] == [second.pk]
    assert [action["id"] for action in api.get("/api/actions?status=failed").json()["data"]] == [first.pk]
    assert api.get("/api/actions?status=lost").status_code == 400


@pytest.mark.parametrize("action_id", ["1", "x", "99999999999999999999"])
def test_an_act_that_is_not_there_is_not_found(api: Client, action_id: str) -> None:
    response = api.get(f"/api/actions/{action_id}")
    assert (response.status_code, response.json()) == (404, {"error": "Action not found"})


def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    for _ in range(3):
        build_action()
    few = count_queries(lambda: api.get("/api/actions"))
    for _ in range(27):
        build_action()
    assert count_queries(lambda: api.get("/api/actions")) == few
