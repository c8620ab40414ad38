"""The WebSocket: the same events as the event stream's, and let in by the same view."""

import asyncio
import logging
import time
from io import BytesIO
from typing import Any

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.handlers.asgi import ASGIRequest
from django.http.response import HttpResponseBase

from api.renderers import dumps
from api.streaming.asgi import cut
from api.streaming.listeners import LISTENERS, Farewell, Listener, in_pool
from api.streaming.sse import EventStream
from api.views.streams import EventStreamViewSet
from whatsapp.following import NoSuchEvents, parse_prefixes

log = logging.getLogger(__name__)

FAILED = 1011
BAD_REQUEST = 4400
TOO_MANY = 4029
# The status that the view answers with → how the WebSocket is closed.
CLOSE_CODES = {400: BAD_REQUEST, 401: 4001, 403: 4003, 429: TOO_MANY}

LONGEST_REASON = 123  # bytes
MOST_MESSAGES = 100  # that a client may send in so many seconds
MESSAGES_SECONDS = 10.0
FAREWELL_SECONDS = 5.0  # that a client has to take what it is told last

VIEW = EventStreamViewSet.as_view({"get": "stream"})


def ask(scope: dict[str, Any]) -> HttpResponseBase:
    """What the view of the event stream answers to this handshake."""
    return VIEW(ASGIRequest({**scope, "type": "http", "method": "GET"}, BytesIO()))


class EventSocket(AsyncWebsocketConsumer):
    """A client of /ws. It is always accepted first: a browser learns nothing of a handshake that failed, but
    it does learn the close code."""

    listener: Listener | None = None
    feeding: asyncio.Task[None] | None = None
    dismissing: asyncio.Task[None] | None = None
    _messages = 0
    _messages_since = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.leave()

    async def connect(self) -> None:
        await self.accept()
        answer = await in_pool(ask, self.scope)
        if not isinstance(answer, EventStream):
            await self.refuse(CLOSE_CODES.get(answer.status_code, FAILED), sentence_of(answer))
            return
        self.listener = LISTENERS.enter(answer.admission, self.dismiss)
        await self.send(text_data=dumps(answer.admission.hello()).decode())
        self.feeding = asyncio.ensure_future(self.feed(self.listener))

    async def feed(self, listener: Listener) -> None:
        try:
            await listener.follow(self.tell)
        except OSError:  # as ASGI says it
            log.debug("A client has left while it was told an event")
        except Exception:
            log.exception("A WebSocket can't be fed any more")
            await self.end(FAILED, "The hub has failed; its log says why.")

    async def tell(self, event_id: int, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """What a client may say: another filter, and ping, for browsers can't send the protocol's own."""
        if self.listener is None:
            return
        if self.is_flooded():
            await self.refuse(
                TOO_MANY, f"{MOST_MESSAGES} messages in {MESSAGES_SECONDS:g} seconds are enough."
            )
            return
        try:
            said = orjson.loads(text_data or bytes_data or b"")
            kind = said["type"]
        except (ValueError, TypeError, KeyError):
            await self.complain('A message must be a JSON object with a "type": subscribe or ping.')
            return
        if kind == "ping":
            await self.say("pong", {})
        elif kind == "subscribe":
            await self.subscribe(self.listener, said.get("events"))
        else:
            await self.complain("type: this must be subscribe or ping.")

    async def subscribe(self, listener: Listener, words: Any) -> None:
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            await self.complain(
                "events: this must be a list of prefixes; an empty one stands for all events."
            )
            return
        try:
            prefixes = parse_prefixes(words)
        except NoSuchEvents as error:
            await self.complain(f"events: {error}")
            return
        listener.want(prefixes)
        await self.say("subscribed", {"events": list(prefixes)})

    async def disconnect(self, code: int) -> None:
        self.leave()

    async def say(self, kind: str, data: dict[str, Any]) -> None:
        text = dumps({"type": kind, "timestamp": int(time.time() * 1000), "data": data}).decode()
        await self.send(text_data=text)

    async def complain(self, sentence: str) -> None:
        await self.say("error", {"message": sentence})

    async def refuse(self, code: int, sentence: str) -> None:
        """Says why, then closes: most clients show the close code alone."""
        self.leave()
        await self.say("error", {"code": code, "message": sentence})
        await self.end(code, sentence)

    async def end(self, code: int, sentence: str) -> None:
        """Closes with a code and a reason."""
        await self.close(code, shortened(sentence))

    def dismiss(self, why: Farewell) -> None:
        """What is closed for is said by the code, and in words."""
        self.dismissing = asyncio.ensure_future(self.part(why))

    async def part(self, why: Farewell) -> None:
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self.refuse(why.value, why.sentence)
        except TimeoutError:
            await cut(self.scope)  # it takes nothing
        except OSError:
            log.debug("A client has left while it was told why")

    def leave(self) -> None:
        if self.feeding is not None:
            self.feeding.cancel()
            self.feeding = None
        if self.listener is not None:
            LISTENERS.leave(self.listener)
            self.listener = None

    def is_flooded(self) -> bool:
        now = time.monotonic()
        if now - self._messages_since > MESSAGES_SECONDS:
            self._messages, self._messages_since = 0, now
        self._messages += 1
        return self._messages > MOST_MESSAGES


def shortened(sentence: str) -> str:
    """As much of it as a close frame holds."""
    return sentence.encode()[:LONGEST_REASON].decode(errors="ignore")


def sentence_of(answer: HttpResponseBase) -> str:
    data: Any = getattr(answer, "data", None) or {}
    return str(data.get("message") or data.get("error") or "The connection can't be made.")
