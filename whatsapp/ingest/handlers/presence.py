"""Presence: who is online, who is typing or recording. Their time is that of their arrival."""

from dataclasses import dataclass

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import LAST_SECOND
from whatsapp.ingest.handlers.envelope import is_direct
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import is_group, jid_text
from whatsapp.models import Chat, Contact, Presence, PresenceChange
from whatsapp.protobuf import neonize_pb2

State = Presence.State


@handles(codes.PRESENCE, neonize_pb2.Presence)
@dataclass(slots=True)
class Online:
    """Somebody has come online or gone."""

    person: Address
    is_online: bool
    last_seen: int | None  # Unix seconds; None: not shown
    moment: int  # Unix milliseconds

    @classmethod
    def parse(cls, event: neonize_pb2.Presence, arrival: Arrival) -> "Online":
        last_seen = min(event.LastSeen, LAST_SECOND) if event.LastSeen > 0 else None
        address = Address.of_jids(event.From)
        if not address:
            raise ValueError("the presence does not say whose it is")
        return cls(address, not event.Unavailable, last_seen, arrival.received_at)

    def touches(self) -> Touched:
        return Touched().people([self.person]).rows(Presence, self.person.phone, self.person.lid)

    def apply(self, batch: Batch) -> Outcome:
        contact = batch.contact(self.person)
        presence = presence_of(batch, contact)
        is_news = is_newer(self.moment, self.is_online, presence.online_at, presence.is_online)
        if is_news:
            batch.put(presence, is_online=self.is_online, online_at=self.moment)
        if self.last_seen is not None:
            batch.put(presence, last_seen=max(self.last_seen, presence.last_seen or 0))
        state = State.AVAILABLE if self.is_online else State.UNAVAILABLE
        log_change(batch, contact, None, state, self.moment, self.last_seen, tell=is_news)
        return Outcome.HANDLED


@handles(codes.CHAT_PRESENCE, neonize_pb2.ChatPresence)
@dataclass(slots=True)
class Typing:
    """Somebody writes, records or has stopped, in a chat."""

    person: Address
    chat_jid: str
    state: str
    moment: int  # Unix milliseconds

    @classmethod
    def parse(cls, event: neonize_pb2.ChatPresence, arrival: Arrival) -> "Typing":
        source = event.MessageSource
        state = State.COMPOSING
        if event.State == neonize_pb2.ChatPresence.PAUSED:
            state = State.PAUSED
        elif event.Media == neonize_pb2.ChatPresence.AUDIO:
            state = State.RECORDING
        address = Address.of_jids(source.Sender, source.SenderAlt)
        if not address:
            raise ValueError("the presence does not say whose it is")
        return cls(address, jid_text(source.Chat), state, arrival.received_at)

    def touches(self) -> Touched:
        touched = Touched(jids={self.chat_jid}).people([self.person])
        return touched.rows(Presence, self.person.phone, self.person.lid)

    def apply(self, batch: Batch) -> Outcome:
        contact = batch.contact(self.person)
        direct = is_direct(self.chat_jid)
        # Somebody who begins to type and thinks better of it starts no chat.
        chat = batch.people.known_chat(contact.jid if direct else self.chat_jid)
        if chat is None and is_group(self.chat_jid):
            chat = batch.chat(self.chat_jid)
        presence = presence_of(batch, contact)
        is_news = is_newer(self.moment, self.state, presence.chat_state_at, presence.chat_state)
        if is_news:
            batch.put(presence, chat_state=self.state, chat=chat, chat_state_at=self.moment)
        log_change(batch, contact, chat, self.state, self.moment, None, tell=is_news)
        return Outcome.HANDLED


def presence_of(batch: Batch, contact: Contact) -> Presence:
    return batch.row(Presence(contact=contact))


def is_newer(moment: int, state: str | bool, known_moment: int, known: str | bool | None) -> bool:
    """Whether a state takes the place of the known one; of those of one millisecond the last does."""
    return moment > known_moment or (moment == known_moment and state != known)


def log_change(
    batch: Batch,
    contact: Contact,
    chat: Chat | None,
    state: str,
    moment: int,
    last_seen: int | None,
    *,
    tell: bool,
) -> None:
    """Keeps the change, once; what is the newest is told, too."""
    batch.add(
        PresenceChange(
            account=batch.account,
            contact=contact,
            chat=chat,
            state=state,
            last_seen=last_seen,
            changed_at=moment,
        )
    )
    if not tell:
        return
    presence = {"lastKnownPresence": str(state), "lastSeen": last_seen}
    where = chat.jid if chat is not None else contact.jid
    batch.log(events.PRESENCE_UPDATE, {"id": where, "presences": {contact.jid: presence}})
