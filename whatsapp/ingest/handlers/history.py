"""A history that the phone hands over. It is taken in slice by slice: `whatsapp.ingest.history`."""

import time
from dataclasses import dataclass

from whatsapp.ingest import blob, codes
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import number
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.models import Account, HistorySync, InboxEvent
from whatsapp.protobuf import neonize_pb2, waHistorySync


@handles(codes.HISTORY_SYNC, neonize_pb2.HistorySync, read=lambda raw: raw)
@dataclass(slots=True)
class History:
    """A history whose bytes can be read to their end."""

    summary: waHistorySync.HistorySync
    message_total: int

    @classmethod
    def parse(cls, event: bytes, arrival: Arrival) -> "History":
        return cls(blob.summary_of(event), blob.count_messages(event))

    def touches(self) -> Touched:
        return Touched()

    def apply(self, batch: Batch) -> Outcome:
        return Outcome.IMPORTING

    def begin(self, account: Account, row: InboxEvent) -> None:
        """Queues the history in that inbox row for import. Call it in the transaction that takes the row."""
        summary = self.summary
        HistorySync.objects.update_or_create(
            event=row,
            defaults={
                "account": account,
                "sync_type": summary.HistorySyncType.Name(summary.syncType).lower(),
                "chunk_order": number(summary, "chunkOrder"),
                "progress": number(summary, "progress"),
                "message_total": self.message_total,
                "step": 0,
                "messages": 0,
                "chats": 0,
                "contacts": 0,
                "calls": 0,
                "failures": 0,
                "started_at": int(time.time() * 1000),
                "finished_at": None,
            },
        )
