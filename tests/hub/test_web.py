"""Odd requests, and what is not said: the web process as strangers meet it."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.api.conftest import Hub, running_hub

KEY = settings.API_KEY
HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)

MANY = "a: b\r\n" * 200


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub"), LOG_LEVEL="trace") as running:
        yield running


def log_of(hub: Hub) -> str:
    return (Path(hub.environment["DATA_DIR"]) / "web.log").read_text(errors="replace")


def line_to(hub: Hub) -> socket.socket:
    url = httpx.URL(hub.url)
    return socket.create_connection((url.host, url.port or 0), timeout=10)


def said_to(hub: Hub, sent: bytes) -> bytes:
    """All that the hub answers until it closes the connection."""
    with line_to(hub) as line:
        line.sendall(sent)
        return rest_of(line)


def rest_of(line: socket.socket) -> bytes:
    answer = b""
    while piece := line.recv(65536):
        answer += piece
    return answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET \xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 40_000 + b"\r\n\r\n", 400),
        (b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_in_words(hub: Hub, sent: bytes, status: int) -> None:
    head, _, body = said_to(hub, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert body.startswith(b'{"error":"')
    assert "Traceback" not in log_of(hub)


def test_headers_without_an_end_are_not_read_for_ever(hub: Hub) -> None:
    with line_to(hub) as line:
        line.sendall(b"GET / HTTP/1.1\r\nx: ")
        answer = b""
        while not answer:
            line.sendall(b"y" * 10_000)
            line.settimeout(0.1)
            try:
                answer = line.recv(65536)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent",
    [
        f"POST /ws HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}\r\n",
        f"GET /ws HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}Content-Length: 3\r\n\r\nabc",
        f"GET /ws?{'x' * 10_000} HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}\r\n",
        f"GET /ws HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}{MANY}\r\n",
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: x\r\n\r\n",
    ],
)
def test_what_is_no_handshake_is_refused(hub: Hub, sent: str) -> None:
    assert said_to(hub, sent.encode()).startswith(b"HTTP/1.1 4")
    assert "Traceback" not in log_of(hub)


def test_who_offers_another_protocol_is_answered_in_this_one(hub: Hub) -> None:
    url, offer = httpx.URL(hub.url), {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}
    line = http.client.HTTPConnection(url.host, url.port, timeout=10)
    for _ in range(2):
        line.request("GET", "/health", headers=offer)
        answer = line.getresponse()
        assert (answer.status, answer.read()[:15]) == (200, b'{"status":"ok",')
    line.close()


def test_neither_the_server_nor_its_clients_are_named(hub: Hub) -> None:
    """No header says which program answers, and no log who asked for what, or by which key."""
    answer = httpx.get(f"{hub.url}/api/chats?api_key={KEY}")
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert "date" in answer.headers
    with connect(f"{hub.url.replace('http', 'ws')}/ws?api_key={KEY}") as client:
        assert client.recv(timeout=10)
        assert client.protocol.extensions == []  # compressing would cost memory for each client
    assert KEY not in log_of(hub)
    assert "/api/chats" not in log_of(hub)


def test_an_address_that_is_made_up_is_not_believed(tmp_path: Path) -> None:
    """Without PROXIES, not even of a program on the same machine."""
    with running_hub(tmp_path) as hub:
        statuses = [
            httpx.get(
                f"{hub.url}/api/chats",
                headers={"x-api-key": f"guess-{number}", "x-forwarded-for": f"192.0.2.{number}"},
            ).status_code
            for number in range(41)  # a new minute may begin once
        ]
    assert statuses[:20] == [401] * 20
    assert 429 in statuses


def test_a_header_with_an_underscore_passes_for_no_other(hub: Hub) -> None:
    assert httpx.get(f"{hub.url}/api/chats", headers={"x_api_key": KEY}).status_code == 401


def test_headers_of_one_name_are_joined(hub: Hub) -> None:
    """As a proxy's own list of addresses comes; and cookies in their own way."""
    cookies = [("cookie", "csrftoken=" + "x" * 32), ("cookie", f"hub_session_{settings.PORT}=nobody's")]
    answer = httpx.get(f"{hub.url}/api/chats", headers=[("x-api-key", "a"), ("x-api-key", "b")])
    assert answer.status_code == 401
    assert httpx.get(f"{hub.url}/login", headers=cookies).status_code == 200


def test_who_asks_before_sending_is_told_to_go_on(hub: Hub) -> None:
    body = b'{"jid": "15550100", "text": "x", "nonsense": 1}'
    head = (
        f"POST /api/actions/send/text HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with line_to(hub) as line:
        line.sendall(head.encode())
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert b"WhatsApp is not connected" in rest_of(line)


def test_a_body_that_the_disk_does_not_take_is_refused(hub: Hub) -> None:
    process = psutil.Process(hub.process.pid)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        with hub.client() as client:
            answer = client.post("/api/actions/send/image", content=bytes(3_000_000))
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, before)
    assert answer.status_code == 507
    assert answer.json() == {"error": "The hub's disk doesn't take the body."}


def test_a_message_of_a_client_has_its_limit(hub: Hub) -> None:
    with connect(f"{hub.url.replace('http', 'ws')}/ws?api_key={KEY}") as client:
        client.recv(timeout=10)
        client.send("x" * 65_536)
        assert "must be a JSON object" in str(client.recv(timeout=10))
        client.send("x" * 65_537)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
