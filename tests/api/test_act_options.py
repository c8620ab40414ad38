"""What every act can be asked with: an idempotency key, what to wait for and how long, and the queue."""

import threading
import time
from typing import Any

import pytest
from django.test import Client

from api import acts
from tests.api.conftest import Session
from tests.builders import ALICE, build_account
from whatsapp import actions
from whatsapp.models import Action

pytestmark = pytest.mark.django_db

KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB0SENT"}
SEND = "/api/actions/send/text"


@pytest.fixture
def connected() -> None:
    build_account("connected")


def send(api: Client, query: str = "", key: str | None = None, **body: Any) -> Any:
    headers = {"idempotency-key": key} if key is not None else {}
    body = {"jid": ALICE, "text": "Hello", **body}
    return api.post(SEND + query, body, content_type="application/json", headers=headers)


# The same request twice


@pytest.mark.usefixtures("connected")
def test_the_same_key_and_body_are_sent_once_and_answered_alike(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY}, message_id="3EB0SENT")
    first = send(api, key="order-1")
    again = send(api, key="order-1", jid="+1 555 0100")  # the same person
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert len(session.taken) == 1


@pytest.mark.usefixtures("connected")
def test_the_same_key_with_another_body_is_refused(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    send(api, key="order-1")
    other = send(api, key="order-1", text="Goodbye")
    assert other.status_code == 409
    assert other.json()["error"].startswith("Idempotency-Key: ")
    presence = api.post(
        "/api/actions/presence",
        {"type": "available"},
        content_type="application/json",
        headers={"idempotency-key": "order-1"},
    )
    assert presence.status_code == 409
    assert len(session.taken) == 1


@pytest.mark.usefixtures("connected")
def test_another_key_is_another_message(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    assert [send(api, key=key).status_code for key in ("1", "2")] == [200, 200]
    assert len(session.taken) == 2


@pytest.mark.usefixtures("connected")
def test_a_repeated_request_waits_for_the_first_ones_result(api: Client, session: Session) -> None:
    late = send(api, key="order-1")
    assert late.status_code == 504
    actions.finish(Action.objects.get(), "sent", result={"key": KEY}, message_id="3EB0SENT")
    again = send(api, key="order-1")
    assert (again.status_code, again.json()["action_id"]) == (200, late.json()["action_id"])


@pytest.mark.usefixtures("connected")
def test_two_that_both_find_no_act_yet_make_one(
    api: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.will("sent", result={"key": KEY})
    first = send(api, key="order-1")
    look = actions.known_by
    blind = [None]  # for the first look, as if the other request had come just then
    monkeypatch.setattr(actions, "known_by", lambda *by: blind.pop() if blind else look(*by))
    assert send(api, key="order-1").json() == first.json()
    blind.append(None)
    assert send(api, key="order-1", text="Goodbye").status_code == 409
    assert Action.objects.count() == 1


@pytest.mark.usefixtures("connected")
def test_a_failure_is_remembered_too(api: Client, session: Session) -> None:
    session.will("failed", error="WhatsApp: server returned error 463")
    assert send(api, key="order-1").json() == send(api, key="order-1").json()
    assert len(session.taken) == 1


def test_a_result_is_told_again_while_whatsapp_is_not_connected(api: Client, session: Session) -> None:
    build_account("connected")
    session.will("sent", result={"key": KEY})
    first = send(api, key="order-1")
    build_account("disconnected")
    assert send(api, key="order-1").json() == first.json()
    assert send(api, key="order-2").status_code == 503
    build_account("connected")
    # What was refused was not queued: its key is as good as new.
    assert send(api, key="order-2").status_code == 200


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(api: Client, session: Session, key: str) -> None:
    response = send(api, key=key)
    assert response.status_code == 400
    assert response.json()["error"].startswith("Idempotency-Key: ")
    assert not session.taken


# Waiting


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("wait", "status"),
    [("sent", "sent"), ("delivered", "delivered"), ("delivered", "read"), ("read", "played")],
)
def test_what_was_waited_for_is_answered(api: Client, session: Session, wait: str, status: str) -> None:
    session.will(status, result={"key": KEY})
    response = send(api, f"?wait={wait}")
    assert (response.status_code, response.json()["status"]) == (200, status)


@pytest.mark.usefixtures("connected")
def test_what_is_not_reached_in_time_is_answered_with_what_is(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY})
    response = send(api, "?wait=read&timeout=0.05")
    assert (response.status_code, response.json()["status"], response.json()["key"]) == (200, "sent", KEY)


@pytest.mark.usefixtures("connected")
def test_without_a_result_in_time_the_answer_says_so(api: Client, session: Session) -> None:
    response = send(api, "?wait=delivered&timeout=0")
    assert response.status_code == 504
    assert "within 0 seconds" in response.json()["error"]
    assert response.json()["action_id"] == Action.objects.get().pk


@pytest.mark.usefixtures("connected")
def test_when_too_many_wait_already_the_next_is_told_at_once_and_its_act_stays(
    api: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(acts, "_places", taken)
    began = time.monotonic()
    response = send(api, "?timeout=60")
    assert (response.status_code, Action.objects.get().status) == (504, "queued")
    assert time.monotonic() - began < 30
    session.will("sent", result={"key": KEY})
    assert send(api).status_code == 200  # what is done already needs no waiting


@pytest.mark.usefixtures("connected")
def test_an_act_that_was_cancelled_meanwhile_is_a_conflict(api: Client, session: Session) -> None:
    session.will("cancelled")
    response = send(api)
    assert (response.status_code, response.json()["error"]) == (409, "The act was cancelled.")


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?wait=forever", "wait"),
        ("?timeout=61", "timeout"),
        ("?timeout=-1", "timeout"),
        ("?timeout=nan", "timeout"),
        ("?timeout=soon", "timeout"),
        ("?queue=maybe", "queue"),
        ("?qeue=true", "qeue"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_queued(
    api: Client, session: Session, query: str, field: str
) -> None:
    response = send(api, query)
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")
    assert not session.taken


@pytest.mark.usefixtures("connected")
def test_what_is_never_delivered_is_not_waited_for(api: Client, session: Session) -> None:
    session.will("done")
    presence = {"type": "available"}
    refused = api.post("/api/actions/presence?wait=read", presence, content_type="application/json")
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("wait: ")
    taken = api.post("/api/actions/presence?wait=sent", presence, content_type="application/json")
    assert taken.json()["status"] == "done"


# The queue


@pytest.mark.parametrize("status", ["disconnected", "connected"])
def test_what_may_be_queued_is_answered_at_once(api: Client, session: Session, status: str) -> None:
    build_account(status)
    response = send(api, "?queue=true")
    action = Action.objects.get()
    assert response.status_code == 200
    assert response.json() == {"success": True, "key": None, "action_id": action.pk, "status": "queued"}


def test_what_may_be_queued_is_waited_for_where_that_is_asked(api: Client, session: Session) -> None:
    build_account("disconnected")
    assert send(api, "?queue=true&wait=sent&timeout=0.05").json()["status"] == "queued"
    session.will("sent", result={"key": KEY})
    assert send(api, "?queue=true&wait=sent").json()["key"] == KEY


def test_a_queued_act_that_fails_at_once_says_why(api: Client, session: Session) -> None:
    build_account("disconnected")
    session.will("failed", error="jid: The number +15550100 is not on WhatsApp.")
    response = send(api, "?queue=true")
    assert response.status_code == 400
    assert response.json()["details"] == {"jid": ["The number +15550100 is not on WhatsApp."]}
