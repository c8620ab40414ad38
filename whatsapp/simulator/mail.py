"""What people have sent and what they have received, to be answered, quoted or waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose
from whatsapp.simulator.jid import Jid

if TYPE_CHECKING:
    from whatsapp.simulator.correspondent import Correspondent


def jid_of_proto(proto: Any) -> Jid:
    """The address in one of neonize's events."""
    return Jid(proto.User, proto.Server, proto.Device)


@dataclass(frozen=True)
class Sent:
    """A message that a person sent. ``timestamp`` is the server's, in seconds."""

    id: str
    timestamp: int
    to: Jid
    author: Correspondent
    message: Any = field(repr=False)

    @property
    def sender(self) -> Jid:
        """Whose message it is."""
        return self.author.jid

    def chat_of(self, person: Correspondent) -> Jid:
        """The chat it is in, as that person sees it."""
        return self.author.jid if self.to.is_person and person is not self.author else self.to

    def is_from(self, person: Correspondent) -> bool:
        """Whether that person wrote it."""
        return person is self.author


@dataclass(frozen=True)
class Received:
    """A message that a person received; ``event`` is neonize's, with everything."""

    id: str
    chat: Jid
    sender: Jid
    text: str
    from_me: bool
    event: Any = field(repr=False)

    @classmethod
    def of(cls, event: Any) -> Received:
        """What the event says."""
        source = event.Info.MessageSource
        return cls(
            event.Info.ID,
            jid_of_proto(source.Chat),
            jid_of_proto(source.Sender).plain,
            compose.text_of(event.Message),
            source.IsFromMe,
            event,
        )

    @property
    def message(self) -> Any:
        """The content, a waE2E Message."""
        return self.event.Message

    def chat_of(self, person: Correspondent) -> Jid:
        """The chat it is in."""
        return self.chat

    def is_from(self, person: Correspondent) -> bool:
        """Whether that person wrote it, on another device."""
        return self.from_me


Message = Sent | Received


@dataclass(frozen=True)
class ReceivedReceipt:
    """A receipt that a person's device received; ``kind`` is neonize's name in lower case, like "read"."""

    kind: str
    ids: tuple[str, ...]
    chat: Jid
    sender: Jid

    @classmethod
    def of(cls, event: Any) -> ReceivedReceipt:
        """What the event says."""
        source = event.MessageSource
        kind = type(event).ReceiptType.Name(event.Type).lower()
        return cls(kind, tuple(event.MessageIDs), jid_of_proto(source.Chat), jid_of_proto(source.Sender))
