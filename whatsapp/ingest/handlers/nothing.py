"""Events that say nothing that is worth a row: their bytes stay in the inbox, but for secrets."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest import codes
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.protobuf import neonize_pb2


@dataclass(slots=True)
class Nothing:
    @classmethod
    def parse(cls, event: Any, arrival: Arrival) -> "Nothing":
        return cls()

    def touches(self) -> Touched:
        return Touched()

    def apply(self, batch: Batch) -> Outcome:
        return Outcome.HANDLED


class Secret(Nothing):
    """Keys of this device: the library keeps them, and the inbox must not."""

    def apply(self, batch: Batch) -> Outcome:
        return Outcome.STORED


for _code, _protobuf in (
    (codes.NEWSLETTER_MESSAGE_META, neonize_pb2.NewsLetterMessageMeta),
    (codes.OFFLINE_SYNC_PREVIEW, neonize_pb2.OfflineSyncPreview),
    (codes.OFFLINE_SYNC_COMPLETED, neonize_pb2.OfflineSyncCompleted),
    (codes.CALL_PRE_ACCEPT, neonize_pb2.CallPreAccept),
    (codes.CALL_TRANSPORT, neonize_pb2.CallTransport),
    (codes.CALL_RELAY_LATENCY, neonize_pb2.CallRelayLatency),
    (codes.UNKNOWN_CALL_EVENT, neonize_pb2.UnknownCallEvent),
):
    handles(_code, _protobuf)(Nothing)
handles(codes.ROTATE_ADV_SECRET, neonize_pb2.RotateADVSecret)(Secret)
