"""The HTTP CONNECT proxy that leads a client to the simulator instead of WhatsApp.

A client asks for ``web.whatsapp.com:443`` or some ``*.whatsapp.net:443``; the proxy says yes, speaks TLS with
the simulator's certificate on the same connection and hands it to the chat server or the media server.
Nothing is ever sent further than this process.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from whatsapp.simulator.connections import drop

log = logging.getLogger(__name__)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CHAT_HOST = "web.whatsapp.com"
MEDIA_DOMAIN = ".whatsapp.net"

#: How long a client may take to agree that a connection is over.
CLOSE_SECONDS = 1.0

#: How long the event loop may take for what it has begun.
SETTLE_SECONDS = 0.01


class Proxy:
    """Listens on loopback. While ``reachable`` is False it drops every new connection."""

    def __init__(self, context: ssl.SSLContext, chat: Handler, media: Handler) -> None:
        self._context = context
        self._chat = chat
        self._media = media
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        self.reachable = True
        self.port = 0

    @property
    def url(self) -> str:
        """What a client's proxy setting must be."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Starts listening: on the given port if it is free, else on any."""
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        except OSError:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stops listening and drops every connection."""
        # What was accepted a moment ago must become a task first: asyncio loses it when its server is closed.
        await asyncio.sleep(SETTLE_SECONDS)
        if self._server:
            self._server.close()
        for writer in self._writers.values():
            drop(writer)
        await asyncio.gather(*self._writers, return_exceptions=True)
        # A dropped connection's socket is closed by a callback of its own.
        await asyncio.sleep(SETTLE_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._writers[task] = writer
        try:
            handler = await self._handler_for(reader, writer)
            if handler:
                await writer.start_tls(self._context)
                await handler(reader, writer)
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ssl.SSLError,
        ) as error:
            log.debug("a connection ended: %s", error)
        except Exception:
            log.exception("the simulator failed to serve a connection")
        finally:
            await _close(writer)
            del self._writers[task]

    async def _handler_for(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Handler | None:
        """Answers the CONNECT request. None when it was refused."""
        if not self.reachable:
            return None
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, *_ = request.split(maxsplit=2)
        host, _, port = target.rpartition(":")
        handler = {CHAT_HOST: self._chat}.get(host) or (self._media if host.endswith(MEDIA_DOMAIN) else None)
        if method != "CONNECT" or port != "443" or handler is None:
            log.warning("the simulator refused %s %s: it knows only WhatsApp's hosts", method, target)
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return None
        # No await between this answer and start_tls: the client's TLS hello must not be read as plain bytes.
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return handler


async def _close(writer: asyncio.StreamWriter) -> None:
    """Ends a connection after what was sent; drops it if the client doesn't agree in time."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), CLOSE_SECONDS)
    except (TimeoutError, OSError) as error:
        log.debug("a connection was dropped: %s", error)
        drop(writer)
