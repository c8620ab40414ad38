"""The keys that devices leave with the server, with which others begin an encrypted conversation."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Device, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

#: Below this many the server asks for more.
LOW_WATER = 10

KEY_TYPE = b"\x05"


@query("encrypt")
def encrypt(client: Connection, iq: Node) -> Result:
    """Keeps keys (set), counts them, or hands out one bundle for each device asked for."""
    if iq.text("type") == "set":
        return _keep(client.owner, iq)
    if iq.child("count"):
        return Node("count", {"value": len(client.owner.pre_keys)})
    wanted = iq.child("key")
    if wanted is None:
        raise Refused(400, "bad-request")
    return Node("list", {}, [_bundle(client, user) for user in wanted.all("user")])


def _keep(device: Device, iq: Node) -> Result:
    for part in iq.children:
        if part.tag == "registration":
            device.registration = part.data
        elif part.tag == "identity":
            device.identity = part.data
        elif part.tag == "skey":
            device.signed_pre_key = part
        elif part.tag == "list":
            device.pre_keys = deque(part.children)
    return None


def _bundle(client: Connection, user: Node) -> Node:
    jid = user.jid("jid")
    device = client.world.directory.device(jid)
    if device is None or device.signed_pre_key is None:
        return Node("user", {"jid": jid}, [Node("error", {"code": 404, "text": "item-not-found"})])
    bundle = [
        Node("registration", {}, device.registration),
        Node("type", {}, KEY_TYPE),
        Node("identity", {}, device.identity),
        device.signed_pre_key,
    ]
    if device.pre_keys:
        bundle.append(device.pre_keys.popleft())
    if len(device.pre_keys) == LOW_WATER:
        count = Node("count", {"value": len(device.pre_keys)})
        device.mailbox.put(Node("notification", {"from": SERVER, "id": new_id(), "type": "encrypt"}, [count]))
    if device.device_identity:
        bundle.append(Node("device-identity", {}, device.device_identity))
    return Node("user", {"jid": jid}, bundle)
