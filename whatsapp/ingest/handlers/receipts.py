"""Receipts: how far the messages that we sent have come, and what we read on another device."""

from dataclasses import dataclass

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import identifiers
from whatsapp.ingest.handlers import stories
from whatsapp.ingest.handlers.envelope import is_direct
from whatsapp.ingest.handlers.storing import follow_status, log_update
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.ingest.unread import note_read
from whatsapp.jids import STATUS_JID, jid_text
from whatsapp.models import Chat, Message, Receipt, StoryView
from whatsapp.protobuf import neonize_pb2
from whatsapp.receipts import status_after

Kind = neonize_pb2.Receipt

# Which of a receipt's times each kind gives. Read implies delivered, played implies both.
TIMES: dict[int, tuple[str, ...]] = {
    Kind.DELIVERED: ("delivered_at",),
    Kind.INACTIVE: ("delivered_at",),  # delivered to a device whose owner is not looking
    Kind.READ: ("delivered_at", "read_at"),
    Kind.PLAYED: ("delivered_at", "read_at", "played_at"),
}

# Of a story: seen is what is read elsewhere.
VIEWED = {Kind.DELIVERED: "delivered_at", Kind.READ: "viewed_at", Kind.PLAYED: "viewed_at"}

# Baileys' names for these times, which the original's clients know.
FIELD_NAMES = {"delivered_at": "receiptTimestamp", "read_at": "readTimestamp", "played_at": "playedTimestamp"}


@handles(codes.RECEIPT, neonize_pb2.Receipt)
@dataclass(slots=True)
class IncomingReceipt:
    """One receipt for one or more messages of a chat."""

    chat_jid: str
    sender: Address
    peer: Address
    from_me: bool
    message_ids: list[str]
    kind: int | None  # None: one that neonize has no number for
    timestamp: int

    @classmethod
    def parse(cls, event: neonize_pb2.Receipt, arrival: Arrival) -> "IncomingReceipt":
        source = event.MessageSource
        kind = event.Type if event.HasField("Type") else None
        if kind == Kind.READ and source.IsFromMe:
            kind = Kind.READ_SELF  # another of our devices has read it, and tells its sender too
        chat_jid = jid_text(source.Chat)
        if not chat_jid:
            raise ValueError("the receipt does not say for which chat it is")
        other = jid_text(source.RecipientAlt if source.IsFromMe else source.SenderAlt)
        return cls(
            chat_jid=chat_jid,
            sender=Address.of_jids(source.Sender, source.SenderAlt),
            peer=Address.of(chat_jid, other),
            from_me=source.IsFromMe,
            message_ids=list(identifiers(event.MessageIDs)),
            kind=kind,
            timestamp=arrival.time_of(event.Timestamp),
        )

    def touches(self) -> Touched:
        ids = set(self.message_ids)
        if self.chat_jid == STATUS_JID:
            return Touched().people([self.sender]).rows(StoryView, *ids)
        people = [self.sender, self.peer] if is_direct(self.chat_jid) else [self.sender]
        touched = Touched(jids={self.chat_jid}, message_ids=ids).people(people)
        return touched.rows(Receipt, *ids)

    def apply(self, batch: Batch) -> Outcome:
        if self.chat_jid == STATUS_JID:
            self._note_views(batch)
        elif self.kind == Kind.READ_SELF:
            note_read(batch, self._chat(batch), self.timestamp)
        elif self.kind in TIMES and not self.from_me:
            chat = self._chat(batch)
            for message_id in self.message_ids:
                note_receipt(batch, chat, self.sender, message_id, TIMES[self.kind], self.timestamp)
        return Outcome.HANDLED

    def _chat(self, batch: Batch) -> Chat:
        return batch.chat(batch.contact(self.peer).jid if is_direct(self.chat_jid) else self.chat_jid)

    def _note_views(self, batch: Batch) -> None:
        field = VIEWED.get(self.kind) if self.kind is not None else None
        if field is None or self.from_me:
            return
        for message_id in self.message_ids:
            stories.note_view(batch, self.sender, message_id, field, self.timestamp)


def note_receipt(
    batch: Batch, chat: Chat, recipient: Address, message_id: str, times: tuple[str, ...], second: int
) -> None:
    """Fills in the times (`delivered_at`, …) that the recipient's receipt tells; the earliest word of each
    step counts. The status of the message follows, and that of the act that sent it."""
    receipt = batch.receipt(message_id, chat, batch.contact(recipient))
    news = [name for name in times if (known := getattr(receipt, name)) is None or second < known]
    if not news:
        return
    batch.put(receipt, **dict.fromkeys(news, second))
    mine = [message for message in batch.messages_with_id(message_id, chat) if message.from_me]
    for message in mine:
        _tell(batch, message, receipt, news, second)
    if not mine:
        _correct_act(batch, receipt)


def _correct_act(batch: Batch, receipt: Receipt) -> None:
    """Someone has a message that the session died in sending: its act was no failure."""
    action = batch.action_of(receipt.message_id)
    if action is not None and action.status in Message.Status.values:
        follow_status(batch, receipt.message_id, status_after(action.status, receipt))


def _tell(batch: Batch, message: Message, receipt: Receipt, news: list[str], second: int) -> None:
    key = {"remoteJid": message.chat.jid, "fromMe": True, "id": message.message_id}
    times = {FIELD_NAMES[name]: second for name in news}
    payload = [{"key": key, "receipt": {"userJid": receipt.contact.jid, **times}}]
    batch.log(events.RECEIPT_UPDATE, payload, message)
    status = status_after(message.status, receipt)
    if status != message.status:
        batch.put(message, status=status)
        log_update(batch, message, {"status": status})
        follow_status(batch, message.message_id, status)
