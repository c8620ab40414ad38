"""Messages: each device gets its own ciphertext, groups one for all; the server only reads the envelope.

Facts from whatsmeow's ``send.go`` and ``message.go``. A one-to-one message goes to a LID and carries one
``<enc>`` for each device of both people. A group message carries the sender key for each device and one
``skmsg``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device
from whatsapp.simulator.binary import Attributes, Node
from whatsapp.simulator.business import verified_name
from whatsapp.simulator.jid import GROUP, SERVER, STATUS, Jid
from whatsapp.simulator.mailbox import key_of_acknowledgement
from whatsapp.simulator.newsletter_queries import take_message
from whatsapp.simulator.router import Refused, stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.newsletters import Newsletter

#: What travels along with the ciphertext.
PASSED_ON = ("device-identity", "meta", "biz")

NOT_FOUND = 404
FORBIDDEN = 403


@stanza("message")
def message(client: Connection, node: Node) -> None:
    """Delivers a message to every device it is for and tells the sender that the server has it."""
    to, sent_id = node.jid("to") or SERVER, node.text("id")
    node.attrs["id"] = client.world.faults.next_id.pop(client.owner, sent_id)
    attrs: Attributes = {"class": "message", "id": sent_id, "from": to, "t": int(time.time())}
    newsletter = client.world.newsletters.find(to)
    if newsletter:
        attrs |= _post(client, node, newsletter)
    else:
        attrs["error"] = _deliver(client, node, to)
        client.world.faults.phone_only.pop(client.owner, None)
    client.send(Node("ack", attrs))


def _post(client: Connection, node: Node, newsletter: Newsletter) -> Attributes:
    """The post's number, or why there is none."""
    try:
        post = take_message(client, node, newsletter)
    except Refused as refusal:
        return {"error": refusal.code}
    return {"server_id": post.server_id} if post else {}


@stanza("ack")
def acknowledgement(client: Connection, node: Node) -> None:
    """A device has what it was sent. A device that is being linked has no mail."""
    if client.device:
        client.device.mailbox.acknowledge(key_of_acknowledgement(node))


def _deliver(client: Connection, node: Node, to: Jid) -> int | None:
    """Delivers, or returns why not as an error code."""
    sender = client.owner
    world = client.world
    if to.server == GROUP:
        group = world.groups.find(to)
        if group is None or sender.account.number not in group.members:
            return NOT_FOUND if group is None else FORBIDDEN
        devices = world.devices_of(group.members)
        _deliver_to_many(client, node, devices, _group_attributes(node, sender, to, group.addressing))
        return None
    if to == STATUS:
        found = (world.directory.device(part.jid("jid")) for part in _recipients(node))
        devices = [device for device in found if device]
        _deliver_to_many(client, node, devices, _group_attributes(node, sender, STATUS, "pn"))
        return None
    account = world.directory.find(to)
    if account is None:
        return NOT_FOUND
    _deliver_to_person(client, node, account, to)
    return None


def _recipients(node: Node) -> Iterable[Node]:
    participants = node.child("participants")
    return participants.all("to") if participants else ()


def _ciphertexts(client: Connection, node: Node) -> dict[Device, list[Node]]:
    """The ciphertext of each device that has one of its own."""
    found = {}
    for part in _recipients(node):
        device = client.world.directory.device(part.jid("jid"))
        if device:
            found[device] = list(part.all("enc"))
    return found


def _deliver_to_person(client: Connection, node: Node, account: Account, to: Jid) -> None:
    sender = client.owner
    ciphertexts = _ciphertexts(client, node)
    if not ciphertexts and node.child("enc"):
        # A message to one device: a retry, or one of the devices of an account talking to another.
        device = client.world.directory.device(to)
        if device:
            ciphertexts[device] = list(node.all("enc"))
    for device, encrypted in ciphertexts.items():
        if sender.account.address in device.account.blocked:
            continue
        if device.account is sender.account:
            attrs = _own_attributes(
                node, sender, client.world.directory.find(node.jid("recipient")) or account
            )
        else:
            attrs = _personal_attributes(node, sender)
        _put(client, device, node, attrs, encrypted)


def _deliver_to_many(client: Connection, node: Node, devices: Iterable[Device], attrs: Attributes) -> None:
    ciphertexts = _ciphertexts(client, node)
    common = list(node.all("enc"))
    only = client.world.directory.device(node.jid("participant"))
    for device in devices:
        if device is not client.owner and (only is None or device is only):
            _put(client, device, node, attrs, ciphertexts.get(device, []) + common)


def _put(client: Connection, device: Device, node: Node, attrs: Attributes, encrypted: list[Node]) -> None:
    extras = [child for child in node.children if child.tag in PASSED_ON]
    why_not = client.world.faults.phone_only.get(client.owner)
    if why_not is not None and device.number:
        # In the place of what a companion can't have (whatsmeow's ``decryptMessages``).
        encrypted = [Node("unavailable", {"type": why_not})]
    name = verified_name(client.owner.account)
    if name and device.account is not client.owner.account:
        extras.append(name)
    client.world.deliver(device, Node("message", dict(attrs), [*encrypted, *extras]))


def _envelope(node: Node, sender: Device) -> Attributes:
    return {
        "id": node.text("id"),
        "type": node.text("type"),
        "t": int(time.time()),
        "notify": sender.account.name,
        "edit": node.text("edit") or None,
        "category": node.text("category") or None,
    }


def _personal_attributes(node: Node, sender: Device) -> Attributes:
    """As the other person's devices see it."""
    account = sender.account
    attrs = _envelope(node, sender) | {
        "from": sender.address(account.addressing),
        "addressing_mode": account.addressing,
    }
    return attrs | {"sender_pn" if account.addressing == "lid" else "sender_lid": account.other_address}


def _own_attributes(node: Node, sender: Device, chat: Account) -> Attributes:
    """As the sender's other devices see it."""
    attrs = _envelope(node, sender) | {"from": sender.jid}
    if node.text("category") == "peer":
        return attrs
    attrs |= {"recipient": chat.address}
    return attrs | {
        "peer_recipient_pn" if chat.addressing == "lid" else "peer_recipient_lid": chat.other_address
    }


def _group_attributes(node: Node, sender: Device, chat: Jid, addressing: str) -> Attributes:
    """As everybody in a group sees it."""
    account = sender.account
    attrs = _envelope(node, sender) | {"from": chat, "participant": sender.address(addressing)}
    attrs |= {"addressing_mode": addressing}
    other = "participant_pn" if addressing == "lid" else "participant_lid"
    return attrs | {other: account.told_beside(addressing)}
