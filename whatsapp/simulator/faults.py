"""What can be made to go wrong with the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import Jid

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Device


@dataclass
class Faults:
    """The rules in force. Logins are refused to companions only: people's phones always get in.

    ``undecryptable`` counts the damaged messages still to come, by receiving device and sending user;
    ``next_id`` is the id under which a device's next message is delivered instead of its own;
    ``phone_only`` is why a device's next message is not for companions; ``held_retries`` are requests to send
    again that wait, None while none are held.
    """

    login_failure: Node | None = None
    undecryptable: dict[tuple[Device, str], int] = field(default_factory=dict)
    next_id: dict[Device, str] = field(default_factory=dict)
    phone_only: dict[Device, str] = field(default_factory=dict)
    held_retries: list[tuple[Device, Node]] | None = None

    def refusal_for(self, jid: Jid) -> Node | None:
        """What a login is refused with, None if it isn't."""
        return self.login_failure if jid.device else None

    def pass_retry_on(self, author: Device, request: Node) -> None:
        """A request to send again reaches the author, or waits."""
        if self.held_retries is None:
            author.mailbox.put(request)
        else:
            self.held_retries.append((author, request))

    def release_retries(self) -> None:
        """What waits reaches the authors."""
        held, self.held_retries = self.held_retries or [], None
        for author, request in held:
            author.mailbox.put(request)

    def version_of(self, device: Device, message: Node) -> Node:
        """The message as the device gets it: as it is, or damaged."""
        sender = message.jid("participant") or message.jid("from") or Jid("")
        left = self.undecryptable.get((device, sender.user), 0)
        if left:
            self.undecryptable[device, sender.user] = left - 1
            message = Node(message.tag, message.attrs, [_damaged(part) for part in message.children])
        return message


def _damaged(part: Node) -> Node:
    """The ciphertext with its last byte, which is part of the authentication code, turned over."""
    if part.tag != "enc":
        return part
    return Node(part.tag, part.attrs, part.data[:-1] + bytes([part.data[-1] ^ 0xFF]))


def failure(reason: int, **attrs: int | str) -> Node:
    """The node that refuses a login: 401 logged out, 402 banned, 405 outdated, 503 unavailable …"""
    return Node("failure", {"reason": reason, "location": "sim", **attrs})
