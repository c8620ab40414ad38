"""Requests that take their time on purpose: each has an end, and they hold up nobody."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psutil
import pytest
from django.conf import settings

from tests.api.conftest import Hub
from tests.attacks.table import tried
from tests.hub.test_connections import serving, wsgi
from tests.waiting import eventually

SHORT_SECONDS = 0.3
DRIP_SECONDS = 0.05
MANY = 400
MEGABYTE = 1 << 20


def dripped(address: tuple[str, int], beginning: bytes, drop: bytes) -> float:
    """For how many seconds the server takes it in that a client says one drop after the other."""
    began = time.monotonic()
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(beginning)
        line.settimeout(DRIP_SECONDS)
        while time.monotonic() - began < 10:
            try:
                line.sendall(drop)
                if line.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
        (b"GET /", b"x"),
        (b"G", b"E"),
        (b"GET / HTTP/1.1\r\nHost: x\r\na: ", b"b"),
    ],
)
@tried("headers that drip (Slowloris)", lambda: [""])
def test_headers_that_drip_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes, drop: bytes
) -> None:
    monkeypatch.setattr("hub.connections.HEAD_SECONDS", SHORT_SECONDS)
    with serving(wsgi(list), timeout_keep_alive=5) as server:
        assert dripped(server.address, beginning, drop) < 3


@pytest.mark.parametrize("sent", [b"\r\n", b"\r\n\r\n\r\n", b"\n"])
@tried("connections that never ask", lambda: [""])
def test_a_connection_that_says_nothing_is_closed(sent: bytes) -> None:
    with (
        serving(wsgi(list), timeout_keep_alive=SHORT_SECONDS) as server,
        socket.create_connection(server.address, timeout=5) as line,
    ):
        line.sendall(sent)
        line.recv(1000)
        assert line.recv(1000) == b""


@pytest.mark.parametrize("form", ["Content-Length: 90000", "Transfer-Encoding: chunked"])
@tried("bodies that drip (R-U-Dead-Yet)", lambda: [""])
def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr("hub.bodies.SILENCE_SECONDS", SHORT_SECONDS)
    head = f"POST / HTTP/1.1\r\nHost: x\r\n{form}\r\n\r\n".encode()
    with serving(wsgi(list)) as server:
        assert dripped(server.address, head, b"1\r\nx\r\n") < 3


@contextmanager
def held_open(hub: Hub, number: int) -> Iterator[None]:
    """So many requests that have begun, and don't go on."""
    url = httpx.URL(hub.url)
    key = f"x-api-key: {settings.API_KEY}\r\n"
    post = "POST /api/actions/send/{} HTTP/1.1\r\nHost: x\r\n" + key + "Content-Length: {}\r\n\r\n"
    kinds = [
        "GET /health HTTP/1.1\r\nHost: x\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\na: " + "b" * 20_000,
        post.format("text", 50_000) + '{"jid": "',
        post.format("image", 5_000_000) + '{"jid": "',
        f"GET /api/events/stream HTTP/1.1\r\nHost: x\r\n{key}\r\n",
    ]
    with ExitStack() as lines:
        for place in range(number):
            line = lines.enter_context(socket.create_connection((url.host, url.port), timeout=10))
            line.sendall(kinds[place % len(kinds)].encode())
        yield


@tried(
    "many requests that begin and don't go on",
    lambda: ["health", "", "api/actions/send/text", "api/events/stream"],
)
def test_many_slow_requests_hold_up_nobody(hub: Hub) -> None:
    process = psutil.Process(hub.process.pid)
    with hub.client() as client:
        client.get("/api/messages")
        before, threads = process.memory_info().rss, process.num_threads()
        with held_open(hub, MANY):
            eventually(lambda: process.net_connections("tcp")[MANY:], "the hub to have taken all of them")
            for path in ("/health", "/api/messages", "/api/stats"):
                assert client.get(path, timeout=5).status_code == 200
            assert process.memory_info().rss - before < 100 * MEGABYTE
            assert process.num_threads() <= threads + 8
        eventually(lambda: len(process.net_connections("tcp")) < 20, "the hub to let go of them")
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize("shown", ["unknown key", "revoked key", "cookie"])
@tried("large bodies of strangers that look like somebody's", lambda: ["api/actions/send/image"])
def test_the_body_of_a_stranger_is_not_written_to_the_disk(hub: Hub, shown: str) -> None:
    revoked = "from django.utils import timezone\nprint(build_api_key(revoked_at=timezone.now())[1])"
    header = f"Cookie: {settings.SESSION_COOKIE_NAME}=made-up"
    if shown != "cookie":
        key = hub.run(revoked).split()[-1] if shown == "revoked key" else "wah_" + "x" * 43
        header = f"x-api-key: {key}"
    url = httpx.URL(hub.url)
    size = 4 * MEGABYTE
    head = f"POST /api/actions/send/image HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection((url.host, url.port), timeout=10) as line:
        line.sendall(head.encode() + bytes(size - 1))
        assert [name for name in hub.open_files() if "(deleted)" in name] == []
        line.sendall(b"x")
        assert line.recv(100).startswith((b"HTTP/1.1 401", b"HTTP/1.1 403", b"HTTP/1.1 413"))
