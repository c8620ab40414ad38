"""HTTP as Django speaks it, WSGI, inside an ASGI server: each request in a thread of its own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from os import SEEK_END
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from asgiref.wsgi import WsgiToAsgi, WsgiToAsgiInstance

from api.streaming.flow import Flow, Message, Receive, Send, protocol_of
from api.streaming.sse import EventStream
from hub.bodies import Request

log = logging.getLogger(__name__)

# Requests may wait for WhatsApp, each in a thread; a thread also keeps its connection to the database.
THREADS = 32

BODY_IN_MEMORY = 64 * 1024


class Threads(Executor):
    """A pool of threads that do not outlive the server.

    Python waits at its end for the threads of its own pool, so that a hub would stop only when the last
    request has waited for its act. No client could be told the result any more.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        job: Future[Any] = Future()
        self._jobs.put((job, partial(fn, *args, **kwargs)))
        with self._lock:
            if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
                name = f"http-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()
        return job

    def _work(self) -> None:
        while True:
            job, run = self._jobs.get()
            if job.set_running_or_notify_cancel():
                try:
                    job.set_result(run())
                except BaseException as error:
                    job.set_exception(error)
            del job, run  # nothing of a request is kept while waiting for the next
            self._idle.release()


POOL = Threads(THREADS)


class Http(WsgiToAsgi):
    """The WSGI application, each of whose requests has a thread of POOL."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        exchange = Exchange(self.wsgi_application, self.duplicate_header_limit)  # type: ignore[no-untyped-call]  # asgiref has no types
        await exchange(scope, receive, send)


class Exchange(WsgiToAsgiInstance):
    """One request and its response.

    asgiref's own runs all requests in one thread, never closes a response, and fails on a header that is
    not ASCII. Here the thread is held until the response begins; a streamed one is then drawn piece by
    piece, each in any thread of the pool, as fast as the client takes it. So a slow client costs no
    thread, but a streamed response must not keep a cursor of the database open between its pieces.
    """

    gone = False  # the client has left

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        protocol = protocol_of(send)
        body = protocol.take_body() if isinstance(protocol, Request) else None
        if body is None:
            body = SpooledTemporaryFile(max_size=BODY_IN_MEMORY)  # noqa: SIM115  (its thread closes it)
        if not await self._take_body(receive, body):
            body.close()
            return
        job = POOL.submit(self._call, body)
        try:
            response = await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            self._abandon(job, body)
            raise
        if isinstance(response, EventStream):
            await self._follow(response, receive, send)
            return
        await send(self.response_start)
        if isinstance(response, bytes):
            await send({"type": "http.response.body", "body": response})
        else:
            await self._stream(response, receive, send)

    async def _take_body(self, receive: Receive, body: IO[bytes]) -> bool:
        """Writes what of the request's body is not there yet into `body`. False when the client left before
        its end."""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return False
            body.write(message.get("body", b""))
            if not message.get("more_body"):
                body.seek(0)
                return True

    def _call(self, body: IO[bytes]) -> bytes | Iterable[bytes]:
        """In a thread: the whole of the response, or what it is streamed from. Closes `body`."""
        try:
            try:
                environ = self.build_environ(self.scope, body)  # type: ignore[no-untyped-call]  # asgiref has no types
            except ValueError as error:
                log.warning("A request was refused: %s", error)
                self.start_response("400 Bad Request", [("Content-Type", "application/json")])
                return b'{"error":"Too many headers of one name."}'
            if "CONTENT_LENGTH" not in environ:  # of a body that came in chunks
                environ["CONTENT_LENGTH"] = str(body.seek(0, SEEK_END) or body.tell())
                body.seek(0)
            response = self.wsgi_application(environ, self.start_response)
        finally:
            body.close()
        if getattr(response, "streaming", True) and not self.gone:
            return response  # type: ignore[no-any-return]  # asgiref's wsgi_application has no type
        try:
            return b"" if self.gone or self.scope["method"] == "HEAD" else b"".join(response)
        finally:
            close(response)

    def start_response(
        self, status: str, response_headers: list[tuple[str, str]], exc_info: Any = None
    ) -> None:
        """WSGI's start_response. Header values are Latin-1, as WSGI has them."""
        self.response_start = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                for name, value in response_headers
            ],
        }

    def _abandon(self, job: Future[Any], body: IO[bytes]) -> None:
        """The server has given up on this request: what its thread still returns is closed."""
        self.gone = True
        if job.cancelled():
            body.close()  # no thread had begun
        else:
            job.add_done_callback(lambda done: None if done.exception() else close(done.result()))

    async def _stream(self, response: Iterable[bytes], receive: Receive, send: Send) -> None:
        flow = Flow(send)
        watch = asyncio.ensure_future(self._watch(receive, flow))
        try:
            pieces = iter(response)
            while (piece := await in_thread(next_piece, pieces)) is not None and not self.gone:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await flow.room()
        except Exception:
            log.exception("A response broke off")
            flow.abort()
        finally:
            self.gone = True
            watch.cancel()
            flow.end()
            # Not awaited: the server may be cancelling this very task.
            POOL.submit(close, response)
        await send({"type": "http.response.body"})

    async def _follow(self, response: EventStream, receive: Receive, send: Send) -> None:
        """A response that is written on the event loop, for as long as the client stays."""
        await in_thread(close, response)
        await send(self.response_start)
        if self.scope["method"] == "HEAD":
            await send({"type": "http.response.body"})
        else:
            await response.follow(receive, send)

    async def _watch(self, receive: Receive, flow: "Flow") -> None:
        """Notes that the client has left, so that nothing more is read for it."""
        while (await receive())["type"] != "http.disconnect":
            continue
        self.gone = True
        flow.resumeProducing()


def next_piece(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


def close(response: Any) -> None:
    """Gives back what a WSGI response holds; Django's also ends its request here."""
    if hasattr(response, "close"):
        response.close()


async def in_thread(function: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(POOL, function, *args)
