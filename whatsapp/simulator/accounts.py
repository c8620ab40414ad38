"""Who has WhatsApp: accounts, their devices and the keys those have left with the server."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whatsapp.simulator.binary import Node
from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.jid import LID, PHONE_NUMBER, Jid
from whatsapp.simulator.mailbox import Mailbox

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection


@dataclass(eq=False, slots=True)
class Device:
    """One linked device. Number 0 is the phone; the others are companions.

    ``ready`` is set at the first login, ``collections`` are the parts of the app state it has fetched.
    ``story_audience`` is who sees its stories, None for all its contacts.
    """

    account: Account
    number: int
    identity: bytes = b""
    platform: str = ""
    registration: bytes = b""
    signed_pre_key: Node | None = None
    pre_keys: deque[Node] = field(default_factory=deque)
    device_identity: bytes = b""
    mailbox: Mailbox = field(default_factory=Mailbox)
    connection: Connection | None = None
    available: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    collections: set[str] = field(default_factory=set)
    story_audience: list[Jid] | None = None

    @property
    def jid(self) -> Jid:
        """Its address by phone number."""
        return self.account.jid.at_device(self.number)

    @property
    def lid(self) -> Jid:
        """Its address by LID."""
        return self.account.lid.at_device(self.number)

    def address(self, addressing: str) -> Jid:
        """Its address in a chat of this addressing mode."""
        return self.lid if addressing == "lid" else self.jid


@dataclass(eq=False, slots=True)
class Account:
    """One number; with a ``business_name`` it is a business's.

    ``addressing`` says how others see it in one-to-one chats: "pn" or "lid". While ``hidden``, nobody is told
    the number beside the LID, as of people met in a community.
    """

    number: str
    name: str
    addressing: str = "pn"
    hidden: bool = False
    about: str = "Hey there! I am using WhatsApp."
    business_name: str = ""
    signing_key: SigningKey = field(default_factory=SigningKey.new)
    devices: dict[int, Device] = field(default_factory=dict)
    next_device: int = 1
    last_seen: int = 0
    blocked: set[Jid] = field(default_factory=set)
    privacy: dict[str, str] = field(default_factory=dict)
    picture: Picture | None = None

    @property
    def jid(self) -> Jid:
        """The address by phone number."""
        return Jid(self.number, PHONE_NUMBER)

    @property
    def lid(self) -> Jid:
        """The address that hides the number."""
        return Jid(lid_of(self.number), LID)

    @property
    def address(self) -> Jid:
        """The address that others see in one-to-one chats."""
        return self.seen_as(self.addressing)

    @property
    def other_address(self) -> Jid | None:
        """The address that others don't see but are told beside, None if they aren't."""
        return self.told_beside(self.addressing)

    def seen_as(self, addressing: str) -> Jid:
        """The address that is seen in a chat of this addressing mode."""
        return self.lid if addressing == "lid" else self.jid

    def told_beside(self, addressing: str) -> Jid | None:
        """The other address, which stanzas carry beside that one; None for the number if it is hidden."""
        if addressing == "lid":
            return None if self.hidden else self.jid
        return self.lid

    @property
    def redacted_number(self) -> str:
        """What is shown of a number that is hidden."""
        return f"+{self.number[0]}{'∙' * (len(self.number) - 3)}{self.number[-2:]}"

    @property
    def phone(self) -> Device | None:
        """The owner's phone."""
        return self.devices.get(0)

    @property
    def companions(self) -> list[Device]:
        """The linked devices beside the phone."""
        return [device for device in self.devices.values() if device.number]

    @property
    def available(self) -> bool:
        """Whether any device shows as online."""
        return any(device.available for device in self.devices.values())

    def add_device(self, number: int | None = None) -> Device:
        """A new device; companions get the next number, which is never used again."""
        if number is None:
            number, self.next_device = self.next_device, self.next_device + 1
        self.devices[number] = device = Device(self, number)
        return device


@dataclass(frozen=True, slots=True)
class Picture:
    """A profile or group picture as the media server has it."""

    id: str
    data: bytes
    path: str


def lid_of(number: str) -> str:
    """The user part of a number's LID."""
    return f"{number}0077"


class Directory:
    """Every account, found by phone number or by LID."""

    def __init__(self) -> None:
        self._by_number: dict[str, Account] = {}
        self._by_lid: dict[str, Account] = {}
        self._dialled: dict[str, str] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_number.values())

    def add(self, number: str, name: str, addressing: str = "pn") -> Account:
        """Registers a number."""
        if number in self._by_number:
            raise ValueError(f"{number} is registered already")
        account = self._by_number[number] = Account(number, name, addressing)
        self._by_lid[account.lid.user] = account
        return account

    def find(self, jid: Jid | None) -> Account | None:
        """The account with this address, None if nobody has it."""
        if jid is None:
            return None
        if jid.server == LID:
            return self._by_lid.get(jid.user)
        return self._by_number.get(jid.user.lstrip("+"))

    def also_dialled(self, number: str, account: Account) -> None:
        """Another number leads to the account too: in Brazil the one with a ninth digit, in Mexico the one
        with a 1. WhatsApp has one address for both, and tells it to who asks for the number."""
        self._dialled[number] = account.number

    def dialled(self, number: str) -> Account | None:
        """The account that a number leads to that somebody typed."""
        return self._by_number.get(self._dialled.get(number, number))

    def named(self, numbers: Iterable[str]) -> list[Account]:
        """The accounts with these numbers."""
        return [self._by_number[number] for number in numbers if number in self._by_number]

    def device(self, jid: Jid | None) -> Device | None:
        """The device with this address, None if there is none."""
        account = self.find(jid)
        return account.devices.get(jid.device) if account and jid else None


def new_id() -> str:
    """An id for a stanza that the server begins."""
    return secrets.token_hex(8).upper()
