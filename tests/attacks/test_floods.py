"""WebSockets whose clients say or swallow too much: their memory is bounded, and others go on."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import psutil
import pytest
from django.conf import settings
from websockets.sync.client import connect

from tests.api.conftest import Hub
from tests.attacks.table import tried
from tests.waiting import eventually

MEGABYTE = 1 << 20
ALLOWED = 12 * MEGABYTE  # that the process may grow by
HANDSHAKE = (
    "GET /ws{} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
KEY = f"?api_key={settings.API_KEY}"
TEXT, CONTINUATION, PING, PONG = 0x1, 0x0, 0x9, 0xA


def frame(kind: int, data: bytes, *, is_last: bool = True, size: int | None = None) -> bytes:
    """A client's frame, which may claim another size than it has."""
    length = len(data) if size is None else size
    head = bytes([kind | (0x80 if is_last else 0)])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 1 << 16:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + b"\0\0\0\0" + data


@contextmanager
def raw_socket(hub: Hub, query: str = KEY) -> Iterator[socket.socket]:
    """A WebSocket whose client reads nothing but what a test asks it to."""
    url = httpx.URL(hub.url)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(2)
        line.connect((url.host, url.port))
        line.sendall(HANDSHAKE.format(query).encode())
        assert line.recv(12) == b"HTTP/1.1 101"
        yield line


def flood(line: socket.socket, data: bytes, most: int) -> int:
    """Sends it again and again, until so many bytes are sent or the server takes no more. Returns how many
    were taken."""
    sent = 0
    try:
        while sent < most:
            line.sendall(data)
            sent += len(data)
    except OSError:
        return sent  # it has closed the connection, or takes nothing any more
    return sent


def close_code(line: socket.socket) -> int | None:
    """Of the close frame in what comes; None when the connection ends without one, as when the server still
    had something to read."""
    heard = b""
    with suppress(ConnectionResetError):
        while piece := line.recv(65536):
            heard += piece
    place = heard.rfind(b"\x88")
    return int(struct.unpack(">H", heard[place + 2 : place + 4])[0]) if place >= 0 else None


FLOODS = {
    "pings": frame(PING, b"x" * 125) * 2000,
    "pongs": frame(PONG, b"x" * 125) * 2000,
    "messages": frame(TEXT, b'{"type": "ping"}') * 2000,
    "large messages": frame(TEXT, b"x" * 65_000) * 4,
    "subscriptions": frame(TEXT, b'{"type": "subscribe", "events": []}') * 2000,
    "deep JSON": frame(TEXT, b"[" * 60_000) * 4,
    "empty messages": frame(TEXT, b"") * 2000,
}


WHO = [*((kind, KEY) for kind in FLOODS), ("pings", ""), ("messages", "")]


@pytest.mark.parametrize(("kind", "query"), WHO)
@tried("floods by clients that read nothing", lambda: ["ws"], lambda: FLOODS)
def test_a_flood_fills_no_memory_and_holds_up_nobody(hub: Hub, kind: str, query: str) -> None:
    process = psutil.Process(hub.process.pid)
    with connect(hub.url.replace("http", "ws") + "/ws" + KEY) as other, raw_socket(hub, query) as line:
        assert "ws_connected" in str(other.recv(timeout=10))
        before = process.memory_info().rss
        flood(line, FLOODS[kind], 16 * MEGABYTE if kind == "pings" else 3 * MEGABYTE)
        assert process.memory_info().rss - before < ALLOWED
        other.send('{"type": "ping"}')
        assert "pong" in str(other.recv(timeout=10))
    with hub.client() as client:
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"x", size=65_537), 1009),
        (frame(TEXT, b"x", size=2**62), 1009),
        (frame(TEXT, b"x" * 40_000, is_last=False) + frame(CONTINUATION, b"x" * 40_000), 1009),
        (frame(TEXT, b"", is_last=False) + frame(CONTINUATION, b"", is_last=False) * 2000, 1009),
        (frame(TEXT, b"x", is_last=False) + frame(CONTINUATION, b"x", is_last=False) * 2000, 1009),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(PING, b"x" * 126), 1002),
        (frame(0x3, b"x"), 1002),
        (frame(CONTINUATION, b"x"), 1002),
    ],
)
@tried("frames and messages without end, and frames that are none", lambda: ["ws"])
def test_what_is_too_large_or_no_frame_ends_the_connection(hub: Hub, sent: bytes, code: int) -> None:
    with raw_socket(hub) as line:
        flood(line, sent, 1)
        line.settimeout(10)
        assert close_code(line) in (code, None)


@tried("many connections at once", lambda: ["ws"])
def test_many_connections_go_as_they_have_come(hub: Hub) -> None:
    process = psutil.Process(hub.process.pid)
    with connect(hub.url.replace("http", "ws") + "/ws" + KEY) as other:
        before = process.memory_info().rss
        lines = []
        for _ in range(200):
            opened = raw_socket(hub, "")
            opened.__enter__()
            lines.append(opened)
        assert process.memory_info().rss - before < ALLOWED
        assert "ws_connected" in str(other.recv(timeout=10))
        for opened in lines:
            opened.__exit__(None, None, None)
    eventually(lambda: len(process.net_connections("tcp")) < 20, "the hub to let go of them")
