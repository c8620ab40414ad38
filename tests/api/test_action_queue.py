"""The queue of acts: cancelling, trying again, narrowing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, BOB, build_action
from whatsapp.models import Action, Event

pytestmark = pytest.mark.django_db


def test_a_queued_act_is_cancelled_and_listeners_hear_of_it(api: Client) -> None:
    action = build_action()
    response = api.delete(f"/api/actions/{action.pk}")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert response.json()["finished_at"] is not None
    event = Event.objects.get(event_type="action.updated")
    assert '"status":"cancelled"' in event.payload
    assert api.delete(f"/api/actions/{action.pk}").status_code == 409


@pytest.mark.parametrize("status", ["sending", "sent", "delivered", "done", "failed"])
def test_what_is_under_way_or_over_is_not_cancelled(api: Client, status: str) -> None:
    action = build_action(status=status)
    response = api.delete(f"/api/actions/{action.pk}")
    assert response.status_code == 409
    assert response.json()["action_id"] == action.pk
    assert Action.objects.get().status == status
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "failed",
    [
        {"error": "WhatsApp: websocket not connected"},
        {"error": "WhatsApp: server returned error 463", "message_id": "3EB0NO"},
    ],
)
def test_what_has_failed_and_not_gone_out_is_tried_again(api: Client, failed: dict[str, Any]) -> None:
    action = build_action(status="failed", attempts=3, **failed)
    response = api.post(f"/api/actions/{action.pk}/retry")
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["error"], body["message_id"], body["attempts"]) == ("queued", None, None, 3)
    assert Event.objects.filter(event_type="action.updated").count() == 1


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ({"status": "sent"}, "Only an act that has failed"),
        ({"status": "queued"}, "Only an act that has failed"),
        ({"status": "failed", "error": "It may have arrived.", "message_id": "3EB0"}, "would come twice"),
        ({"status": "failed", "kind": "restart"}, "Ask for it anew"),
    ],
)
def test_what_could_be_done_twice_is_not_tried_again(api: Client, act: dict[str, Any], reason: str) -> None:
    action = build_action(**act)
    response = api.post(f"/api/actions/{action.pk}/retry")
    assert response.status_code == 409
    assert reason in response.json()["error"]
    assert Action.objects.get().status == act["status"]


@pytest.mark.parametrize("call", ["delete", "post"])
def test_an_act_that_is_not_there_is_not_found(api: Client, call: str) -> None:
    path = "/api/actions/7" if call == "delete" else "/api/actions/7/retry"
    response = getattr(api, call)(path)
    assert (response.status_code, response.json()) == (404, {"error": "Action not found"})


def test_acts_are_narrowed_by_time_and_chat(api: Client) -> None:
    old, new = build_action(jid=ALICE), build_action(jid=BOB)
    Action.objects.filter(pk=old.pk).update(created_at=datetime(2024, 5, 1, tzinfo=UTC))

    def found(query: str) -> list[int]:
        return [one["id"] for one in api.get(f"/api/actions?{query}").json()["data"]]

    assert found("before=2024-06-01T00:00:00Z") == [old.pk]
    assert found("after=2024-06-01T00:00:00Z") == [new.pk]
    assert found("jid=15550100") == [old.pk]
    assert api.get("/api/actions?before=yesterday").status_code == 400
