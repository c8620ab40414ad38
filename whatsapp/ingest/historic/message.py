"""Of a history: a message, and what the phone knows of what has become of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import identifiers, number
from whatsapp.ingest.handlers.answers import options_of, put_vote
from whatsapp.ingest.handlers.messages import IncomingMessage
from whatsapp.ingest.handlers.receipts import note_receipt
from whatsapp.ingest.handlers.stories import note_view
from whatsapp.ingest.historic.values import address_of, to_seconds
from whatsapp.ingest.registry import Outcome, Touched, WaitsFor
from whatsapp.ingest.webmessage import StubType
from whatsapp.jids import is_group
from whatsapp.models import Contact, Label, LabelAssociation, Message, PollVote, Receipt
from whatsapp.protobuf import waCommon, waWeb

STATUSES = {
    waWeb.WebMessageInfo.ERROR: Message.Status.FAILED,
    waWeb.WebMessageInfo.SERVER_ACK: Message.Status.SENT,
    waWeb.WebMessageInfo.DELIVERY_ACK: Message.Status.DELIVERED,
    waWeb.WebMessageInfo.READ: Message.Status.READ,
    waWeb.WebMessageInfo.PLAYED: Message.Status.PLAYED,
}
STEPS = list(STATUSES.values())


@dataclass(slots=True)
class HistoricMessage:
    """A message, and what the phone knows of what has become of it."""

    incoming: IncomingMessage
    web: waWeb.WebMessageInfo
    me: Address

    @property
    def raw(self) -> bytes | None:
        """The bytes of an event for the inbox, should the message have to wait."""
        return self.incoming.raw

    @property
    def labels(self) -> tuple[str, ...]:
        return identifiers(self.web.labels)

    @property
    def receipts(self) -> list[tuple[Address, waWeb.UserReceipt]]:
        everyone = ((address_of(one.userJID), one) for one in self.web.userReceipt)
        return [(address, one) for address, one in everyone if address]

    def touches(self) -> Touched:
        touched = self.incoming.touches().people(address for address, _ in self.receipts)
        touched.rows(Label, *self.labels)
        if self.web.userReceipt:
            touched.rows(Receipt, self.incoming.envelope.message_id)
        if self.web.pollUpdates:
            touched.rows(PollVote, self.incoming.envelope.message_id)
            touched.people(voter for voter, _ in self._votes())
        return touched

    def apply(self, batch: Batch) -> Outcome | WaitsFor:
        outcome = self.incoming.apply(batch)
        if self.incoming.is_story:
            self._note_views(batch)
            return outcome
        envelope = self.incoming.envelope
        chat, sender = envelope.chat(batch), batch.contact(envelope.sender)
        message = batch.message(envelope.message_id, chat, sender)
        if message is not None:
            self._complete(batch, message, sender)
        return outcome

    def _complete(self, batch: Batch, message: Message, sender: Contact) -> None:
        web = self.web
        if web.starred:
            batch.put(message, is_starred=True)
        timer = number(web, "ephemeralDuration")
        if timer and message.ephemeral_duration is None:
            batch.put(message, is_ephemeral=True, ephemeral_duration=timer)
        if web.messageStubType == StubType.REVOKE and not message.is_deleted:
            moment = to_seconds(web.revokeMessageTimestamp) or message.timestamp
            batch.put(
                message, is_deleted=True, deleted_at=datetime.fromtimestamp(moment, UTC), deleted_by=sender
            )
        self._follow(batch, message)
        for voter, update in self._votes():
            chosen = options_of(message, update.vote.selectedOptions)
            moment = to_seconds(update.senderTimestampMS) * 1000 or message.timestamp * 1000
            put_vote(batch, message, batch.contact(voter), chosen, moment)
        for label_id in self.labels:
            label = batch.row(Label(account=batch.account, label_id=label_id))
            batch.add(LabelAssociation(label=label, chat=message.chat, message_id=message.message_id))

    def _follow(self, batch: Batch, message: Message) -> None:
        if not message.from_me:
            return
        for address, receipt in self.receipts:
            for name, value in times_of(receipt).items():
                note_receipt(batch, message.chat, address, message.message_id, (name,), value)
        status = STATUSES.get(self.web.status) if self.web.HasField("status") else None
        if status is not None and STEPS.index(status) > STEPS.index(Message.Status(message.status or "sent")):
            batch.put(message, status=status)

    def _votes(self) -> list[tuple[Address, waWeb.PollUpdate]]:
        """Who has voted, as the keys of the votes tell."""
        updates = ((self._voter(update.pollUpdateMessageKey), update) for update in self.web.pollUpdates)
        return [(voter, update) for voter, update in updates if voter]

    def _voter(self, key: waCommon.MessageKey) -> Address:
        if key.fromMe:
            return self.me
        return address_of(key.participant or ("" if is_group(key.remoteJID) else key.remoteJID))

    def _note_views(self, batch: Batch) -> None:
        for address, receipt in self.receipts:
            times = times_of(receipt)
            for name, field_name in (("delivered_at", "delivered_at"), ("read_at", "viewed_at")):
                if name in times:
                    note_view(batch, address, self.incoming.envelope.message_id, field_name, times[name])


def times_of(receipt: waWeb.UserReceipt) -> dict[str, int]:
    """When it was delivered, read, played, in Unix seconds, as far as the phone knows."""
    every = {
        "delivered_at": receipt.receiptTimestamp,
        "read_at": receipt.readTimestamp,
        "played_at": receipt.playedTimestamp,
    }
    return {name: to_seconds(value) for name, value in every.items() if value > 0}
