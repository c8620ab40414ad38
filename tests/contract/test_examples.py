"""Examples of programs do what they say: those that clients of the API have long been written after, and
those of the documents that are about the demo, as they stand there."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import LiveHub
from tests.docs.blocks import addressed, answers, block, put_in
from tests.docs.programs import going
from tests.tools import node_modules, program, run
from tests.waiting import eventually

# What programs written for this API look like. Only the hub's address, the key and the recipient are put in.

STATUS = 'curl -H "x-api-key: YOUR_KEY" http://localhost:3100/api/connection/status'

SEARCH = 'curl -H "x-api-key: YOUR_KEY" "http://localhost:3100/api/messages/search?q=hello"'

SEND = r"""
curl -X POST -H "x-api-key: YOUR_KEY" -H "Content-Type: application/json" \
  -d '{"jid": "5511999999999@s.whatsapp.net", "text": "Hello from WhatsApp Hub!"}' \
  http://localhost:3100/api/actions/send/text
"""

AGENT = """
import requests

API = "http://localhost:3100/api"
HEADERS = {"x-api-key": "YOUR_KEY"}

# Get unread chats
chats = requests.get(f"{API}/chats", headers=HEADERS).json()
unread = [c for c in chats["data"] if c["unread_count"] > 0]

# Search messages
tasks = requests.get(f"{API}/messages/search", params={"q": "TODO"}, headers=HEADERS).json()

# Reply
requests.post(f"{API}/actions/send/text", headers=HEADERS, json={
    "jid": "5511999999999@s.whatsapp.net",
    "text": "Got it! I'll handle that."
})
"""


def for_hub(live: LiveHub, example: str) -> str:
    """The example with the live hub's address and key, and a recipient who is there."""
    recipient = example.replace("5511999999999@s.whatsapp.net", live.known["alice"])
    return addressed(recipient, live.url).replace("YOUR_KEY", live.key)


def shell(live: LiveHub, example: str, folder: Path) -> list[Any]:
    """The JSON of each answer that the commands print."""
    return answers(for_hub(live, example), live.url, live.key, folder)


def sent_texts(live: LiveHub) -> list[str]:
    messages = live.get("/api/messages", from_me="true", chat=live.known["alice"], limit=50)["data"]
    return [message["body"] for message in messages]


def assert_sent(live: LiveHub, text: str) -> None:
    eventually(lambda: text in sent_texts(live), f"{text!r} among the messages")


def tell_alice(live: LiveHub, text: str) -> None:
    response = live.client.post("/api/actions/send/text", json={"jid": live.known["alice"], "text": text})
    assert response.status_code == 200, response.text
    assert_sent(live, text)


# Programs that are there already


def test_curl_asks_for_the_status(live: LiveHub, tmp_path: Path) -> None:
    (status,) = shell(live, STATUS, tmp_path)
    assert status["status"] == "connected"
    assert status["jid"].endswith("@s.whatsapp.net")
    assert status["hasQR"] is False


def test_curl_sends_and_then_finds(live: LiveHub, tmp_path: Path) -> None:
    (sent,) = shell(live, SEND, tmp_path)
    assert sent["success"] is True
    assert sent["key"]["remoteJid"] == live.known["alice"]
    assert sent["key"]["fromMe"] is True
    assert_sent(live, "Hello from WhatsApp Hub!")
    (found,) = shell(live, SEARCH, tmp_path)
    assert sent["key"]["id"] in [message["id"] for message in found["data"]]
    assert found["total"] >= 1


def test_an_agent_in_python_reads_searches_and_replies(live: LiveHub, tmp_path: Path) -> None:
    tell_alice(live, "TODO: buy snacks")
    path = tmp_path / "agent.py"
    path.write_text(for_hub(live, AGENT))
    names = runpy.run_path(str(path))
    assert names["unread"]
    assert all(chat["unread_count"] > 0 for chat in names["unread"])
    assert "TODO: buy snacks" in [message["body"] for message in names["tasks"]["data"]]
    assert_sent(live, "Got it! I'll handle that.")


# The documents'


def test_the_readme_begins_with_commands_that_work(live: LiveHub, tmp_path: Path) -> None:
    example = block("README.md", "sh", "API_KEY=$(sed", "curl")
    here = put_in(example, ("demo-data/.env", shlex.quote(str(live.hub.folder / ".env"))))
    messages, found, sent = shell(live, here, tmp_path)
    assert len(messages["data"]) == 50
    assert found["total"] >= 1
    assert sent["success"] is True
    assert_sent(live, "Hello!")


def test_the_readmes_curl_works(live: LiveHub, tmp_path: Path) -> None:
    status, pictures, sent = shell(live, block("README.md", "sh", "Hello from curl!"), tmp_path)
    assert status["status"] == "connected"
    assert [message["message_type"] for message in pictures["data"]] == ["image"]
    assert sent["success"] is True
    assert_sent(live, "Hello from curl!")


def test_python_with_requests_works(live: LiveHub, tmp_path: Path) -> None:
    example = block("docs/integrating.md", "python", "Hello from Python!")
    (tmp_path / "example.py").write_text(for_hub(live, example))
    printed = run([program("python"), "example.py"], tmp_path, API_KEY=live.key)
    assert re.fullmatch(r"unread: \['.+\]\nfound: [1-9]\d* \[.*map.*\]\nsent: \w+\n", printed), printed
    assert_sent(live, "Hello from Python!")


def test_node_works(live: LiveHub, tmp_path: Path) -> None:
    example = block("docs/integrating.md", "javascript", "Hello from Node!")
    (tmp_path / "example.mjs").write_text(for_hub(live, example))
    printed = run([program("node"), "example.mjs"], tmp_path, API_KEY=live.key)
    assert re.fullmatch(r"sent: \w+\n", printed), printed
    picture = (tmp_path / "picture.jpg").read_bytes()
    assert picture.startswith((b"\xff\xd8\xff", b"\x89PNG"))  # the newest, which may be of another test
    assert_sent(live, "Hello from Node!")


def test_the_listener_hears_of_messages(live: LiveHub, tmp_path: Path) -> None:
    example = block("docs/integrating.md", "python", "websockets", "the hub's greeting")
    (tmp_path / "listener.py").write_text(for_hub(live, example))
    with going([program("python"), "-u", "listener.py"], tmp_path, API_KEY=live.key) as listener:
        tell_alice(live, "Hello, listener!")
        listener.says("Hello, listener!")
    lines = listener.printed.splitlines()
    assert len(lines) > 20  # from the first message on
    assert [line for line in lines if not re.match(r"\d+ ", line)] == []


@pytest.fixture(scope="module")
def generated(live: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the documented commands have generated clients."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "node_modules").symlink_to(node_modules())
    commands = block("docs/integrating.md", "sh", "openapi-python-client")
    run(["bash", "-euc", for_hub(live, commands)], folder)
    return folder


def test_the_documented_commands_generate_types_for_typescript(generated: Path) -> None:
    assert "actions_send_text" in (generated / "hub.d.ts").read_text()


def test_the_program_of_a_generated_client_works(live: LiveHub, generated: Path) -> None:
    example = block("docs/integrating.md", "python", "hub_client")
    (generated / "example.py").write_text(for_hub(live, example))
    printed = run([program("python"), "example.py"], generated, API_KEY=live.key)
    assert re.fullmatch(r"[1-9]\d* \w+\n", printed), printed
    assert_sent(live, "Hello, typed!")
