"""A page in a real browser listens, with a ticket: one of the hub's owner, from an origin of its own."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright import sync_api as playwright

from tests.api.conftest import Hub, Scribe, running_hub
from tests.e2e.conftest import PATIENCE

LISTEN = """
async ([hub, key]) => {
  window.heard = [];
  const answer = await fetch(hub + "/api/ws/ticket", {method: "POST", headers: {"x-api-key": key}});
  const {ticket} = await answer.json();
  const socket = new WebSocket(hub.replace("http", "ws") + "/ws?events=wa.call&ticket=" + ticket);
  socket.onmessage = (message) => window.heard.push(JSON.parse(message.data));
}
"""

FOLLOW = """
async ([hub, key]) => {
  window.heard = [];
  const answer = await fetch(hub + "/api/ws/ticket", {method: "POST", headers: {"x-api-key": key}});
  const {ticket} = await answer.json();
  const stream = new EventSource(hub + "/api/events/stream?events=wa.call&ticket=" + ticket);
  stream.onmessage = (message) => window.heard.push(JSON.parse(message.data));
}
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is: a server of its own."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>A page</title>")
    handler: Any = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, origin: str) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub"), CORS_ORIGINS=origin) as running:
        yield running


@pytest.fixture(scope="module")
def scribe(hub: Hub) -> Iterator[Scribe]:
    with hub.scribe() as writing:
        yield writing


@pytest.fixture
def page(chromium: playwright.Browser, origin: str) -> Iterator[playwright.Page]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(origin)
    yield page
    context.close()


@pytest.mark.parametrize("script", [LISTEN, FOLLOW], ids=["websocket", "event-stream"])
def test_a_page_listens_with_a_ticket(hub: Hub, scribe: Scribe, page: playwright.Page, script: str) -> None:
    page.evaluate(script, [hub.url, settings.API_KEY])
    page.wait_for_function("heard.length == 1")
    assert page.evaluate("heard[0].data.status") == "ws_connected"
    ids = scribe.run("print(build_event('wa.story').pk, build_event('wa.call', [1]).pk)").split()
    page.wait_for_function("heard.length == 2")
    told = page.evaluate("heard[1]")
    assert (told["type"], told["id"], told["data"]) == ("wa.call", int(ids[1]), [1])


def test_a_page_of_another_origin_is_told_that_it_is_not_let_in(
    tmp_path: Path, page: playwright.Page, origin: str
) -> None:
    with running_hub(tmp_path, CORS_ORIGINS="https://elsewhere.example") as strict:
        with strict.client() as client:
            ticket = client.post("/api/ws/ticket").json()["ticket"]
        page.evaluate(
            """(address) => {
              window.farewell = null;
              new WebSocket(address).onclose = (event) => { window.farewell = [event.code, event.reason]; };
            }""",
            f"{strict.url.replace('http', 'ws')}/ws?ticket={ticket}",
        )
        page.wait_for_function("farewell !== null")
        code, reason = page.evaluate("farewell")
        assert code == 4003
        assert reason.startswith("Origin: pages of this origin are not let in")
        with pytest.raises(playwright.Error, match="Failed to fetch"):
            page.evaluate("(hub) => fetch(hub + '/api/chats')", strict.url)
