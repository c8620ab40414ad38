"""WhatsApp addresses."""

from __future__ import annotations

from dataclasses import dataclass, replace

PHONE_NUMBER = "s.whatsapp.net"
LID = "lid"
GROUP = "g.us"
BROADCAST = "broadcast"
NEWSLETTER = "newsletter"


@dataclass(frozen=True, slots=True)
class Jid:
    """An address: of a person or a device, a group, newsletter or broadcast list, or (no user) a server."""

    user: str
    server: str = PHONE_NUMBER
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Jid:
        """The address written as ``user:device@server``, ``user@server`` or ``server``."""
        user, at, server = text.rpartition("@")
        if not at:
            return cls("", text)
        name, _, device = user.partition(":")
        return cls(name, server, int(device or 0))

    @property
    def is_person(self) -> bool:
        """Whether it is a person's address: by phone number or by LID."""
        return self.server in (PHONE_NUMBER, LID)

    @property
    def plain(self) -> Jid:
        """The same address without its device."""
        return replace(self, device=0) if self.device else self

    def at_device(self, device: int) -> Jid:
        """The same person's address at one device."""
        return replace(self, device=device)

    def __str__(self) -> str:
        if not self.user:
            return self.server
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}"


SERVER = Jid("", PHONE_NUMBER)
GROUP_SERVER = Jid("", GROUP)
STATUS = Jid("status", BROADCAST)
