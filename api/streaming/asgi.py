"""What an ASGI server hands over, and the one thing that ASGI has no word for."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ABORT = "hub.abort"  # an extension of the hub's own server (hub/connections.py)


def offer_abort(scope: Message, abort: Callable[[], None]) -> None:
    scope.setdefault("extensions", {})[ABORT] = abort


async def cut(scope: Message) -> None:
    """Cuts the connection, and drops what the client has not taken yet."""
    scope["extensions"][ABORT]()
    await asyncio.sleep(0)  # then the server knows, too
