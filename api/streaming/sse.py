"""The event stream: server-sent events, for those who would rather not speak WebSocket."""

import asyncio
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from api.renderers import dumps
from api.streaming.admission import Admission
from api.streaming.asgi import Message, Receive, Send, cut
from api.streaming.listeners import LISTENERS

KEEP_ALIVE_SECONDS = 15.0
RETRY_MILLISECONDS = 2_000
FAREWELL_SECONDS = 5.0  # that a client has to take the end of the stream


class EventStream(StreamingHttpResponse):
    """The answer to whoever may listen. It is sent by `follow`, on the server's event loop, so that no thread
    is held by somebody who waits."""

    def __init__(self, admission: Admission) -> None:
        super().__init__(
            unserved(),
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self.admission = admission

    async def follow(self, scope: Message, receive: Receive, send: Send) -> None:
        """Sends events until the client leaves or is dismissed."""
        dismissed = asyncio.Event()
        listener = LISTENERS.enter(self.admission, lambda why: dismissed.set())

        async def write(text: str) -> None:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

        async def tell(event_id: int, text: str) -> None:
            await write(f"id: {event_id}\ndata: {text}\n\n")

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue

        tasks = [asyncio.ensure_future(task) for task in (listener.follow(tell), watch(), dismissed.wait())]
        try:
            await write(f"retry: {RETRY_MILLISECONDS}\ndata: {dumps(self.admission.hello()).decode()}\n\n")
            while not (await asyncio.wait(tasks, timeout=KEEP_ALIVE_SECONDS, return_when="FIRST_COMPLETED"))[
                0
            ]:
                await write(": still here\n\n")
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            LISTENERS.leave(listener)
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await send({"type": "http.response.body"})
        except TimeoutError:
            await cut(scope)  # it takes nothing


def unserved() -> Iterator[bytes]:
    raise RuntimeError("An event stream is served by the hub's own server (hub/http.py) alone.")
    yield b""
