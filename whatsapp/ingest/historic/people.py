"""Of a history: who people are, and who has left which group."""

import hashlib
from dataclasses import dataclass

from whatsapp.ingest import group_rows
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.handlers.envelope import learn_push_name
from whatsapp.ingest.registry import Outcome, Touched
from whatsapp.models import Group, GroupChange, GroupParticipant


@dataclass(slots=True)
class Pair:
    """Phone JID and LID of one person."""

    address: Address

    def touches(self) -> Touched:
        return Touched().people([self.address])

    def apply(self, batch: Batch) -> Outcome:
        batch.contact(self.address)
        return Outcome.HANDLED


@dataclass(slots=True)
class PushName:
    """What somebody calls themself, as the phone last heard; what the hub has heard is newer."""

    address: Address
    name: str | None

    def touches(self) -> Touched:
        return Touched().people([self.address])

    def apply(self, batch: Batch) -> Outcome:
        contact = batch.contact(self.address)
        learn_push_name(batch, contact, self.name, 0)
        batch.people.rename_chat_of(contact)
        return Outcome.HANDLED


@dataclass(slots=True)
class PastParticipants:
    """Who has left a group, and when."""

    jid: str
    gone: list[tuple[Address, bool, int]]  # whether they were removed, and when, in Unix seconds

    def touches(self) -> Touched:
        touched = Touched(jids={self.jid}).rows(Group, self.jid).rows(GroupParticipant, self.jid)
        return touched.people(address for address, _, _ in self.gone)

    def apply(self, batch: Batch) -> Outcome:
        group = group_rows.group_of(batch, self.jid)
        for address, removed, second in self.gone:
            contact, about = batch.contact(address), address.phone or address.lid
            group_rows.place(batch, group, contact, second, False)
            kind = GroupChange.Kind.REMOVE if removed else GroupChange.Kind.LEAVE
            digest = hashlib.sha256(f"{self.jid} {second}".encode()).hexdigest()
            actor = None if removed else contact
            group_rows.note_change(
                batch, group, kind, second, digest, actor=actor, contact=contact, about=about
            )
        group_rows.count(batch, group)
        return Outcome.HANDLED
