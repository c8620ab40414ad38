"""What surrounds every message: who sent it where and when."""

from dataclasses import dataclass

from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import LAST_SECOND, identifier, name
from whatsapp.ingest.registry import Touched
from whatsapp.jids import is_broadcast, is_group, is_newsletter, jid_text
from whatsapp.models import Chat, Contact
from whatsapp.protobuf import neonize_pb2


@dataclass(frozen=True, slots=True)
class Envelope:
    message_id: str
    chat_jid: str
    sender: Address
    peer: Address  # in a direct chat, the person at the other end
    from_me: bool
    timestamp: int  # Unix seconds
    push_name: str | None
    business_name: str | None
    edit: str
    server_id: int | None

    @classmethod
    def of(cls, info: neonize_pb2.MessageInfo) -> "Envelope":
        """Raises ValueError for a message without an id, sender or chat."""
        source = info.MessageSource
        message_id = identifier(info.ID)
        if message_id is None:
            raise ValueError("the message has no id")
        chat_jid = jid_text(source.Chat)
        other = jid_text(source.RecipientAlt if source.IsFromMe else source.SenderAlt)
        sender = Address.of_jids(source.Sender, source.SenderAlt)
        if not chat_jid or not sender:
            raise ValueError("the message does not say who sent it where")
        return cls(
            message_id=message_id,
            chat_jid=chat_jid,
            sender=sender,
            peer=Address.of(chat_jid, other),
            from_me=source.IsFromMe,
            timestamp=min(max(info.Timestamp // 1000, 0), LAST_SECOND),
            push_name=name(info.Pushname),
            business_name=(
                name(info.VerifiedName.Details.verifiedName) if info.HasField("VerifiedName") else None
            ),
            edit=info.Edit,
            server_id=info.ServerID or None,
        )

    @property
    def is_direct(self) -> bool:
        return is_direct(self.chat_jid)

    def touches(self) -> Touched:
        people = (self.sender, self.peer) if self.is_direct else (self.sender,)
        return Touched(jids={self.chat_jid}, message_ids={self.message_id}, seconds={self.timestamp}).people(
            people
        )

    def chat(self, batch: Batch) -> Chat:
        return batch.chat(batch.contact(self.peer).jid if self.is_direct else self.chat_jid)

    def learn_names(self, batch: Batch, sender: Contact) -> None:
        """Takes up what the sender calls themself."""
        if self.from_me:
            return
        learn_push_name(batch, sender, self.push_name, self.timestamp)
        if self.business_name:
            batch.put(sender, business_name=self.business_name, is_business=True)
        batch.people.rename_chat_of(sender)


def is_direct(chat_jid: str) -> bool:
    """Whether a chat is with one person."""
    return not (is_group(chat_jid) or is_broadcast(chat_jid) or is_newsletter(chat_jid))


def learn_push_name(batch: Batch, contact: Contact, name: str | None, second: int) -> None:
    """The newest name counts; `second` is when it was seen, in Unix seconds."""
    if name and (second, name) > (contact.notify_name_at or 0, contact.notify_name or ""):
        batch.put(contact, notify_name=name, notify_name_at=second)
