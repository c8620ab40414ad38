"""Receipts: what a device has, what its owner has read or played, and requests to send again.

Facts from whatsmeow's ``receipt.go`` and ``retry.go``. A receipt for a message is also the device's
acknowledgement of it. The types are: none (delivered), ``inactive`` (delivered to a device nobody looks at),
``sender`` (another own device has it), ``read``, ``read-self``, ``played``, ``retry``, ``hist_sync``,
``peer_msg``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device
from whatsapp.simulator.binary import Attributes, Node
from whatsapp.simulator.jid import GROUP, SERVER, STATUS, Jid
from whatsapp.simulator.mailbox import key_of_acknowledgement
from whatsapp.simulator.newsletter_queries import take_view
from whatsapp.simulator.router import stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

#: Receipts that tell the reader's own other devices too.
SEEN = ("read", "read-self", "played", "played-self")

#: Receipts that are only between the devices of one account.
PRIVATE = ("sender", "read-self", "played-self", "hist_sync", "peer_msg", "server-error")


@stanza("receipt")
def receipt(client: Connection, node: Node) -> None:
    """Takes a receipt and passes it on to whom it concerns."""
    to = node.jid("to") or SERVER
    kind = node.text("type")
    if kind not in SEEN:
        client.owner.mailbox.acknowledge(key_of_acknowledgement(node))
    ack: Attributes = {"class": "receipt", "id": node.text("id"), "from": to, "type": kind}
    client.send(Node("ack", ack | {"participant": node.jid("participant")}))
    newsletter = client.world.newsletters.find(to)
    if newsletter:
        if kind == "view":
            take_view(client, node, newsletter)
        return
    if kind == "retry":
        _ask_again(client, node, to)
    elif to.server == GROUP or to == STATUS:
        _tell_author(client, node, to)
    else:
        _tell_person(client, node, to)


def _ask_again(client: Connection, node: Node, to: Jid) -> None:
    """Passes a retry receipt to the one device that sent the message."""
    reader = client.owner
    author = client.world.directory.device(
        node.jid("participant") if to.server in (GROUP, STATUS.server) else to
    )
    if author is None:
        return
    attrs = _attributes(node)
    if to.server == GROUP or to == STATUS:
        group = client.world.groups.find(to)
        attrs |= {"from": to, "participant": reader.address(group.addressing if group else "pn")}
    else:
        attrs |= {"from": reader.address(reader.account.addressing), "recipient": node.jid("recipient")}
    client.world.faults.pass_retry_on(author, Node("receipt", attrs, node.content))


def _tell_author(client: Connection, node: Node, chat: Jid) -> None:
    """A receipt in a group or for a story concerns who wrote, and the reader's own other devices."""
    reader = client.owner
    group = client.world.groups.find(chat)
    attrs = _attributes(node) | {
        "from": chat,
        "participant": reader.address(group.addressing if group else "pn").plain,
    }
    author = client.world.directory.find(node.jid("participant"))
    if author and node.text("type") not in PRIVATE and author is not reader.account:
        _put_all(author, attrs, node)
    if node.text("type") in SEEN:
        _put_all(reader.account, attrs | {"participant": reader.jid}, node, but=reader)


def _tell_person(client: Connection, node: Node, to: Jid) -> None:
    reader, kind = client.owner, node.text("type")
    author = client.world.directory.find(to)
    if author is None:
        return
    attrs = _attributes(node)
    if author is reader.account:
        if kind in PRIVATE and kind != "sender" and reader.account.phone and reader.number:
            reader.account.phone.mailbox.put(Node("receipt", attrs | {"from": reader.jid}, node.content))
        return
    if kind not in PRIVATE:
        address = reader.address(reader.account.addressing)
        _put_all(author, attrs | {"from": address.plain if kind in SEEN else address}, node)
    if kind in SEEN:
        _put_all(reader.account, attrs | {"from": reader.jid, "recipient": author.address}, node, but=reader)


def _attributes(node: Node) -> Attributes:
    return {"id": node.text("id"), "type": node.text("type") or None, "t": int(time.time())}


def _put_all(account: Account, attrs: Attributes, node: Node, but: Device | None = None) -> None:
    for device in account.devices.values():
        if device is not but:
            device.mailbox.put(Node("receipt", dict(attrs), node.content))
