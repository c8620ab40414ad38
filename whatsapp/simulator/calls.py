"""Calls. Only their signals exist here: nobody can talk. The server makes them in a person's name.

Facts from whatsmeow's ``call.go``: ``<call>`` with one of offer, offer_notice (groups), accept, reject,
terminate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, new_id
from whatsapp.simulator.binary import Attributes, Node
from whatsapp.simulator.groups import Group
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.router import stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.world import World


@dataclass(eq=False, slots=True)
class CallRecord:
    """One call as the server knows it. ``rejected_by`` is the device that refused it."""

    caller: Account
    callee: Account | Group
    video: bool
    id: str = field(default_factory=new_id)
    rejected_by: str = ""
    ended: bool = False


class Calls:
    """Every call by its id."""

    def __init__(self) -> None:
        self._calls: dict[str, CallRecord] = {}

    def find(self, call_id: str) -> CallRecord | None:
        """The call with this id."""
        return self._calls.get(call_id)

    def start(self, world: World, call: CallRecord) -> None:
        """Rings at every device of the person, or of the group's members."""
        self._calls[call.id] = call
        attrs: Attributes = {}
        if isinstance(call.callee, Group):
            attrs = {
                "media": "video" if call.video else "audio",
                "type": "group",
                "group-jid": call.callee.jid,
            }
            self.signal(world, call, "offer_notice", attrs)
            return
        streams = [Node("audio", {"enc": "opus", "rate": 16_000})]
        if call.video:
            streams.append(Node("video", {"enc": "vp8", "orientation": 0}))
        self.signal(world, call, "offer", attrs, streams)

    def signal(
        self,
        world: World,
        call: CallRecord,
        tag: str,
        attrs: Attributes | None = None,
        content: list[Node] | None = None,
    ) -> None:
        """Sends one signal of the call to everybody who was called."""
        caller = call.caller
        other = "caller_pn" if caller.addressing == "lid" else "caller_lid"
        signal = {"call-id": call.id, "call-creator": caller.address, other: caller.other_address} | (
            attrs or {}
        )
        outer = {"from": caller.address, "t": int(time.time()), "platform": "android", "version": "2.26.1"}
        numbers = call.callee.members if isinstance(call.callee, Group) else [call.callee.number]
        for device in world.devices_of(numbers):
            if device.account is not caller:
                device.mailbox.put(Node("call", outer | {"id": new_id()}, [Node(tag, dict(signal), content)]))


@stanza("call")
def call_signal(client: Connection, node: Node) -> None:
    """A signal from a client: it is noted; a refusal ends the ringing at the account's other devices."""
    client.send(Node("ack", {"class": "call", "id": node.text("id"), "from": node.jid("to") or SERVER}))
    for signal in node.all("reject"):
        call = client.world.calls.find(signal.text("call-id"))
        if call:
            call.rejected_by = str(client.owner.jid)
            client.world.calls.signal(client.world, call, "terminate", {"reason": "rejected_elsewhere"})
