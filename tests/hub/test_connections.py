"""Connections whose clients do nothing, and answers that break off, in a server with shorter times."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.sync.client import connect

from hub import connections
from hub.connections import HttpConnection, WebSocketConnection
from hub.http import Http
from hub.start import listen
from hub.threads import Threads
from tests.waiting import eventually

SHORT_SECONDS = 0.2
FOR_EVER = 60.0
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Serving:
    """A server in a thread of this process."""

    def __init__(self, application: Any, **settings: Any) -> None:
        self._listening = listen("127.0.0.1", 0)
        self.address: tuple[str, int] = self._listening.getsockname()
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                interface="asgi3",
                lifespan="off",
                http=HttpConnection,
                ws=WebSocketConnection,
                ws_per_message_deflate=False,
                log_config=None,
                access_log=False,
                **settings,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],))
        self._thread.start()

    @property
    def connections(self) -> int:
        return len(self._server.server_state.connections)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def serving(application: Any, **settings: Any) -> Iterator[Serving]:
    server = Serving(application, **settings)
    try:
        yield server
    finally:
        server.stop()


def wsgi(pieces: Callable[[], Iterable[bytes]]) -> Http:
    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "1000000")])
        return pieces()

    return Http(application)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_without_a_request_is_closed_after_a_while(sent: bytes) -> None:
    with (
        serving(wsgi(list), timeout_keep_alive=SHORT_SECONDS) as server,
        socket.create_connection(server.address, timeout=10) as line,
    ):
        line.sendall(sent)
        assert line.recv(100) == b""


def test_an_answer_that_breaks_off_cuts_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000
        raise OSError("The disk is gone.")

    with serving(wsgi(pieces)) as server, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{server.address[1]}/")  # nobody takes a part for the whole
    assert [record.message for record in caplog.records] == ["A response broke off"]


def test_nothing_more_is_read_for_a_client_that_has_left() -> None:
    closed = threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.set()

    with serving(wsgi(pieces)) as server:
        with socket.create_connection(server.address, timeout=10) as line:
            line.sendall(REQUEST)
            assert line.recv(100)
        assert closed.wait(10)


def test_a_body_that_stops_in_the_middle_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.bodies.SILENCE_SECONDS", SHORT_SECONDS)
    with (
        serving(wsgi(list)) as server,
        socket.create_connection(server.address, timeout=10) as line,
    ):
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        assert line.recv(100) == b""


async def speak(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that goes on speaking."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "x" * 100_000})
        await asyncio.sleep(0)


async def say_goodbye(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that says as much as its client lets it, and closes."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "x" * 10_000_000})
    connection = send.__self__
    connection.writable.set()  # as if there were room
    await send({"type": "websocket.close", "code": 1001, "reason": "The hub is about to stop."})


def silent_client(address: tuple[str, int]) -> Any:
    """A client that reads nothing but the answer to its handshake, and answers no ping."""
    client = connect(f"ws://{address[0]}:{address[1]}/", ping_interval=None, max_queue=1, max_size=None)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return client


def test_a_websocket_whose_client_answers_no_ping_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    with serving(speak, ws_ping_interval=SHORT_SECONDS, ws_ping_timeout=SHORT_SECONDS) as server:
        client = silent_client(server.address)
        eventually(lambda: server.connections == 1, "the connection")
        eventually(lambda: server.connections == 0, "its end, though there is more to be sent")
        client.socket.close()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_websocket_whose_client_does_not_take_the_last_words_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "CLOSING_SECONDS", SHORT_SECONDS)
    with serving(say_goodbye, ws_ping_interval=None) as server:
        client = silent_client(server.address)
        eventually(lambda: server.connections == 1, "the connection")
        eventually(lambda: server.connections == 0, "its end, though there is more to be sent")
        client.socket.close()


def test_a_request_that_waits_blocks_nobody_else() -> None:
    """Not even those that come after it, in the order of which threads have their turns."""
    go_on = threading.Event()

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            go_on.wait(FOR_EVER)
        start_response("200 OK", [("Content-Length", "0")])
        return Quick()

    with serving(Http(application)) as server:
        slow = [socket.create_connection(server.address, timeout=10) for _ in range(5)]
        for line in slow:
            line.sendall(REQUEST.replace(b"/ ", b"/slow ", 1))
        with socket.create_connection(server.address, timeout=10) as quick:
            for _ in range(10):
                quick.sendall(REQUEST)
                assert quick.recv(1000).startswith(b"HTTP/1.1 200 OK")
        go_on.set()
        for line in slow:
            assert line.recv(1000).startswith(b"HTTP/1.1 200 OK")
            line.close()


class Quick(list[bytes]):
    streaming = False


def names_of(prefix: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefix)]


def test_a_thread_that_has_worked_works_next() -> None:
    """So that others may end, and their connections to the database with them."""

    async def names() -> set[str]:
        pool = Threads("test", 8)
        return {await pool.run(lambda: threading.current_thread().name) for _ in range(50)}

    assert asyncio.run(names()) == {"test-0"}


def test_threads_that_are_not_needed_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.threads.IDLE_SECONDS", SHORT_SECONDS)
    go_on = threading.Event()

    async def work() -> None:
        pool = Threads("many", 8)
        jobs = [pool.run(go_on.wait, FOR_EVER) for _ in range(12)]
        while len(names_of("many")) < 8:
            await asyncio.sleep(0.01)
        go_on.set()
        assert await asyncio.gather(*jobs) == [True] * 12
        await asyncio.to_thread(eventually, lambda: len(names_of("many")) == 1, "the ends of seven")
        assert await pool.run(int, "7") == 7

    asyncio.run(work())
