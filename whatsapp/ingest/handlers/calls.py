"""Calls: their signals, and the phone's own log of them.

Signals come in any order and not all of them come. So a call's row keeps the time of each, and its status
follows from what is known (whatsmeow's call.go for when each is sent).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import identifier, text
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import bounded, is_group, jid_text
from whatsapp.models import Call, Contact
from whatsapp.protobuf import neonize_pb2
from whatsapp.records import call_record

Status = Call.Status

# What the phone's log says of a call (WAWebProtobufSyncAction.CallLogRecord.CallResult).
LOGGED = {
    "connected": Status.ENDED,
    "rejected": Status.REJECTED,
    "cancelled": Status.MISSED,
    "accepted_elsewhere": Status.ACCEPTED_ELSEWHERE,
    "acceptedelsewhere": Status.ACCEPTED_ELSEWHERE,
    "missed": Status.MISSED,
    "unavailable": Status.MISSED,
    "failed": Status.FAILED,
    "abandoned": Status.MISSED,
    "ongoing": Status.ACCEPTED,
}


@dataclass(slots=True)
class CallSignal:
    """One signal of a call; `FIELD` is the time that it gives, of which the first counts."""

    FIELD: ClassVar[str]

    call_id: str
    peer: Address
    creator: Address
    group_jid: str
    is_video: bool
    reason: str | None
    timestamp: int

    @classmethod
    def parse(cls, event: Any, arrival: Arrival) -> "CallSignal":
        meta = event.basicCallMeta
        call_id = identifier(meta.callID)
        if call_id is None:
            raise ValueError("the signal of a call has no call id")
        return cls(
            call_id=call_id,
            peer=Address.of_jids(getattr(meta, "from")),
            creator=Address.of_jids(meta.callCreator, meta.callCreatorAlt),
            group_jid=bounded(attributes_of(event.data).get("group-jid", "")),
            is_video=getattr(event, "media", "") == "video"
            or any(child.Tag == "video" for child in event.data.Nodes),
            reason=text(getattr(event, "reason", "")),
            timestamp=arrival.time_of(meta.timestamp),
        )

    def touches(self) -> Touched:
        return Touched(jids={self.group_jid}).people([self.peer, self.creator]).rows(Call, self.call_id)

    def apply(self, batch: Batch) -> Outcome:
        creator = batch.contact(self.creator if self.creator else self.peer)
        call = find_call(batch, self.call_id, self.timestamp)
        if call.caller is None:
            batch.put(call, caller=creator, from_me=batch.is_me(creator))
        if self.group_jid or call.chat is None:
            with_whom = self.group_jid or self._other(batch, creator).jid
            chat = batch.chat(with_whom)
            batch.put(call, chat=chat, is_group=is_group(with_whom) or call.is_group)
        is_first = note(batch, call, self.FIELD, self.timestamp)
        if self.is_video:
            batch.put(call, is_video=True)
        if self.reason and (is_first or call.end_reason is None):
            batch.put(call, end_reason=self.reason)
        settle(batch, call)
        return Outcome.HANDLED

    def _other(self, batch: Batch, creator: Contact) -> Contact:
        return batch.contact(self.peer) if batch.is_me(creator) and self.peer else creator


def find_call(batch: Batch, call_id: str, second: int) -> Call:
    """The call with that id, made when it is not there; it began at `second` (Unix seconds) or earlier."""
    fresh = Call(
        account=batch.account,
        call_id=call_id,
        started_at=second,
        created_at=batch.now,
        updated_at=batch.now,
    )
    call = batch.row(fresh)
    if second < call.started_at:
        batch.put(call, started_at=second)
    return call


def note(batch: Batch, call: Call, field: str, second: int) -> bool:
    """The first of several signals of a kind counts. Returns whether this is it, as far as is known."""
    known = getattr(call, field)
    return (known is None or second < known) and batch.put(call, **{field: second})


def settle(batch: Batch, call: Call) -> None:
    """Brings status and duration in line with what is known, and tells when that changes anything."""
    status, duration = status_of(call), call.duration
    if call.accepted_at and call.ended_at and (call.logged_result is None or duration is None):
        duration = max(0, call.ended_at - call.accepted_at)
    if batch.put(call, status=status, duration=duration):
        batch.log(events.CALL, [call_record(call)])


def status_of(call: Call) -> str:
    """What became of the call, as far as it is known."""
    reason = call.end_reason or ""
    if call.logged_result in LOGGED:
        return LOGGED[call.logged_result]
    if call.accepted_at:
        return Status.ENDED if call.ended_at else Status.ACCEPTED
    if reason == "accepted_elsewhere":
        return Status.ACCEPTED_ELSEWHERE
    if call.rejected_at or "reject" in reason:
        return Status.REJECTED
    if call.ended_at:
        return Status.MISSED
    return Status.RINGING if call.offered_at else Status.UNKNOWN


def attributes_of(node: neonize_pb2.Node) -> dict[str, str]:
    """A stanza's attributes as texts."""
    found: dict[str, str] = {}
    for attribute in node.Attrs:
        value = attribute.WhichOneof("Value")
        if value == "jid":
            found[attribute.name] = jid_text(attribute.jid)
        elif value is not None:
            found[attribute.name] = text(str(getattr(attribute, value))) or ""
    return found


@handles(codes.CALL_OFFER, neonize_pb2.CallOffer)
class Offer(CallSignal):
    """Somebody rings."""

    FIELD = "offered_at"


@handles(codes.CALL_OFFER_NOTICE, neonize_pb2.CallOfferNotice)
class OfferNotice(CallSignal):
    """A group's call has begun."""

    FIELD = "offered_at"


@handles(codes.CALL_ACCEPT, neonize_pb2.CallAccept)
class Accept(CallSignal):
    """The call was taken."""

    FIELD = "accepted_at"


@handles(codes.CALL_TERMINATE, neonize_pb2.CallTerminate)
class Terminate(CallSignal):
    """It is over, or rings no more."""

    FIELD = "ended_at"


@handles(codes.CALL_REJECTED, None)
@dataclass(slots=True)
class Rejected:
    """`{"call_id", "at"}`: the hub has declined the call at that second. WhatsApp tells only others."""

    call_id: str
    second: int

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "Rejected":
        return cls(event["call_id"], arrival.time_of(int(event["at"])))

    def touches(self) -> Touched:
        return Touched().rows(Call, self.call_id)

    def apply(self, batch: Batch) -> Outcome:
        call = find_call(batch, self.call_id, self.second)
        note(batch, call, "rejected_at", self.second)
        settle(batch, call)
        return Outcome.HANDLED
