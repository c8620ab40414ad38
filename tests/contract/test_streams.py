"""The contract of what comes by itself: events over the WebSocket, as programs know them."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.contract import shapes
from tests.contract.conftest import LiveHub
from tests.contract.shapes import faults, record
from tests.contract.test_examples import for_hub
from tests.tools import node_modules, program
from tests.waiting import PATIENCE, eventually

ENVELOPE = {"type", "timestamp", "data", "id", "account"}

LISTENER = """
import WebSocket from "ws";

// With ticket auth (recommended — requires SECURITY_WS_TICKET_AUTH=true)
const res = await fetch("http://localhost:3100/api/ws/ticket", {
  method: "POST",
  headers: { "x-api-key": "YOUR_KEY" },
});
const { ticket } = await res.json();
const ws = new WebSocket(`ws://localhost:3100/ws?ticket=${ticket}&events=wa.messages.upsert`);

// Or with header auth (non-browser)
// const ws = new WebSocket("ws://localhost:3100/ws", { headers: { "x-api-key": "YOUR_KEY" } });

ws.on("message", (data) => {
  const event = JSON.parse(data);
  console.log("New message:", event.type, event.data);
});
"""


def hear(live: LiveHub, query: str, until: int) -> list[dict[str, Any]]:
    """The events that a client is told, its hello left out, up to the one with that id."""
    address = f"{live.socket_url}/ws?{query}"
    heard: list[dict[str, Any]] = []
    with connect(
        address, additional_headers={"x-api-key": live.key}, max_size=None, max_queue=None
    ) as socket:
        hello = json.loads(socket.recv(timeout=PATIENCE))
        assert faults(hello, HELLO) == []
        while not heard or heard[-1]["id"] < until:
            heard.append(json.loads(socket.recv(timeout=PATIENCE)))
    return heard


HELLO = record(
    {
        "type": {"const": "connection.status"},
        "timestamp": shapes.COUNT,
        "data": record(
            {"status": {"const": "ws_connected"}, "message": shapes.FILLED, "newest_id": shapes.COUNT}
        ),
    }
)
KEY = record({"remoteJid": shapes.FILLED, "fromMe": {"type": "boolean"}, "id": shapes.FILLED})


@pytest.fixture(scope="module")
def told(live: LiveHub) -> list[dict[str, Any]]:
    """Everything that has happened in the hub's life so far; an act of ours is part of it."""
    assert live.known["sent"]
    newest = int(live.get("/api/stats/events", limit=1)["data"][0]["id"])
    return hear(live, "since=0", newest)


def test_everything_is_told_in_order_and_without_a_gap(told: list[dict[str, Any]]) -> None:
    assert [event["id"] for event in told] == list(range(1, len(told) + 1))
    assert {frozenset(event) for event in told} == {frozenset(ENVELOPE)}
    assert {event["account"] for event in told} == {"default"}
    now = time.time() * 1000
    assert all(now - 3600_000 < event["timestamp"] <= now + 1000 for event in told)


def test_the_log_says_the_same(live: LiveHub, told: list[dict[str, Any]]) -> None:
    stored = {row["id"]: row for row in live.get("/api/stats/events", limit=500)["data"]}
    both = [event for event in told if event["id"] in stored]
    assert len(both) > 20
    for event in both:
        assert stored[event["id"]]["event_type"] == event["type"]
        assert json.loads(stored[event["id"]]["payload"]) == event["data"]


def test_a_new_message_is_told_in_whatsapps_form_and_as_the_resource(told: list[dict[str, Any]]) -> None:
    upserts = [event["data"] for event in told if event["type"] == "wa.messages.upsert"]
    assert len(upserts) > 20
    for data in upserts:
        assert set(data) == {"messages", "type", "records"}
        assert data["type"] in ("notify", "append")
        [message], [resource] = data["messages"], data["records"]
        assert faults(message["key"], KEY) == []
        assert {"key", "messageTimestamp", "pushName", "message"} <= set(message)
        assert faults(resource, shapes.MESSAGE) == []
        assert message["key"]["id"] == resource["id"]
        assert message["messageTimestamp"] == resource["timestamp"]
    texts = [one["messages"][0]["message"] for one in upserts if one["records"][0]["message_type"] == "text"]
    assert all(text.get("conversation") or text["extendedTextMessage"]["text"] for text in texts if text)
    assert any(data["messages"][0]["key"].get("participant") for data in upserts)  # of a group's message


