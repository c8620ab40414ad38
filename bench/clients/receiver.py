"""A receiver of webhooks."""

import asyncio
from typing import cast

from bench.clients import tokens
from bench.clients.tokens import Arrivals

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"


class Receiver:
    """Answers each delivery `delay` seconds after it came, and notes the live messages in them."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.arrivals = Arrivals("")
        self.transports: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Begins to listen; the URL for the hub."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Delivery(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for transport in list(self.transports):
            transport.abort()

    def begin(self, run: str) -> None:
        """From here on the messages of that run count."""
        self.arrivals = Arrivals(run)


class Delivery(asyncio.Protocol):
    """One connection of the hub's, with one delivery after another."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._receiver.transports.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._receiver.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (size := self._whole_request()) is not None:
            token = tokens.token_in(self._buffer, 0, size)
            if token:
                self._receiver.arrivals.note(token, tokens.now())
            del self._buffer[:size]
            if self._receiver.delay:
                asyncio.get_running_loop().call_later(self._receiver.delay, self._answer)
            else:
                self._answer()

    def _whole_request(self) -> int | None:
        """How many bytes the first request has, once all of it is there."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._buffer[:end]).lower()
        _, _, rest = head.partition(b"content-length:")
        size = end + 4 + int(rest.partition(b"\r\n")[0])
        return size if len(self._buffer) >= size else None

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)
