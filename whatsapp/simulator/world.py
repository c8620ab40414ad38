"""Everything the server knows, in one place. Touched only on the server's event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device, Directory, new_id
from whatsapp.simulator.app_state import AppStates
from whatsapp.simulator.binary import Node
from whatsapp.simulator.calls import Calls
from whatsapp.simulator.faults import Faults
from whatsapp.simulator.groups import Group, Groups
from whatsapp.simulator.jid import SERVER, Jid
from whatsapp.simulator.media import MediaServer
from whatsapp.simulator.newsletters import Newsletters
from whatsapp.simulator.pair_code import CodePairings
from whatsapp.simulator.pairing import Pairings
from whatsapp.simulator.presence import Presence
from whatsapp.simulator.tokens import Tokens

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection


class World:
    """The accounts, groups, files and connections of one simulated WhatsApp."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tokens: Tokens) -> None:
        self.loop = loop
        self.tokens = tokens
        self.directory = Directory()
        self.groups = Groups()
        self.newsletters = Newsletters()
        self.media = MediaServer()
        self.presence = Presence()
        self.pairings = Pairings()
        self.code_pairings = CodePairings()
        self.app_states = AppStates()
        self.calls = Calls()
        self.faults = Faults()
        self.connections: set[Connection] = set()
        self.group_addressing = "pn"

    def deliver(self, device: Device, message: Node) -> None:
        """The last step of a delivery: into the device's mailbox, damaged if it is to be."""
        device.mailbox.put(self.faults.version_of(device, message))

    def devices_of(self, numbers: Iterable[str]) -> list[Device]:
        """Every device of these people."""
        accounts = (self.directory.find(Jid(number)) for number in numbers)
        return [device for account in accounts if account for device in account.devices.values()]

    def tell_device_change(self, account: Account) -> None:
        """Somebody linked or removed a device: everybody drops the list they know.

        The lists are kept by LID and by phone number apart, and a notification clears only the one it comes
        from (whatsmeow's ``handleDeviceNotification``), so there are two.
        """
        for other in self.directory:
            for device in other.devices.values():
                if other is account:
                    devices = Node("devices", {"dhash": "changed"})
                    device.mailbox.put(_notification(account.lid, "account_sync", devices))
                else:
                    for address in filter(None, (account.lid, account.told_beside("lid"))):
                        device.mailbox.put(
                            _notification(address, "devices", Node("update", {"device_hash": "changed"}))
                        )

    def tell_picture(self, whose: Account | Group, author: Device) -> None:
        """A picture changed: those who can see it are told, and the account's own other devices.

        Those get an ``account_sync`` that says no more than that it changed.
        """
        if isinstance(whose, Group):
            devices, target = self.devices_of(whose.members), whose.jid
            who = whose.address(author.account)
        else:
            devices = [device for account in self.directory for device in account.devices.values()]
            target = who = whose.lid if whose.hidden else whose.jid
        attrs = {"jid": target, "author": who, "id": whose.picture.id if whose.picture else None}
        change = Node("set" if whose.picture else "delete", attrs)
        for device in devices:
            if device is not author and device.account is not whose:
                device.mailbox.put(_notification(target, "picture", change))
        if isinstance(whose, Account):
            self.tell_own(whose, Node("picture"), but=author)

    def tell_own(self, account: Account, change: Node, but: Device | None) -> None:
        """Something about the account changed: its other devices are told."""
        for device in account.devices.values():
            if device is not but:
                device.mailbox.put(_notification(account.jid, "account_sync", change))

    def forget_devices(self, account: Account) -> None:
        """The phone is gone, and with it the linked devices and what they shared."""
        for device in list(account.devices.values()):
            self.remove_device(device)
        self.app_states.forget(account)

    def tell_identity_change(self, account: Account) -> None:
        """Somebody has new keys: everybody else is told to forget the old ones."""
        for other in self.directory:
            for device in other.devices.values() if other is not account else ():
                device.mailbox.put(_notification(account.address, "encrypt", Node("identity")))

    def tell_about(self, account: Account) -> None:
        """Somebody's about text changed. whatsmeow makes an event of it that neonize doesn't pass on."""
        change = Node("set", {}, account.about.encode())
        for other in self.directory:
            for device in other.devices.values() if other is not account else ():
                device.mailbox.put(_notification(account.address, "status", change))

    def remove_device(self, device: Device, told: bool = True) -> None:
        """A linked device is not linked any more: it is told if it is there, and refused if it comes back."""
        device.account.devices.pop(device.number, None)
        if device.connection and told:
            conflict = Node("conflict", {"type": "device_removed"})
            device.connection.close(Node("stream:error", {"code": 401}, [conflict]))
        self.tell_device_change(device.account)


def _notification(sender: Jid, kind: str, *content: Node) -> Node:
    attrs = {"from": sender or SERVER, "id": new_id(), "type": kind, "t": int(time.time())}
    return Node("notification", attrs, list(content))
