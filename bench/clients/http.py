"""A client for HTTP/1.1 that keeps its connection."""

import asyncio
import socket
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

LARGEST_HEAD = 1 << 16


class Failed(Exception):
    """The server answered something else than success. The message has the status and the body."""


class Reply(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        """Raises Failed unless the status is one of success."""
        if not 200 <= self.status < 300:
            raise Failed(f"status {self.status}: {self.body[:500].decode(errors='replace')}")
        return orjson.loads(self.body) if self.body else None


class Connection:
    """One connection, opened when it is needed."""

    def __init__(self, base: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(base)
        assert parts.hostname
        assert parts.port
        self._address = (parts.hostname, parts.port)
        self._headers = "".join(
            f"{name}: {value}\r\n" for name, value in {"host": parts.netloc, **(headers or {})}.items()
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> "Connection":
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request, for `send`; a body is sent as JSON."""
        data = b"" if body is None else orjson.dumps(body)
        about = f"content-type: application/json\r\ncontent-length: {len(data)}\r\n" if data else ""
        return f"{method} {path} HTTP/1.1\r\n{self._headers}{about}\r\n".encode() + data

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=LARGEST_HEAD)
        self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def send(self, request: bytes) -> Reply:
        """Raises OSError or IncompleteReadError when the connection breaks."""
        if self._reader is None or self._writer is None or self._writer.is_closing():
            await self.open()
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        body = await self._body(self._reader, head)
        if b"connection: close" in head:
            self.close()
        return Reply(int(head[9:12]), body)

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        place = head.find(b"content-length:")
        if place >= 0:
            size = int(head[place + 15 : head.index(b"\r\n", place)])
            return await reader.readexactly(size)
        if b"transfer-encoding: chunked" not in head:
            return b""
        chunks = []
        while True:
            size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
            chunks.append((await reader.readexactly(size + 2))[:-2])
            if size == 0:
                return b"".join(chunks)


async def call(
    base: str, method: str, path: str, *, key: str = "", body: Any = None, seconds: float = 3600
) -> Any:
    """One request of its own. What the JSON of the answer says; raises Failed, OSError and TimeoutError."""
    async with asyncio.timeout(seconds):
        async with Connection(base, {"x-api-key": key} if key else {}) as connection:
            return (await connection.send(connection.request(method, path, body))).json()
