"""Imports histories, slice by slice, between live events.

A slice is one transaction, in which the import's row says how far it has come: after any interruption it goes
on with the next slice. A message that can't be understood is put into quarantine alone, as a history of that
one message. When all is done the blob keeps what has no row of its own and leaves its messages behind.
"""

import logging
import time
import traceback
from collections.abc import Iterator
from itertools import islice

from django.db import OperationalError

from whatsapp import events, leases
from whatsapp.ingest import blob, codes
from whatsapp.ingest.applying import apply_all
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.faults import is_of_database
from whatsapp.ingest.historic import read_piece
from whatsapp.ingest.lookups import history_under_way
from whatsapp.ingest.registry import Appliable
from whatsapp.ingest.verdicts import Verdicts
from whatsapp.models import Account, Chat, Contact, HistorySync, InboxEvent
from whatsapp.records import history_record

log = logging.getLogger(__name__)

PIECES_PER_SLICE = 1_024
MESSAGES = (blob.Kind.MESSAGE, blob.Kind.STORY)
MEDIA_PAUSE = 1  # seconds between the downloads of old files, so that they keep no new one waiting


class Importer:
    """Takes an account's histories in, one after another."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._sync: HistorySync | None = None
        self._event = b""
        self._received_at = 0
        self._slices: Iterator[list[blob.Piece]] = iter(())
        self._media_due_at = 0

    def step(self) -> bool:
        """Imports one slice. False when there is none. Raises OperationalError when the database can't be
        written to; the slice is then tried again."""
        if self._sync is None and not self._open():
            return False
        assert self._sync is not None
        pieces = next(self._slices, None)
        if pieces is None:
            self._close(self._sync)
            return True
        try:
            self._import(self._sync, pieces)
        except OperationalError:
            self._sync = None  # begin again where the row says
            raise
        return True

    def _open(self) -> bool:
        sync = history_under_way(self.account)
        if sync is None:
            return False
        row = InboxEvent.objects.get(history=sync)
        self._sync, self._event, self._received_at = sync, bytes(row.data), row.received_at
        self._slices = islice(slices(self._event), sync.step, None)
        return True

    def _import(self, sync: HistorySync, pieces: list[blob.Piece]) -> None:
        try:
            self._import_together(sync, pieces)
        except Exception as error:
            if is_of_database(error):
                raise
            log.warning("A slice of a history failed: importing its %d pieces one by one.", len(pieces))
            self._import_alone(sync, pieces)

    def _import_together(
        self, sync: HistorySync, pieces: list[blob.Piece], *, ends_slice: bool = True
    ) -> None:
        parts = [part for piece in pieces for part in read_piece(piece, self.account, self._received_at)]
        with leases.fenced(self.account):
            batch = self._apply(parts, alone=not ends_slice)
            sync.step += ends_slice
            sync.messages += sum(piece.kind in MESSAGES for piece in pieces)
            sync.calls += sum(piece.kind is blob.Kind.CALL for piece in pieces)
            sync.chats += len(batch.new_rows(Chat))
            sync.contacts += len(batch.new_rows(Contact))
            self._tell(sync)

    def _apply(self, parts: list[Appliable], *, alone: bool) -> Batch:
        now = int(time.time())
        batch = Batch(
            self.account, quiet=True, media_due_at=max(now, self._media_due_at), media_pause=MEDIA_PAUSE
        )
        done = Verdicts(self.account)
        apply_all(batch, done, [(None, part) for part in parts], alone=alone)
        batch.save()
        done.save()
        self._media_due_at = batch.media_due_at
        return batch

    def _import_alone(self, sync: HistorySync, pieces: list[blob.Piece]) -> None:
        """One transaction a piece: a piece that is imported twice changes nothing."""
        for piece in pieces:
            try:
                self._import_together(sync, [piece], ends_slice=False)
            except Exception as error:
                if is_of_database(error):
                    raise
                log.exception("A %s of a history is quarantined.", piece.kind.name.lower())
                self._quarantine(sync, piece, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
        self._import_together(sync, [])

    def _quarantine(self, sync: HistorySync, piece: blob.Piece, error: str) -> None:
        with leases.fenced(self.account):
            InboxEvent.objects.create(
                account=self.account,
                code=codes.HISTORY_SYNC,
                data=blob.event_of(piece),
                received_at=self._received_at,
                state=InboxEvent.State.QUARANTINED,
                error=error,
            )
            sync.refresh_from_db()
            sync.failures += 1
            sync.messages += piece.kind in MESSAGES
            sync.save()

    def _close(self, sync: HistorySync) -> None:
        """The blob's messages are rows now: it keeps the rest, to be read again when parsing improves."""
        with leases.fenced(self.account):
            sync.finished_at = int(time.time() * 1000)
            InboxEvent.objects.filter(history=sync).update(
                state=InboxEvent.State.HANDLED, data=blob.without_messages(self._event)
            )
            self._tell(sync)
        log.info(
            "Imported a history (%s): %d messages, %d chats, %d contacts, %d calls new; %d failed.",
            sync, sync.messages, sync.chats, sync.contacts, sync.calls, sync.failures,
        )  # fmt: skip
        self._sync, self._event, self._slices = None, b"", iter(())

    def _tell(self, sync: HistorySync) -> None:
        sync.save()
        events.append(self.account, events.HISTORY_SET, history_record(sync))


def slices(event: bytes) -> Iterator[list[blob.Piece]]:
    """The history's pieces, many at a time; always the same."""
    every = blob.pieces(event)
    while some := list(islice(every, PIECES_PER_SLICE)):
        yield some
