"""Which function answers which stanza.

``@stanza("message")`` takes a kind of stanza; ``@query("usync")`` answers an ``<iq>`` of a namespace and
returns what goes into the result: one node, several, or None for an empty one. A query nobody answers gets an
empty result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import SERVER

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

log = logging.getLogger(__name__)

Result = Node | list[Node] | None
StanzaHandler = Callable[["Connection", Node], None]
QueryHandler = Callable[["Connection", Node], Result]

_stanzas: dict[str, StanzaHandler] = {}
_queries: dict[str, QueryHandler] = {}


class Refused(Exception):
    """The answer to a query is an error, for instance 404 ``item-not-found``."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


def stanza(tag: str) -> Callable[[StanzaHandler], StanzaHandler]:
    """Registers the function that takes this kind of stanza."""

    def register(handler: StanzaHandler) -> StanzaHandler:
        _stanzas[tag] = handler
        return handler

    return register


def query(namespace: str) -> Callable[[QueryHandler], QueryHandler]:
    """Registers the function that answers queries of this namespace."""

    def register(handler: QueryHandler) -> QueryHandler:
        _queries[namespace] = handler
        return handler

    return register


def route(client: Connection, node: Node) -> None:
    """Gives a stanza to whoever takes it. A handler that fails is logged and costs only its stanza."""
    log.debug("%s > %s", client, node)
    try:
        handler = _stanzas.get(node.tag)
        if handler:
            handler(client, node)
        else:
            log.debug("nobody takes <%s>", node.tag)
    except Exception:
        log.exception("the simulator failed on %s from %s", node, client)


@stanza("iq")
def answer_query(client: Connection, node: Node) -> None:
    """Answers a query, or notes the client's answer to one of ours."""
    if node.text("type") in ("result", "error"):
        client.take_answer(node)
        return
    handler = _queries.get(node.text("xmlns"))
    attrs = {"id": node.text("id"), "from": node.jid("to") or SERVER, "type": "result"}
    try:
        result = handler(client, node) if handler else None
    except Refused as refusal:
        error = Node("error", {"code": refusal.code, "text": refusal.text})
        client.send(Node("iq", attrs | {"type": "error"}, [error]))
        return
    content = [result] if isinstance(result, Node) else result
    client.send(Node("iq", attrs, content))
