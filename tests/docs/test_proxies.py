"""The proxies of docs/operating.md, as they stand there but for names, ports and certificate: what goes
through them is what the hub says without them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from websockets.sync.client import connect

from tests.api.conftest import Hub, running_hub
from tests.demo_hub import free_port
from tests.docs.blocks import block, put_in
from tests.docs.programs import going
from tests.tools import program, run
from tests.waiting import eventually

KEY = {"x-api-key": settings.API_KEY}
NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include hub.conf;
}
"""
CADDY = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n"


@dataclass
class Proxy:
    """A hub behind a proxy, whose certificate `trust` believes."""

    hub: Hub
    host: str
    trust: ssl.SSLContext

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """One at that address of this machine."""
        transport = httpx.HTTPTransport(verify=self.trust, local_address=address)
        return httpx.Client(base_url=f"https://{self.host}", transport=transport, timeout=20)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    (setting,) = block("docs/operating.md", "sh", "PROXIES").splitlines()
    name, value = setting.split("=")
    with running_hub(tmp_path_factory.mktemp("hub"), **{name: value}) as running:
        running.run("build_account(); build_event()")
        yield running


@contextmanager
def behind_nginx(hub: Hub, folder: Path, example: str) -> Iterator[Proxy]:
    host = f"localhost:{free_port()}"
    make = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    )
    run([*make.split(), "-addext", "subjectAltName=DNS:localhost"], folder)
    live = "/etc/letsencrypt/live/hub.example.org"
    example = put_in(example, (f"{live}/fullchain.pem", "cert.pem"), (f"{live}/privkey.pem", "key.pem"))
    example = put_in(example, ("hub.example.org", "localhost"), ("http://127.0.0.1:3100", hub.url))
    (folder / "hub.conf").write_text(put_in(example, ("listen 443", f"listen 127.0.0.1:{port_of(host)}")))
    (folder / "nginx.conf").write_text(NGINX)
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    run([*command, "-t"], folder)
    with going(command, folder):
        yield up(Proxy(hub, host, ssl.create_default_context(cafile=folder / "cert.pem")))


@contextmanager
def behind_caddy(hub: Hub, folder: Path, example: str) -> Iterator[Proxy]:
    host = f"localhost:{free_port()}"
    example = put_in(example, ("hub.example.org", host), ("127.0.0.1:3100", hub.url))
    (folder / "Caddyfile").write_text(CADDY + example)
    root = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder)}
    with going([program("caddy"), "run", "--config", "Caddyfile"], folder, **homes):
        eventually(root.exists, "Caddy's own certificate")
        yield up(Proxy(hub, host, ssl.create_default_context(cafile=root)))


def port_of(host: str) -> str:
    return host.partition(":")[2]


def up(proxy: Proxy) -> Proxy:
    def answers() -> bool:
        with proxy.client() as client:
            try:
                return client.get("/health").status_code == 200
            except httpx.TransportError:
                return False

    eventually(answers, "the proxy")
    return proxy


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    if request.param == "nginx":
        example, behind = block("docs/operating.md", "nginx", "proxy_pass"), behind_nginx
    else:
        example, behind = block("docs/operating.md", "caddyfile", "reverse_proxy"), behind_caddy
    with behind(hub, tmp_path_factory.mktemp(request.param), example) as running:
        yield running


def an_event_happens(hub: Hub) -> None:
    hub.run("build_event(payload={'status': 'news'})")


def test_a_websocket_goes_through(proxy: Proxy) -> None:
    with connect(f"wss://{proxy.host}/ws", ssl=proxy.trust, additional_headers=KEY) as socket:
        greeting = json.loads(socket.recv(timeout=20))
        assert greeting["data"]["status"] == "ws_connected"
        an_event_happens(proxy.hub)
        assert json.loads(socket.recv(timeout=20))["data"] == {"status": "news"}


def test_the_event_stream_is_not_gathered_up(proxy: Proxy) -> None:
    with proxy.client() as client, client.stream("GET", "/api/events/stream", headers=KEY) as answer:
        lines = answer.iter_lines()
        assert "ws_connected" in next(line for line in lines if line.startswith("data: "))
        an_event_happens(proxy.hub)
        assert '"news"' in next(line for line in lines if line.startswith("data: "))


def test_forms_of_pages_can_be_sent(proxy: Proxy) -> None:
    with proxy.client() as browser:
        form = browser.get("/admin/", follow_redirects=True)
        token = next(cookie.value for cookie in browser.cookies.jar if "csrf" in cookie.name)
        fields = {"key": settings.API_KEY, "next": "/admin/", "csrfmiddlewaretoken": token}
        signed_in = browser.post(form.url, data=fields, headers={"Origin": f"https://{proxy.host}"})
        assert (signed_in.status_code, signed_in.headers["location"]) == (302, "/admin/")
        foreign = {"Origin": "https://elsewhere.example"}
        assert browser.post(form.url, data=fields, headers=foreign).status_code == 403


def test_large_files_are_let_through(proxy: Proxy) -> None:
    body = {"jid": "15550100", "base64": "AAAA" * 1_000_000}
    with proxy.client() as client:
        answer = client.post("/api/actions/send/image", json=body, headers=KEY)
    assert answer.status_code == 400
    assert "error" in answer.json()  # the hub has read it, and finds no picture


def test_who_tries_wrong_keys_makes_nobody_else_wait(proxy: Proxy) -> None:
    """However often they say that they are somebody else."""
    number = 2 + int(port_of(proxy.host)) % 100 * 2  # of an address that no other proxy's guesser has had
    with proxy.client(f"127.0.1.{number}") as client:
        statuses = [
            client.get(
                "/api/stats", headers={"x-api-key": f"wrong {guess}", "X-Forwarded-For": f"10.0.0.{guess}"}
            ).status_code
            for guess in range(25)
        ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    with proxy.client(f"127.0.1.{number + 1}") as client:
        assert client.get("/api/stats", headers=KEY).status_code == 200
