"""Who is online, who is typing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device
from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import GROUP, SERVER, Jid
from whatsapp.simulator.router import stanza

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection


class Presence:
    """Who asked to be told when somebody comes and goes; it holds as long as the connection does."""

    def __init__(self) -> None:
        self._subscribers: dict[Account, dict[Device, Jid]] = {}

    def subscribe(self, device: Device, account: Account, as_asked: Jid) -> None:
        """Tells the device from now on, beginning with the state now, in the address it asked for."""
        self._subscribers.setdefault(account, {})[device] = as_asked
        self._tell(device, account, as_asked)

    def forget(self, device: Device) -> None:
        """The device's connection has ended, and with it what it asked for."""
        for subscribers in self._subscribers.values():
            subscribers.pop(device, None)

    def set_available(self, device: Device, available: bool) -> None:
        """A device shows as online or doesn't any more."""
        account, before = device.account, device.account.available
        device.available = available
        if account.available != before:
            account.last_seen = int(time.time())
            for subscriber, address in self._subscribers.get(account, {}).items():
                self._tell(subscriber, account, address)

    def _tell(self, device: Device, account: Account, address: Jid) -> None:
        if device.connection is None:
            return
        away = not account.available
        denied = account.privacy.get("last") == "none"
        last = ("deny" if denied else account.last_seen or "deny") if away else None
        attrs = {"from": address, "type": "unavailable" if away else None, "last": last}
        device.connection.send(Node("presence", attrs))


@stanza("presence")
def presence(client: Connection, node: Node) -> None:
    """A client comes, goes or asks to be told about somebody. Its name is the account's from then on."""
    kind, to = node.text("type"), node.jid("to")
    if kind == "subscribe" and to:
        account = client.world.directory.find(to)
        if account:
            client.world.presence.subscribe(client.owner, account, to.plain)
    elif kind in ("available", "unavailable"):
        client.owner.account.name = node.text("name") or client.owner.account.name
        client.world.presence.set_available(client.owner, kind == "available")


@stanza("chatstate")
def chat_state(client: Connection, node: Node) -> None:
    """Somebody types, records or stops; whoever is connected sees it."""
    sender, to = client.owner, node.jid("to") or SERVER
    if to.server == GROUP:
        group = client.world.groups.find(to)
        if group is None:
            return
        attrs = {"from": to, "participant": sender.address(group.addressing).plain}
        devices = client.world.devices_of(group.members)
    else:
        account = client.world.directory.find(to)
        attrs = {"from": sender.account.address}
        devices = list(account.devices.values()) if account else []
    for device in devices:
        if device.connection and device.account is not sender.account:
            device.connection.send(Node("chatstate", dict(attrs), node.content))
