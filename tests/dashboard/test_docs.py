"""The API's description as pages: calls, their code, and snippets."""

import ast
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from api import schema
from dashboard.data.docs import code, docs, snippets
from dashboard.data.docs.docs import Call
from tests.dashboard.conftest import text_of
from tests.tools import program, run

pytestmark = pytest.mark.django_db

BASE = "http://localhost:3100/"


def every_call() -> list[Call]:
    return list(docs.calls().values())


def test_every_call_of_the_api_is_there(owner: Client) -> None:
    described = {
        (method.upper(), path) for path, methods in schema.document()["paths"].items() for method in methods
    }
    assert {(call.method, call.path) for call in every_call()} == described
    page = owner.get("/docs").content.decode()
    for call in every_call():
        assert f'href="{call.address}"' in page


def test_every_call_has_a_page_with_what_it_takes_and_gives(owner: Client) -> None:
    for call in every_call():
        response = owner.get(call.address)
        assert response.status_code == 200, call.address
        page = text_of(response)
        assert call.path in page
        for parameter in call.parameters:
            assert parameter.name in page, call.name
        if call.is_dangerous:
            assert "I mean it" in page


def test_the_pages_ask_the_database_nothing_of_their_own(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    plain = count_queries(lambda: owner.get("/settings"))
    assert count_queries(lambda: owner.get("/docs")) <= plain
    assert count_queries(lambda: owner.get("/docs/actions/actions_send_text")) <= plain


def test_what_is_not_there_is_not_found(owner: Client) -> None:
    assert owner.get("/docs/actions").headers["Location"] == "/docs#actions"
    for path in ("/docs/nothing", "/docs/actions/nothing", "/docs/keys/actions_send_text"):
        assert owner.get(path).status_code == 404


def test_the_code_in_python_is_python_and_calls_as_described() -> None:
    for call in every_call():
        tree = ast.parse(code.python_of(call, BASE))
        (asked,) = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"requests.{call.method.lower()}"
        ]
        assert ast.literal_eval(asked.args[0]) == BASE.rstrip("/") + call.example_path
        given = {keyword.arg: keyword.value for keyword in asked.keywords}
        if call.body is not None:
            assert ast.literal_eval(given["json"]) == call.body, call.name


def test_the_code_in_javascript_is_javascript(tmp_path: Path) -> None:
    node = program("node")
    whole = "\n".join(f"{{\n{code.javascript_of(call, BASE)}\n}}" for call in every_call())
    file = tmp_path / "calls.mjs"
    file.write_text(whole)
    assert subprocess.run([node, "--check", str(file)], capture_output=True, text=True).stderr == ""


def test_the_code_for_the_shell_is_one_command(tmp_path: Path) -> None:
    lines = [code.curl_of(call, BASE) for call in every_call()]
    for call, line in zip(every_call(), lines, strict=True):
        words = shlex.split(line)
        assert words[0] == "curl"
        assert "x-api-key: $API_KEY" in words
        assert words[-1].startswith(BASE.rstrip("/") + call.example_path)
    script = tmp_path / "calls.sh"
    script.write_text("\n".join(lines))
    run(["bash", "-n", str(script)], tmp_path)


def test_the_snippets_are_those_of_the_document_which_are_tested_there(owner: Client) -> None:
    document = (settings.BASE_DIR / "docs" / "integrating.md").read_text()
    for section in snippets.sections(BASE):
        for one in section.snippets:
            text = one.code.partition("\n\n\n")[2] if one.id == "verify" else one.code
            assert text.strip() in document, one.id
    page = text_of(owner.get("/docs/clients"))
    assert "npx openapi-typescript http://testserver/api/openapi.json" in page
    assert "wss://hub.example/ws" in snippets.with_address("ws://localhost:3100/ws", "https://hub.example/")
