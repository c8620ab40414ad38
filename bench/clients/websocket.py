"""A WebSocket client that looks for tokens in what it gets, and for nothing else (RFC 6455)."""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from bench.clients import tokens
from bench.clients.tokens import Token

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

OnToken = Callable[[Token, int], None]


class Listener(asyncio.Protocol):
    """One client. `greeted` is done when the hub has said its first word, `closed` with the close code."""

    def __init__(self, host: str, path: str, key: str, on_token: OnToken) -> None:
        self._request = (
            f"GET {path} HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            f"sec-websocket-version: 13\r\nx-api-key: {key}\r\n"
            f"sec-websocket-key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
        self._on_token = on_token
        self._buffer = bytearray()
        self._is_open = False
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int | None] = loop.create_future()
        self._code: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = tokens.now()
        self._buffer += data
        if self._is_open or self._open():
            self._read_frames(now)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(error or ConnectionError("The hub has closed the WebSocket at once."))
        if not self.closed.done():
            self.closed.set_result(self._code)

    def close(self) -> None:
        self._transport.close()

    def _open(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self._buffer[9:12])
        del self._buffer[: end + 4]
        if status != b"101":
            self.greeted.set_exception(ConnectionError(f"The hub refuses the WebSocket: {status.decode()}."))
            self.close()
            return False
        self._is_open = True
        return True

    def _read_frames(self, now: int) -> None:
        buffer, place, end = self._buffer, 0, len(self._buffer)
        while end - place >= 2:
            size, begin = buffer[place + 1] & 127, place + 2
            if size > 125:
                width = 2 if size == 126 else 8
                if end - begin < width:
                    break
                size, begin = int.from_bytes(buffer[begin : begin + width], "big"), begin + width
            if end - begin < size:
                break
            self._read(buffer[place] & 15, begin, begin + size, now)
            place = begin + size
        del buffer[:place]

    def _read(self, kind: int, begin: int, end: int, now: int) -> None:
        if kind in (TEXT, BINARY, CONTINUATION):
            if not self.greeted.done():
                self.greeted.set_result(None)
            if token := tokens.token_in(self._buffer, begin, end):
                self._on_token(token, now)
        elif kind == PING:
            self._answer(PONG, bytes(self._buffer[begin:end]))
        elif kind == CLOSE:
            self._code = int.from_bytes(self._buffer[begin : begin + 2], "big") if end - begin >= 2 else None
            self.close()

    def _answer(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place & 3] for place, byte in enumerate(payload))
        self._transport.write(bytes([0x80 | kind, 0x80 | len(payload)]) + mask + masked)


async def listen(base: str, path: str, key: str, on_token: OnToken) -> Listener:
    """A client that the hub has greeted. Raises OSError."""
    parts = urlsplit(base)
    assert parts.hostname
    assert parts.port
    loop = asyncio.get_running_loop()
    _, listener = await loop.create_connection(
        lambda: Listener(parts.netloc, path, key, on_token), parts.hostname, parts.port
    )
    await listener.greeted
    return listener
