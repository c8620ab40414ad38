"""What a client asks around its login, and small queries that want a fixed answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.router import Result, query, stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection


@query("passive")
def passive(client: Connection, iq: Node) -> Result:
    """``<active/>`` means: ready for what comes. Mail follows the answer."""
    if iq.child("active"):
        client.world.loop.call_soon(_deliver, client)
    return None


def _deliver(client: Connection) -> None:
    if client.device:
        client.activate()
        client.device.ready.set()


@query("w:p")
def keep_alive(client: Connection, iq: Node) -> Result:
    """A client's sign of life."""
    return None


@query("w:m")
def media_connection(client: Connection, iq: Node) -> Result:
    """Where media is uploaded to and downloaded from."""
    attrs = {"auth": "simulator", "ttl": 300, "auth_ttl": 21_600, "max_buckets": 12}
    return Node("media_conn", attrs, [Node("host", {"hostname": "mmg.whatsapp.net"})])


@stanza("ib")
def information(client: Connection, node: Node) -> None:
    """What a client mentions about its session; nothing depends on it."""


@query("urn:xmpp:whatsapp:push")
def push(client: Connection, iq: Node) -> Result:
    """Push registrations: the simulator pushes to nobody."""
    return None


@query("urn:xmpp:ping")
def ping(client: Connection, iq: Node) -> Result:
    """The answer to a ping carries the time."""
    return Node("pong", {"from": SERVER, "t": int(time.time())})
