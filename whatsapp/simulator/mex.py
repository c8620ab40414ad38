"""WhatsApp's GraphQL (``w:mex``): numbered questions with variables, answered in JSON.

Facts from whatsmeow's ``newsletter.go`` and ``user.go``, which name the numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from whatsapp.simulator.binary import Node
from whatsapp.simulator.profiles import set_about
from whatsapp.simulator.router import Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

#: Takes the variables and returns the data, by the names that the client looks for.
Resolver = Callable[["Connection", dict[str, Any]], dict[str, Any]]
_resolvers: dict[str, Resolver] = {}

UPDATE_ABOUT = "9152604461510864"


class GraphError(Exception):
    """The answer is an error: a code and what it means."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


def resolver(number: str) -> Callable[[Resolver], Resolver]:
    """Registers the function that answers the question with this number."""

    def register(function: Resolver) -> Resolver:
        _resolvers[number] = function
        return function

    return register


@query("w:mex")
def graph_query(client: Connection, iq: Node) -> Result:
    """The answer to a numbered question; nothing to one that the simulator doesn't know."""
    asked = iq.child("query")
    answer = _resolvers.get(asked.text("query_id")) if asked else None
    if asked is None or answer is None:
        return Node("result", {}, b'{"data":{}}')
    try:
        reply: dict[str, Any] = {"data": answer(client, json.loads(asked.data)["variables"])}
    except GraphError as error:
        extensions = {"error_code": error.code, "is_retryable": False, "severity": "CRITICAL"}
        reply = {"data": None, "errors": [{"message": error.text, "extensions": extensions}]}
    return Node("result", {}, json.dumps(reply).encode())


@resolver(UPDATE_ABOUT)
def update_about(client: Connection, variables: dict[str, Any]) -> dict[str, Any]:
    """A new about text."""
    set_about(client.world, client.owner.account, variables["input"].get("text") or "")
    return {}
