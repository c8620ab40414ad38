"""Receipts: how far the messages that we sent have come, and what we read on another device."""

from dataclasses import dataclass

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.batch import Address, Batch
from whatsapp.ingest.handlers.messages import follow_status, log_update
from whatsapp.ingest.registry import Outcome, Touched, handles
from whatsapp.jids import is_broadcast, is_group, jid_text
from whatsapp.models import Chat, Message, Receipt
from whatsapp.protobuf import neonize_pb2
from whatsapp.receipts import status_after

Kind = neonize_pb2.Receipt

# Which of a receipt's times each kind gives. Read implies delivered, played implies both.
TIMES: dict[int, tuple[str, ...]] = {
    Kind.DELIVERED: ("delivered_at",),
    Kind.READ: ("delivered_at", "read_at"),
    Kind.PLAYED: ("delivered_at", "read_at", "played_at"),
}

# Baileys' names for these times, which the original's clients know.
FIELD_NAMES = {"delivered_at": "receiptTimestamp", "read_at": "readTimestamp", "played_at": "playedTimestamp"}


@handles(codes.RECEIPT, neonize_pb2.Receipt)
@dataclass(slots=True)
class IncomingReceipt:
    """One receipt for one or more messages of a chat."""

    chat_jid: str
    sender: Address
    peer: Address
    message_ids: list[str]
    kind: int
    timestamp: int

    @classmethod
    def parse(cls, event: neonize_pb2.Receipt, raw: bytes) -> "IncomingReceipt":
        source, kind = event.MessageSource, event.Type
        if kind == Kind.READ and source.IsFromMe:
            kind = Kind.READ_SELF  # another of our devices has read it, and tells its sender too
        chat_jid = jid_text(source.Chat)
        other = jid_text(source.RecipientAlt if source.IsFromMe else source.SenderAlt)
        return cls(
            chat_jid=chat_jid,
            sender=Address.of(jid_text(source.Sender), jid_text(source.SenderAlt)),
            peer=Address.of(chat_jid, other),
            message_ids=list(event.MessageIDs),
            kind=kind,
            timestamp=event.Timestamp,
        )

    def touches(self) -> Touched:
        return Touched(
            jids={self.chat_jid, self.sender.phone, self.sender.lid, self.peer.phone, self.peer.lid},
            message_ids=set(self.message_ids),
        )

    def apply(self, batch: Batch) -> Outcome:
        direct = not (is_group(self.chat_jid) or is_broadcast(self.chat_jid))
        if self.kind == Kind.READ_SELF:
            chat = batch.chat(batch.contact(self.peer).jid if direct else self.chat_jid)
            if chat.unread_count:
                chat.unread_count = 0
                batch.change(chat, "unread_count")
        elif self.kind in TIMES:
            chat = batch.chat(batch.contact(self.peer).jid if direct else self.chat_jid)
            for message_id in self.message_ids:
                self._note(batch, chat, message_id)
        return Outcome.HANDLED

    def _note(self, batch: Batch, chat: Chat, message_id: str) -> None:
        """Fills in the times that are not known yet: the first word of each step counts."""
        receipt = batch.receipt(message_id, chat, batch.contact(self.sender))
        missing = [name for name in TIMES[self.kind] if getattr(receipt, name) is None]
        if not missing:
            return
        for name in missing:
            setattr(receipt, name, self.timestamp)
        batch.change(receipt, *missing)
        mine = [message for message in batch.messages_with_id(message_id, chat) if message.from_me]
        for message in mine:
            self._tell(batch, message, receipt, missing)
        if not mine:
            self._correct_act(batch, receipt)

    def _correct_act(self, batch: Batch, receipt: Receipt) -> None:
        """Someone has a message that the session died in sending: its act was no failure."""
        action = batch.action_of(receipt.message_id)
        if action is not None and action.status in Message.Status.values:
            follow_status(batch, receipt.message_id, status_after(action.status, receipt))

    def _tell(self, batch: Batch, message: Message, receipt: Receipt, news: list[str]) -> None:
        key = {"remoteJid": message.chat.jid, "fromMe": True, "id": message.message_id}
        times = {FIELD_NAMES[name]: self.timestamp for name in news}
        batch.log(
            events.RECEIPT_UPDATE,
            [{"key": key, "receipt": {"userJid": receipt.contact.jid, **times}}],
            message,
        )
        status = status_after(message.status, receipt)
        if status != message.status:
            message.status = status
            batch.change(message, "status")
            log_update(batch, message, {"status": status})
            follow_status(batch, message.message_id, status)
