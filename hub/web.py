"""The web process, `python -m hub.web`: uvicorn, and how it begins and ends.

It listens where HOST and PORT say, or with `--fd 0` on the socket that it was started with.
"""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
from typing import Any

import uvicorn

from hub.asgi import application  # which sets Django up: first of all

# isort: split
from django.conf import settings
from django.db import DatabaseError

from api.streaming.listeners import LISTENERS, in_pool
from hub.connections import HttpConnection, WebSocketConnection
from hub.door import Door, Shares
from hub.start import listen
from whatsapp import processes
from whatsapp.models import Process

log = logging.getLogger("hub.web")

SILENCE_SECONDS = 60  # after which a connection without a request is closed; more than proxies keep theirs
PING_SECONDS = 30.0  # between two pings to a WebSocket's client, and until its answer
LONGEST_MESSAGE = 65_536  # bytes, of a WebSocket's client
GOODBYE_SECONDS = 0.1  # that the last words have to get into the sockets
ENDING_SECONDS = 2.0  # that requests have to be answered in


class Server(uvicorn.Server):
    """uvicorn's, that shares its socket with others, and whose end is told."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, shares: Shares) -> None:
        super().__init__(config)
        self._listening = listening
        self._shares = shares
        self._coming: set[asyncio.Task[None]] = set()  # connections that were accepted just now

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._door = Door(self._listening, self._shares, self._count, self._welcome)
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        self._door.tell()
        return await super().on_tick(counter)

    def _count(self) -> int:
        return len(self.server_state.connections) + len(self._coming)

    def _welcome(self, connection: socket.socket) -> None:
        coming = asyncio.ensure_future(self._connect(connection))
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)

    async def _connect(self, connection: socket.socket) -> None:
        state, app_state = self.server_state, dict[str, Any]()
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(
            lambda: HttpConnection(self.config, state, app_state, loop), connection
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listeners are told that it is about to stop; requests are answered that can be, and the others are
        cut, for their clients can't be told what becomes of their acts."""
        self._door.close()
        LISTENERS.dismiss_all()
        goodbye = asyncio.ensure_future(asyncio.sleep(GOODBYE_SECONDS))
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await in_pool(processes.end, Process.Kind.WEB)
        except (DatabaseError, TimeoutError) as error:
            log.warning("The process's row can't be taken away: %s", error or "the database is busy")
        await goodbye
        connections = self.server_state.connections
        for connection in list(connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                while connections:
                    await asyncio.sleep(0.05)
        for connection in list(connections):
            connection.transport.abort()


def configuration() -> uvicorn.Config:
    return uvicorn.Config(
        application,
        interface="asgi3",
        lifespan="off",
        loop="uvloop",
        http=HttpConnection,
        ws=WebSocketConnection,
        ws_max_size=LONGEST_MESSAGE,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,
        timeout_keep_alive=SILENCE_SECONDS,
        log_config=None,  # Django's is in force
        access_log=False,
        proxy_headers=False,  # see PROXIES, and api/guesses.py
        server_header=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="hub.web", description=__doc__)
    parser.add_argument("--fd", type=int, help="the number of the listening socket")
    parser.add_argument(
        "--number", type=int, default=0, help="its own, of WEB_PROCESSES that share the socket"
    )
    options = parser.parse_args()
    if options.fd is None:
        listening = listen(settings.HOST, settings.PORT)
    else:
        listening = socket.socket(fileno=options.fd)
    shares = Shares(settings.DATA_DIR / "web-connections", options.number, settings.WEB_PROCESSES)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which the server sends anew when it has ended
    with contextlib.suppress(KeyboardInterrupt):
        Server(configuration(), listening, shares).run()


if __name__ == "__main__":
    main()
