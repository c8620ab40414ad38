"""Secrets that are known are looked for in everything that the hub says, stores and hands out, whatever goes
wrong meanwhile."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.api.conftest import ROOT, Hub, running_hub
from tests.attacks.pages import addresses
from tests.attacks.routes import routes
from tests.attacks.table import tried
from tests.tools import about_sqlite

KEY = "owners-secret-key-0123456789"
SECRETS = {
    "API_KEY": KEY,
    "ENCRYPTION_KEY": "sealing-secret-0123456789",
    "WEBHOOK_SECRET": "environment-secret-0123456789",
}
IN_URLS = {"DATABASE_URL": "database-password-0123456789", "REDIS_URL": "redis-password-0123456789"}
WEBHOOK_TOKEN = "token-in-a-url-0123456789"
HEADER = "Bearer value-of-a-header-0123456789"
BROWSER = {"accept": "text/html,*/*;q=0.8"}
BROKEN = "label"  # the table that is taken away, so that a call and a page fail

THINGS = """
import json
from whatsapp.protobuf import neonize_pb2
from tests.attacks import world
print(json.dumps(world.things()))
"""


@dataclass
class Attacked:
    """A hub whose secrets are known, and what it has said by now: where → text."""

    hub: Hub
    secrets: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.hub.url, headers={"x-api-key": KEY, **headers}, timeout=30)

    def note(self, answer: httpx.Response) -> httpx.Response:
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie")
        self.said[f"{answer.request.method} {answer.request.url.raw_path.decode()}"] = head + answer.text
        return answer


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    settings = SECRETS | {"LOG_LEVEL": "trace", "ALLOW_PRIVATE_URLS": "true"}
    with running_hub(tmp_path_factory.mktemp("secrets"), **settings) as hub:
        made = Attacked(hub, dict(SECRETS))
        make_secrets(made)
        go_wrong(made)
        yield made


def make_secrets(attacked: Attacked) -> None:
    """Keys, tickets, webhooks and a session: each is shown once, in the answer to the call that makes it."""
    with attacked.client() as owner:
        key = owner.post("/api/keys", json={"name": "bot", "scopes": ["read"]}).json()
        attacked.secrets["a key"] = key["key"]
        attacked.secrets["a ticket"] = owner.post("/api/ws/ticket").json()["ticket"]
        used = owner.post("/api/ws/ticket").json()["ticket"]
        attacked.secrets["a used ticket"] = used
        body = {
            "url": f"http://127.0.0.1:9/hook?token={WEBHOOK_TOKEN}",
            "secret": "webhooks-own-secret-0123456789",
            "headers": {"Authorization": HEADER},
        }
        webhook = owner.post("/api/webhooks", json=body)
        assert webhook.status_code == 200, webhook.text
        attacked.secrets |= {"a webhook's secret": body["secret"], "a webhook's header": HEADER}
        number = webhook.json()["id"]
        rotated = owner.post(f"/api/webhooks/{number}/rotate-secret").json()
        attacked.secrets["a rotated secret"] = rotated["secret"]
        address = attacked.hub.url.replace("http", "ws") + f"/ws?ticket={used}"
        with connect(address) as socket:
            attacked.said["the WebSocket's greeting"] = str(socket.recv(timeout=10))
            owner.put("/api/settings", json={"maxMediaSizeMB": 99})
            attacked.said["an event"] = str(socket.recv(timeout=10))
        attacked.note(owner.post(f"/api/webhooks/{number}/test"))
    with httpx.Client(base_url=attacked.hub.url, headers=BROWSER) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/login").text)
        assert token is not None
        browser.post("/login", data={"key": KEY, "csrfmiddlewaretoken": token[1]})
        attacked.secrets["a session"] = next(
            value for name, value in browser.cookies.items() if name.startswith("hub_session")
        )


def session_of(attacked: Attacked) -> dict[str, str]:
    return {f"hub_session_{port_of(attacked)}": attacked.secrets["a session"]}


def port_of(attacked: Attacked) -> str:
    return attacked.hub.environment.get("PORT", "3100")


def go_wrong(attacked: Attacked) -> None:
    """Wrong keys, bodies and addresses, each with something secret in it; and errors of the hub itself."""
    secrets = attacked.secrets
    with attacked.client() as owner:
        attacked.note(owner.get("/api/messages", headers={"x-api-key": KEY + "x"}))
        attacked.note(owner.post("/api/actions/send/text", json={"jid": "nobody"}))
        attacked.note(
            owner.post(
                "/api/webhooks", json={"url": "ftp://x", "secret": HEADER, "headers": {"a\nb": HEADER}}
            )
        )
        attacked.note(owner.post("/api/keys", json={"name": "x", "scopes": ["none"]}))
        attacked.note(owner.get("/nothing", headers={"authorization": f"Bearer {KEY}"}))
        for place in ("/api/messages", "/api/nothing", "/ws"):
            owner.get(place, params={"api_key": KEY})
            owner.get(place, params={"api_key": secrets["a key"]})
        owner.get(
            "/api/events/stream", params={"ticket": secrets["a used ticket"]}, headers={"x-api-key": ""}
        )
    attacked.hub.run(
        "from django.db import connection\n"
        f"connection.cursor().execute('ALTER TABLE whatsapp_{BROKEN} RENAME TO was_{BROKEN}')"
    )
    with attacked.client() as owner:
        assert attacked.note(owner.get("/api/labels")).is_server_error  # 503 where the database says so
        owner.get("/api/labels", params={"api_key": KEY})
    with httpx.Client(base_url=attacked.hub.url, headers=BROWSER, cookies=session_of(attacked)) as browser:
        assert attacked.note(browser.get("/admin/whatsapp/label/")).status_code == 500
        attacked.note(browser.post("/settings", data={"key": KEY}))
        attacked.note(browser.post("/login", data={"key": KEY + "wrong"}))
    attacked.hub.run(
        "from django.db import connection\n"
        f"connection.cursor().execute('ALTER TABLE was_{BROKEN} RENAME TO whatsapp_{BROKEN}')"
    )


def found_in(secrets: dict[str, str], text: str) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


def log_of(attacked: Attacked) -> str:
    return (Path(attacked.hub.environment["DATA_DIR"]) / "web.log").read_text(errors="replace")


def told() -> list[str]:
    return [*SECRETS, *IN_URLS, "keys", "tickets", "webhooks' secrets and headers", "sessions"]


@tried("secrets in logs", fields=told)
def test_no_secret_is_in_the_log_at_its_most_talkative(attacked: Attacked) -> None:
    log = log_of(attacked)
    assert f"whatsapp_{BROKEN}" in log  # what the database said of it
    assert "Traceback" in log
    assert found_in(attacked.secrets | {"a webhook's URL": WEBHOOK_TOKEN}, log) == []


@tried("secrets in answers to what went wrong, and in events", lambda: ["ws"], told)
def test_no_secret_is_in_an_error_or_an_event(attacked: Attacked) -> None:
    assert len(attacked.said) > 8
    assert {
        where: found for where, text in attacked.said.items() if (found := found_in(attacked.secrets, text))
    } == {}


@tried("secrets in answers, pages, metrics and descriptions", routes, told)
def test_no_secret_is_in_an_answer_or_on_a_page(attacked: Attacked) -> None:
    things: dict[str, list[list[Any]]] = json.loads(attacked.hub.run(THINGS).splitlines()[-1])
    calls = ["/health", "/metrics", "/api/openapi.json", "/api/docs", *addresses.of_calls(things, 2)]
    shown, read = {}, 0
    with attacked.client() as owner:
        for path in calls:
            answer = owner.get(path)
            read += answer.status_code == 200
            shown[path] = found_in(attacked.secrets, answer.text + str(answer.headers))
    pages = [*addresses.of_pages(things, 2), *addresses.of_tables(things), *addresses.of_rows(things, 2)]
    with httpx.Client(base_url=attacked.hub.url, headers=BROWSER, cookies=session_of(attacked)) as browser:
        for path in pages:
            answer = browser.get(path)
            read += answer.status_code == 200
            shown[path] = found_in(attacked.secrets, answer.text)
    assert {path: found for path, found in shown.items() if found} == {}
    assert read > 120
    assert found_in(attacked.secrets, log_of(attacked)) == []


@about_sqlite
@tried("secrets in the database and in a backup", fields=told)
def test_what_is_stored_is_of_no_use(attacked: Attacked, tmp_path: Path) -> None:
    """The database, in the backup, is a copy of its own."""
    words = [sys.executable, "manage.py", "backup", str(tmp_path / "backup.tar")]
    done = subprocess.run(words, cwd=ROOT, env=attacked.hub.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "backup.tar").read_bytes().decode("latin-1")
    assert WEBHOOK_TOKEN in written  # so it is the right file
    assert found_in(attacked.secrets, written) == []
    assert found_in(attacked.secrets, done.stdout + done.stderr) == []


@pytest.mark.parametrize("command", ["doctor", "check", "migrate", "quarantine"])
@tried("secrets in what commands say", fields=told)
def test_no_command_says_a_secret_though_nothing_works(tmp_path: Path, command: str) -> None:
    urls = {
        "DATABASE_URL": f"postgres://hub:{IN_URLS['DATABASE_URL']}@127.0.0.1:9/hub",
        "REDIS_URL": f"redis://hub:{IN_URLS['REDIS_URL']}@127.0.0.1:9/0",
    }
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "ENV_FILE": os.devnull,
        "LOG_LEVEL": "trace",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environment | SECRETS | urls | {"LOG_LEVEL": "trace"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.stdout + done.stderr
    assert found_in(SECRETS | IN_URLS, done.stdout + done.stderr) == []
