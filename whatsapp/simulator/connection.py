"""One client's connection: login or pairing, then stanzas until it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag

from whatsapp.simulator import binary, pairing
from whatsapp.simulator.binary import Node
from whatsapp.simulator.faults import failure
from whatsapp.simulator.jid import SERVER, Jid
from whatsapp.simulator.library import wa6_proto
from whatsapp.simulator.noise import HandshakeFailed
from whatsapp.simulator.router import route
from whatsapp.simulator.wire import Wire

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Device
    from whatsapp.simulator.world import World

log = logging.getLogger(__name__)


#: whatsmeow handles stanzas and the end of a connection on two threads. It must have read why it ends before
#: it ends, or it takes the end for a lost network and comes back.
LAST_WORDS_SECONDS = 0.2


class Connection:
    """A connected client. ``device`` is None before its login; ``registration`` is set while it pairs."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world = world
        self.wire = wire
        self.device: Device | None = None
        self.registration: wa6_proto.ClientPayload.DevicePairingRegistrationData | None = None
        self._answers: dict[str, Callable[[Node], None]] = {}

    def __str__(self) -> str:
        return str(self.device.jid) if self.device else "unpaired client"

    @property
    def owner(self) -> Device:
        """The device that logged in."""
        if self.device is None:
            raise LookupError("the client has not logged in")
        return self.device

    async def serve(self) -> None:
        """Serves the client until it is gone."""
        try:
            payload = await self.wire.open()
        except HandshakeFailed as error:
            log.warning("a client could not connect: %s", error)
            return
        self.world.connections.add(self)
        try:
            if payload.HasField("username"):
                self._log_in(payload)
            else:
                self.registration = payload.devicePairingData
                pairing.offer(self)
            while (frame := await self.wire.receive()) is not None:
                route(self, binary.decode(frame, self.world.tokens))
        except (binary.MalformedNode, InvalidTag, ValueError) as error:
            log.warning("the connection of %s broke: %s", self, error)
        finally:
            self._left()

    def send(self, node: Node) -> None:
        """Sends one stanza; nothing happens when the client is gone."""
        log.debug("%s < %s", self, node)
        self.wire.send(binary.encode(node))

    def ask(self, node: Node, then: Callable[[Node], None]) -> None:
        """Sends a query and calls back with the client's answer."""
        self._answers[node.text("id")] = then
        self.send(node)

    def take_answer(self, node: Node) -> None:
        """The client's answer to a query of ours."""
        then = self._answers.pop(node.text("id"), None)
        if then:
            then(node)

    def close(self, last_words: Node, after: float = LAST_WORDS_SECONDS) -> None:
        """Says the last words, gives the client some seconds to hang up, then does so itself."""
        self.send(last_words)
        self.world.loop.call_later(after, self.wire.close)

    def activate(self) -> None:
        """The client is ready: its mail is delivered, then it is told that it has had all of it."""
        mailbox = self.owner.mailbox
        waiting = mailbox.contents()
        counts = {
            kind: sum(node.tag == kind for node in waiting) for kind in ("message", "receipt", "notification")
        }
        if waiting:
            self.send(
                Node("ib", {"from": SERVER}, [Node("offline_preview", {"count": len(waiting), **counts})])
            )
        mailbox.open(self.send, Node("ib", {"from": SERVER}, [Node("offline", {"count": len(waiting)})]))

    def _log_in(self, payload: wa6_proto.ClientPayload) -> None:
        jid = Jid(str(payload.username), device=payload.device)
        device = self.world.directory.device(jid)
        refusal = self.world.faults.refusal_for(jid)
        if refusal or device is None:
            self.close(refusal or failure(401))
            return
        if device.connection:
            conflict = Node("conflict", {"type": "replaced"})
            device.connection.close(Node("stream:error", {}, [conflict]))
        self.device = device
        device.connection = self
        self.send(
            Node("success", {"t": int(time.time()), "lid": device.lid, "location": "sim", "props": "27"})
        )

    def _left(self) -> None:
        self.world.connections.discard(self)
        if self.device and self.device.connection is self:
            self.device.connection = None
            self.device.mailbox.close()
            self.world.presence.set_available(self.device, False)
            self.world.presence.forget(self.device)
        self.world.pairings.forget(self)
        self.wire.cut()