@pytest.mark.parametrize(
    ("event_type", "shape"),
    [
        ("wa.messages.update", shapes.many(record({"key": KEY, "update": shapes.OBJECT}))),
        ("wa.messages.delete", record({"keys": shapes.many(KEY)})),
        ("wa.messages.reaction", shapes.many(record({"key": KEY, "reaction": shapes.OBJECT}))),
        ("wa.message-receipt.update", shapes.many(record({"key": KEY, "receipt": shapes.OBJECT}))),
        ("wa.presence.update", record({"id": shapes.FILLED, "presences": shapes.OBJECT})),
        ("wa.chats.upsert", shapes.many(record({"id": shapes.FILLED}))),
        ("wa.contacts.update", shapes.many(record({"id": shapes.FILLED}))),
        ("wa.groups.upsert", shapes.many(record({"id": shapes.FILLED, "name": shapes.ANYTHING}))),
        (
            "wa.group-participants.update",
            record(
                {"id": shapes.FILLED, "participants": shapes.many(shapes.FILLED), "action": shapes.FILLED}
            ),
        ),
        ("wa.call", shapes.many(record({"id": shapes.FILLED, "status": shapes.FILLED}))),
        ("wa.poll.vote", record({"key": KEY, "voter": shapes.FILLED, "options": {"type": "array"}})),
        ("wa.story", record({"id": shapes.FILLED, "from_jid": shapes.FILLED})),
        ("wa.messaging-history.set", record({"progress": shapes.ANYTHING, "messages": shapes.COUNT})),
        ("connection.status", record({"status": shapes.FILLED})),
        ("connection.qr", record({"qr": shapes.FILLED})),
        ("media.downloaded", shapes.MEDIA),
        ("action.updated", record({"id": shapes.COUNT, "status": shapes.FILLED})),
    ],
)
def test_every_kind_of_event_has_the_promised_data(
    told: list[dict[str, Any]], event_type: str, shape: Any
) -> None:
    found = [event["data"] for event in told if event["type"] == event_type]
    assert found
    assert [faults(data, shape) for data in found if faults(data, shape)] == []


def test_a_prefix_leaves_what_it_names(live: LiveHub, told: list[dict[str, Any]]) -> None:
    wanted = [event for event in told if event["type"].startswith(("wa.messages", "connection"))]
    heard = hear(live, "since=0&events=wa.messages,connection", wanted[-1]["id"])
    assert heard == wanted


def test_nobody_is_let_in_without_a_key(live: LiveHub) -> None:
    with connect(f"{live.socket_url}/ws") as socket:
        assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "error"
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_a_listener_in_node_is_told_of_a_new_message(live: LiveHub, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules())
    example = for_hub(live, LISTENER)
    (tmp_path / "listener.mjs").write_text(example)
    printed = tmp_path / "printed"
    with printed.open("wb") as output:
        listener = subprocess.Popen(
            [program("node"), "listener.mjs"], cwd=tmp_path, stdout=output, stderr=output
        )
        try:
            eventually(lambda: "ws_connected" in printed.read_text(), "the listener to be let in")
            body = {"jid": live.known["alice"], "text": "Is anybody listening?"}
            assert live.client.post("/api/actions/send/text", json=body).status_code == 200
            eventually(lambda: "Is anybody listening?" in printed.read_text(), "the new message")
        finally:
            listener.terminate()
            listener.wait(timeout=PATIENCE)
    assert re.search(r"^New message: wa\.messages\.upsert \{$", printed.read_text(), re.MULTILINE)
