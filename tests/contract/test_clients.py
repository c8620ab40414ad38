"""Clients that are generated from the hub's description work, and know the types of what they get."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import LiveHub
from tests.tools import FOLDER, node_modules, program, run
from tests.waiting import eventually

HERE = Path(__file__).parent
WORD = "map"
# Operation ids are names of functions in clients.
METHODS = {
    *("messages_list", "messages_search", "messages_retrieve", "chats_list", "media_download"),
    *("actions_send_text", "connection_status"),
}


@pytest.fixture(scope="module")
def description(live: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The live hub's description in a file."""
    path = tmp_path_factory.mktemp("description") / "openapi.json"
    path.write_text(json.dumps(live.get("/api/openapi.json")))
    return path


def arguments(live: LiveHub) -> list[str]:
    return [live.url, live.key, live.known["alice"], WORD, live.known["media"]]


def messages_with(live: LiveHub, sent: str) -> dict[str, Any] | None:
    """The newest messages, once the one that was sent is among them."""
    found = {message["id"]: message for message in live.hub.messages()}
    return found if sent in found else None


def assert_did_as_told(live: LiveHub, report: dict[str, Any], text: str) -> None:
    """What a client says it saw and did is what the hub knows."""
    known = eventually(lambda: messages_with(live, report["id"]), "the message that was sent")
    assert len(report["listed"]) == 5
    assert not any(known[name]["from_me"] for name in report["listed"])
    assert report["body"] == known[report["listed"][0]]["body"]
    assert report["total"] >= len(report["bodies"]) > 0
    assert all(WORD in body.lower() for body in report["bodies"])
    assert known[report["id"]]["body"] == text
    assert report["size"] == live.get(f"/api/media/{live.known['media']}")["file_size"]
    assert report["sentence"] == "Message not found"


def test_operations_have_names_that_make_good_methods(live: LiveHub) -> None:
    paths = live.get("/api/openapi.json")["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    assert set(names) >= METHODS


def test_a_client_in_python(live: LiveHub, description: Path, tmp_path: Path) -> None:
    package, use = tmp_path / "hub_client", HERE / "python" / "use.py"
    settings = HERE / "python" / "generator.yml"
    generate = ["generate", "--path", str(description), "--output-path", str(package), "--meta", "none"]
    run(
        [program("openapi-python-client"), *generate, "--config", str(settings), "--fail-on-warning"],
        tmp_path,
    )
    shutil.copy(use, tmp_path)
    run([program("mypy"), "--strict", "--config-file=", "--follow-imports=silent", "use.py"], tmp_path)
    report = json.loads(run([program("python"), "use.py", *arguments(live)], tmp_path))
    assert_did_as_told(live, report, "From Python")


def test_a_client_in_typescript(live: LiveHub, description: Path, tmp_path: Path) -> None:
    modules = node_modules()
    (tmp_path / "node_modules").symlink_to(modules)
    for name in ("package.json", "tsconfig.json", "use.ts"):
        shutil.copy(FOLDER / name, tmp_path)
    tools = str(modules / ".bin")
    run(["openapi-typescript", str(description), "--output", "hub.d.ts"], tmp_path, path=tools)
    run(["tsc"], tmp_path, path=tools)
    report = json.loads(run([program("node"), "out/use.js", *arguments(live)], tmp_path))
    assert_did_as_told(live, report, "From TypeScript")
