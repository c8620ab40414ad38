"""Acts over real HTTP: two clients at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.conftest import Hub
from tests.waiting import eventually


@pytest.fixture(scope="module")
def connected_hub(hub: Hub) -> Hub:
    hub.run("build_account('connected')")
    return hub


def queued_act(client: httpx.Client, text: str) -> dict[str, Any]:
    """The queued act that sends this text; other tests may have left some behind."""

    def look() -> dict[str, Any] | None:
        acts = client.get("/api/actions?status=queued").json()["data"]
        return next((act for act in acts if act["payload"].get("text") == text), None)

    return eventually(look, "a queued act")


def test_two_requests_with_one_key_at_once_are_one_act_with_one_answer(connected_hub: Hub) -> None:
    hub, headers = connected_hub, {"idempotency-key": "order-7"}
    body = {"jid": "15550100", "text": "Once, please"}
    with hub.client() as client, ThreadPoolExecutor(8) as many:
        before = client.get("/api/actions").json()["total"]
        sends = [
            many.submit(client.post, "/api/actions/send/text", json=body, headers=headers) for _ in range(8)
        ]
        queued = queued_act(client, body["text"])
        other = client.post("/api/actions/send/text", json={**body, "text": "Twice"}, headers=headers)
        assert other.status_code == 409
        hub.run(
            "from whatsapp import actions\n"
            "from whatsapp.models import Action\n"
            f"action = Action.objects.get(pk={queued['id']})\n"
            "actions.finish(action, 'sent', result={'key': {'id': '3EB0ONCE'}}, message_id='3EB0ONCE')"
        )
        answers = [send.result(timeout=30) for send in sends]
        assert client.get("/api/actions").json()["total"] == before + 1
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["key"] == {"id": "3EB0ONCE"}


def test_a_receipt_ends_the_waiting_of_who_waits_for_it(connected_hub: Hub) -> None:
    hub = connected_hub
    with hub.client() as client, ThreadPoolExecutor(1) as waiting:
        body = {"jid": "15550100", "text": "Read this"}
        send = waiting.submit(client.post, "/api/actions/send/text?wait=read&timeout=20", json=body)
        queued = queued_act(client, body["text"])
        finish = (
            "from whatsapp import actions\n"
            "from whatsapp.models import Action\n"
            f"action = Action.objects.get(pk={queued['id']})\n"
            "actions.finish(action, {status!r}, result={{'key': {{'id': '3EB0'}}}}, message_id='3EB0')"
        )
        hub.run(finish.format(status="sent"))
        assert not send.done()
        hub.run(finish.format(status="read"))
        assert send.result(timeout=10).json()["status"] == "read"


def test_a_cancelled_act_is_told_to_who_waits_for_it(connected_hub: Hub) -> None:
    with connected_hub.client() as client, ThreadPoolExecutor(1) as waiting:
        body = {"jid": "15550100", "text": "No, wait"}
        send = waiting.submit(client.post, "/api/actions/send/text", json=body)
        queued = queued_act(client, body["text"])
        assert client.delete(f"/api/actions/{queued['id']}").status_code == 200
        assert send.result(timeout=10).status_code == 409
