"""Calls. Only their signals exist here: nobody can talk. The server makes them in a person's name.

Facts from whatsmeow's ``call.go``: ``<call>`` with one of offer, offer_notice (groups), preaccept (it rings),
accept, reject, transport, relaylatency, terminate. The callee's other devices are told of an answer by the
answer itself and a terminate with reason ``accepted_elsewhere`` or ``rejected_elsewhere``, and hear no more
of the call (Baileys' pull request 1031).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device, new_id
from whatsapp.simulator.binary import Attributes, Node
from whatsapp.simulator.groups import Group
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.router import stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.world import World

#: How an answer ends the ringing at the other devices of who gave it.
ELSEWHERE = {"accept": "accepted_elsewhere", "reject": "rejected_elsewhere"}


@dataclass(eq=False, slots=True)
class CallRecord:
    """One call as the server knows it. ``rejected_by`` is the device that refused it, ``over`` the devices
    for which it has ended."""

    caller: Account
    callee: Account | Group
    video: bool
    id: str = field(default_factory=new_id)
    rejected_by: str = ""
    over: set[Device] = field(default_factory=set)

    @property
    def numbers(self) -> list[str]:
        """Everybody in it."""
        called = self.callee.members if isinstance(self.callee, Group) else [self.callee.number]
        return list(dict.fromkeys([self.caller.number, *called]))


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
        called = [device for device in world.devices_of(call.numbers) if device.account is not call.caller]
        if isinstance(call.callee, Group):
            media = "video" if call.video else "audio"
            attrs: Attributes = {"media": media, "type": "group", "group-jid": call.callee.jid}
            _send(call, call.caller, called, Node("offer_notice", attrs))
            return
        streams = [Node("audio", {"enc": "opus", "rate": 16_000})]
        if call.video:
            streams.append(Node("video", {"enc": "vp8", "orientation": 0}))
        _send(call, call.caller, called, Node("offer", {}, streams))

    def signal(self, world: World, call: CallRecord, actor: Device, signal: Node) -> None:
        """Somebody's device signals something to every other device that the call is not over for."""
        devices = [device for device in world.devices_of(call.numbers) if device is not actor]
        _send(call, actor.account, [device for device in devices if device not in call.over], signal)
        if signal.tag == "reject":
            call.rejected_by = str(actor.jid)
        if signal.tag in ELSEWHERE:
            others = [device for device in devices if device.account is actor.account]
            _send(call, call.caller, others, Node("terminate", {"reason": ELSEWHERE[signal.tag]}))
            call.over.update(others)


def _send(call: CallRecord, actor: Account, devices: list[Device], signal: Node) -> None:
    creator = call.caller
    other = "caller_pn" if creator.addressing == "lid" else "caller_lid"
    names = {"call-id": call.id, "call-creator": creator.address, other: creator.other_address}
    for device in devices:
        attrs: Attributes = {
            "from": actor.jid if device.account is actor else actor.address,
            "id": new_id(),
            "t": int(time.time()),
            "platform": "android",
            "version": "2.26.1",
        }
        device.mailbox.put(Node("call", attrs, [Node(signal.tag, names | signal.attrs, signal.content)]))


@stanza("call")
def call_signal(client: Connection, node: Node) -> None:
    """A signal from a client: it is passed on to the others in the call."""
    client.send(Node("ack", {"class": "call", "id": node.text("id"), "from": node.jid("to") or SERVER}))
    for signal in node.children:
        call = client.world.calls.find(signal.text("call-id"))
        if call:
            bare = Node(signal.tag, {}, signal.content)
            client.world.calls.signal(client.world, call, client.owner, bare)
