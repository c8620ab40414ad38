"""Backpressure, for which ASGI has no word."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Flow:
    """Holds a stream back while daphne has more to send than the client takes.

    daphne would keep all of it in memory. Its protocol object is Twisted's, which tells a producer when to
    pause. Under another server there is always room.
    """

    def __init__(self, send: Send) -> None:
        self._room = asyncio.Event()
        self._room.set()
        held = protocol_of(send)
        self._producer = held if hasattr(held, "registerProducer") and is_open(held) else None
        if self._producer is not None:
            if not hasattr(held, "channel"):
                held.unregisterProducer()  # what spoke HTTP here before the WebSocket
            self._producer.registerProducer(self, True)

    async def room(self) -> None:
        await self._room.wait()

    def pauseProducing(self) -> None:
        self._room.clear()

    def resumeProducing(self) -> None:
        self._room.set()

    def stopProducing(self) -> None:
        self._room.set()

    def end(self) -> None:
        """There is nothing more to come."""
        producer, self._producer = self._producer, None
        if producer is not None and is_open(producer):
            producer.unregisterProducer()

    def abort(self) -> None:
        """Cuts the connection, for a client must not take a part for the whole."""
        if self._producer is not None and is_open(self._producer):
            self._producer.channel.forceAbortClient()


def protocol_of(send: Send) -> Any:
    """daphne's object for the request or WebSocket that `send` answers; None under another server."""
    return send.args[0] if isinstance(send, partial) and send.args else None


def is_open(protocol: Any) -> bool:
    """Whether the connection is still there: a request has a channel then."""
    return getattr(protocol, "channel", protocol) is not None
