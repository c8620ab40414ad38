"""Messages whose content has not reached this device: a placeholder stands for them until it does."""

from dataclasses import dataclass

from whatsapp.ingest import codes
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import Content, MessageType
from whatsapp.ingest.handlers.envelope import Envelope
from whatsapp.ingest.handlers.messages import IncomingMessage
from whatsapp.ingest.handlers.storing import PLACEHOLDER_TEXTS
from whatsapp.ingest.registry import Arrival, Outcome, Touched, WaitsFor, handles
from whatsapp.jids import STATUS_JID
from whatsapp.protobuf import neonize_pb2

HIDE = neonize_pb2.UndecryptableMessage.DECRYPT_FAIL_HIDE


@handles(codes.UNDECRYPTABLE, neonize_pb2.UndecryptableMessage)
@dataclass(slots=True)
class Undecryptable:
    """A message that this device can't read, now or at all."""

    placeholder: IncomingMessage
    is_hidden: bool  # WhatsApp shows nothing in its place

    @classmethod
    def parse(cls, event: neonize_pb2.UndecryptableMessage, arrival: Arrival) -> "Undecryptable":
        kind = MessageType.UNAVAILABLE if event.IsUnavailable else MessageType.UNDECRYPTABLE
        return cls(
            IncomingMessage(Envelope.of(event.Info), Content(kind, PLACEHOLDER_TEXTS[kind]), raw=None),
            event.HasField("DecryptFailMode") and event.DecryptFailMode == HIDE,
        )

    def touches(self) -> Touched:
        return self.placeholder.touches()

    def apply(self, batch: Batch) -> Outcome | WaitsFor:
        if not self.is_hidden and self.placeholder.envelope.chat_jid != STATUS_JID:
            self.placeholder.apply(batch)
        return Outcome.HANDLED
