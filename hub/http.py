"""HTTP as Django speaks it, WSGI, inside an ASGI server: each request in a thread of a pool."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import SEEK_END
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from api.streaming.asgi import Message, Receive, Send, cut
from api.streaming.sse import EventStream
from hub import bodies
from hub.threads import REQUESTS_AT_ONCE, Threads

log = logging.getLogger(__name__)

POOL = Threads("http", REQUESTS_AT_ONCE)

MOST_OF_ONE_NAME = 100  # headers
JSON = [("Content-Type", "application/json")]

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(slots=True)
class Answer:
    """What the WSGI application answers: all of it as bytes, or what it is streamed from."""

    start: Message = field(default_factory=dict)
    content: Any = b""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        """WSGI's start_response. Header values are Latin-1, as WSGI has them."""
        self.start = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                for name, value in headers
            ],
        }


class Http:
    """The WSGI application as an ASGI application.

    A thread is held until the response begins; a streamed one is then drawn piece by piece, each in any
    thread of the pool, as fast as the client takes it. So a slow client costs no thread, but a streamed
    response must not keep a cursor of the database open between its pieces.
    """

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await bodies.take(scope, receive, send)
        if body is None:
            return
        answer: Answer = await POOL.run(self._answer, scope, body)
        if isinstance(answer.content, bytes):
            await send(answer.start)
            await send({"type": "http.response.body", "body": answer.content})
        elif isinstance(answer.content, EventStream):
            await POOL.run(answer.content.close)
            await send(answer.start)
            await answer.content.follow(scope, receive, send)
        else:
            await send(answer.start)
            await stream(answer.content, scope, receive, send)

    def _answer(self, scope: Message, body: IO[bytes]) -> Answer:
        """In a thread. Closes `body`."""
        answer = Answer()
        with body:
            try:
                environ = environ_of(scope, body)
            except TooManyHeaders:
                answer.start_response("400 Bad Request", JSON)
                answer.content = b'{"error":"Too many headers of one name."}'
                return answer
            response = self._application(environ, answer.start_response)
        is_head = scope["method"] == "HEAD"
        if getattr(response, "streaming", True) and not is_head:
            answer.content = response
            return answer
        try:
            answer.content = b"" if is_head else b"".join(response)
        finally:
            close(response)
        return answer


async def stream(response: Iterable[bytes], scope: Message, receive: Receive, send: Send) -> None:
    """Sends a response piece by piece, as long as the client stays."""
    leaving = asyncio.ensure_future(departure(receive))
    try:
        pieces = iter(response)
        while (piece := await POOL.run(next_piece, pieces)) is not None and not leaving.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except Exception:
        log.exception("A response broke off")
        await cut(scope)  # for a client must not take a part for the whole
        return
    finally:
        leaving.cancel()
        POOL.run(close, response)
    await send({"type": "http.response.body"})


async def departure(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        continue


class TooManyHeaders(Exception):
    """A request has more headers of one name than anybody needs."""


def environ_of(scope: Message, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI has it: all texts are bytes as Latin-1. Raises TooManyHeaders."""
    host, port = scope.get("server") or ("localhost", 80)
    path: bytes = scope["raw_path"]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    several: dict[str, int] = {}
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # it would pass for one with a hyphen, which a proxy may vouch for
        key = environ_name(name)
        text = value.decode("latin-1")
        if key in environ:
            several[key] = several.get(key, 1) + 1
            if several[key] > MOST_OF_ONE_NAME:
                raise TooManyHeaders
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    if "HTTP_TRANSFER_ENCODING" in environ:  # the body came in chunks
        environ["CONTENT_LENGTH"] = str(body.seek(0, SEEK_END))
        body.seek(0)
    return environ


def environ_name(header: bytes) -> str:
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


def next_piece(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


def close(response: Any) -> None:
    """Gives back what a WSGI response holds; Django's also ends its request here."""
    if hasattr(response, "close"):
        response.close()
