"""Whatever takes an address takes none in the hub's own network or machine, however it is written."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.attacks.table import tried
from tests.builders import ALICE, build_account, build_webhook

pytestmark = pytest.mark.django_db

HOSTS = [
    "127.0.0.1", "localhost", "LOCALHOST.", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001",  # noqa: S104  (asked, not bound)
    "0x7f.0.0.1", "0177.0.0.1", "017700000001", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "①②⑦.0.0.1",
    "127。0。0。1", "user@127.0.0.1", "127.0.0.1%00.example", "a.example@127.0.0.1", "169.254.169.254",
    "[fe80::1%25lo]", "10.0.0.1",
]  # fmt: skip
SCHEMES = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1/",
    "data:text/plain,x",
    "//127.0.0.1/",
]
KINDS = ("image", "video", "audio", "document", "sticker")


class Server:
    """What is on the hub's own machine, and asked by nobody."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: Any) -> None:
                return None

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever).start()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


def of_files() -> list[str]:
    return [f"api/actions/send/{kind}" for kind in KINDS]


@tried("SSRF: addresses inside, in every spelling, and other schemes", of_files, lambda: ["url"])
def test_no_file_is_fetched_from_inside(impatient: None, server: Server) -> None:
    build_account()
    api = Client(headers={"x-api-key": settings.API_KEY})
    urls = [f"http://{host}:{server.port}/x" for host in HOSTS] + SCHEMES
    for number, url in enumerate(urls):
        kind = KINDS[number % len(KINDS)]
        answer = api.post(
            f"/api/actions/send/{kind}?queue=true",
            {"jid": ALICE, "url": url},
            content_type="application/json",
        )
        assert answer.status_code == 400, (url, answer.content)
        assert answer.json()["error"]
    assert server.asked == []


@tried(
    "SSRF: addresses inside, in every spelling, and other schemes",
    lambda: ["api/webhooks", "api/webhooks/<str:webhook_id>", "api/webhooks/<str:webhook_id>/test"],
    lambda: ["Webhook.url"],
)
def test_no_webhook_is_delivered_inside(impatient: None, server: Server) -> None:
    build_account()
    api = Client(headers={"x-api-key": settings.API_KEY})
    webhook = build_webhook()
    for url in [f"http://{host}:{server.port}/x" for host in HOSTS] + SCHEMES:
        changed = api.patch(f"/api/webhooks/{webhook.pk}", {"url": url}, content_type="application/json")
        assert changed.status_code in (200, 400), (url, changed.content)
        if changed.status_code == 200:
            tested = api.post(f"/api/webhooks/{webhook.pk}/test")
            assert tested.status_code == 200, tested.content
            assert tested.json()["success"] is False, url
    assert server.asked == []


@pytest.mark.parametrize("hostile", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x85b"])
@tried("header injection by webhooks", lambda: ["api/webhooks"], lambda: ["url", "headers", "secret"])
def test_no_webhook_has_line_breaks(hostile: str) -> None:
    build_account()
    api = Client(headers={"x-api-key": settings.API_KEY})
    for more in (
        {"url": f"https://a.example/{hostile}"},
        {"url": f"https://{hostile}.example/"},
        {"headers": {hostile: "x"}},
        {"headers": {"X-Own": hostile}},
    ):
        answer = api.post(
            "/api/webhooks", {"url": "https://a.example/", **more}, content_type="application/json"
        )
        assert answer.status_code == 400, (more, answer.content)


def test_nothing_else_takes_an_address() -> None:
    """By the description of the API: a new field that is an address has to be tried above."""
    from tests.attacks.test_size_and_depth import description, properties_of

    found = set()
    for path, calls in description()["paths"].items():
        for call in calls.values():
            content = call.get("requestBody", {}).get("content", {}) if isinstance(call, dict) else {}
            for kind in content.values():
                if any("url" in name.lower() for name in properties_of(kind["schema"], description())):
                    found.add(path)
    webhooks = {"/api/webhooks", "/api/webhooks/{webhook_id}"}
    assert found == webhooks | {f"/api/actions/send/{kind}" for kind in KINDS}
