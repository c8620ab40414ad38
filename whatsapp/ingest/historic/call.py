"""Of a history: the phone's log of calls."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import INT32_MAX, identifier, label, text
from whatsapp.ingest.handlers import calls
from whatsapp.ingest.historic.values import address_of, to_seconds
from whatsapp.ingest.registry import Outcome, Touched
from whatsapp.jids import bounded
from whatsapp.models import Call, Contact


@dataclass(slots=True)
class LoggedCall:
    """A call in the phone's log."""

    record: Any  # WAWebProtobufSyncAction.CallLogRecord
    second: int  # Unix seconds: when the history came

    @property
    def call_id(self) -> str:
        return identifier(self.record.callID) or ""

    @property
    def creator(self) -> Address:
        return address_of(self.record.callCreatorJID)

    @property
    def group_jid(self) -> str:
        return bounded(text(self.record.groupJID) or "")

    @property
    def others(self) -> list[Address]:
        every = (address_of(one.userJID) for one in self.record.participants)
        return [one for one in every if one]

    def touches(self) -> Touched:
        touched = Touched(jids={self.group_jid}).people([self.creator, *self.others])
        return touched.rows(Call, self.call_id)

    def apply(self, batch: Batch) -> Outcome:
        record = self.record
        started = to_seconds(record.startTime)
        call = calls.find_call(batch, self.call_id, started or self.second)
        creator = batch.contact(self.creator) if self.creator else None
        if creator is not None:
            batch.put(call, caller=creator, from_me=not record.isIncoming)
        if self.group_jid:
            batch.put(call, chat=batch.chat(self.group_jid), is_group=True)
        elif call.chat is None:
            peer = creator if record.isIncoming else self._callee(batch)
            if peer is not None:
                batch.put(call, chat=batch.chat(peer.jid))
        if self.others:
            batch.put(call, participants=[batch.contact(one).jid for one in self.others])
        if started:
            calls.note(batch, call, "offered_at", started)
        if record.isVideo:
            batch.put(call, is_video=True)
        if result := label(record, "callResult"):
            batch.put(call, logged_result=result)
        if record.HasField("duration"):
            batch.put(call, duration=min(max(0, record.duration), INT32_MAX))
        calls.settle(batch, call)
        return Outcome.HANDLED

    def _callee(self, batch: Batch) -> Contact | None:
        everyone = (batch.contact(one) for one in self.others)
        return next((one for one in everyone if not batch.is_me(one)), None)
