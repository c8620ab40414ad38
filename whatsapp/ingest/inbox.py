"""The way in: raw bytes are stored first and understood later.

`Inbox.receive` is what neonize's callback calls; it returns when the bytes are safe. `drain` turns the
oldest events into rows, many to a transaction. Both can be interrupted anywhere: an event leaves the
inbox in the transaction that writes its rows, and handling one twice changes nothing.
"""

import logging
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from threading import Event as ThreadEvent
from threading import Thread

from django.db import DatabaseError, OperationalError, close_old_connections, connection

from whatsapp import metrics, wakeup
from whatsapp.ingest import handlers, registry
from whatsapp.ingest.applying import apply_all, read
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.bulk import insert_many
from whatsapp.ingest.spool import Spool, Spooled
from whatsapp.ingest.turn import turn_to_write
from whatsapp.ingest.verdicts import Verdicts
from whatsapp.models import Account, InboxEvent

__all__ = ["Inbox", "drain", "handlers"]

log = logging.getLogger(__name__)

EVENTS_PER_TRANSACTION = 500
SECONDS_BETWEEN_TRIES = 1.0
SECONDS_TO_CLOSE = 2.0
State = InboxEvent.State


class Inbox:
    """Stores what neonize delivers.

    neonize calls back from whichever thread Go is on, so the callback touches no database: it appends to a
    spool, and a thread of the inbox's own moves what is there into the table, many events to a transaction.
    """

    def __init__(self, account: Account, spool: Path) -> None:
        self.account = account
        self.spool = Spool(spool)
        self._closing = ThreadEvent()
        self._news = ThreadEvent()
        self._mover = Thread(target=self._move, name="inbox", daemon=True)

    def open(self) -> None:
        """Begins to move events, first of all those that an earlier process left in the spool."""
        self._news.set()
        self._mover.start()

    def receive(self, code: int, data: bytes) -> None:
        """Stores one event. Returns when it would survive the death of the process; tries until then."""
        while True:
            try:
                self.spool.append(code, data)
                break
            except OSError as error:
                # A full disk, say. WhatsApp won't send this again, so don't let go of it.
                log.error("An event of kind %s can't be stored yet: %s", code, error)
                if self._closing.wait(SECONDS_BETWEEN_TRIES):
                    raise
        self._news.set()

    def close(self) -> None:
        """Moves what is in the spool, as far as the database takes it, and ends the thread."""
        self._closing.set()
        self._news.set()
        if self._mover.is_alive():
            self._mover.join(SECONDS_TO_CLOSE)

    def _move(self) -> None:
        sync_every_commit()
        while True:
            self._news.wait()
            self._news.clear()
            try:
                while events := self.spool.waiting(EVENTS_PER_TRANSACTION):
                    self._store(events)
                    self.spool.take_out(events[-1])
            except DatabaseError as error:
                log.error("The inbox can't be written to, trying again: %s", error)
                close_old_connections()
                self._closing.wait(SECONDS_BETWEEN_TRIES)
                self._news.set()
            if self._closing.is_set():
                break
        connection.close()

    def _store(self, events: list[Spooled]) -> None:
        """Adds the events to the table, but for those that an earlier process added before it died."""
        with turn_to_write():
            moved = Account.objects.values_list("spooled", flat=True).get(pk=self.account.pk)
            insert_many(
                InboxEvent,
                [
                    InboxEvent(
                        account=self.account, code=event.code, data=event.data, received_at=event.received_at
                    )
                    for event in events
                    if event.sequence > moved
                ],
            )
            Account.objects.filter(pk=self.account.pk).update(spooled=max(moved, events[-1].sequence))
        wakeup.nudge()


def sync_every_commit() -> None:
    """WhatsApp has been told that we have these, so here a commit must reach the disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def drain(account: Account, limit: int = EVENTS_PER_TRANSACTION) -> int:
    """Handles the oldest pending events, at most `limit`, and returns how many there were.

    Raises OperationalError when the database can't be written to; nothing is changed then.
    """
    rows = list(InboxEvent.objects.pending().filter(account=account)[:limit])
    if not rows:
        return 0
    begun = time.perf_counter()
    try:
        outcomes = apply_together(account, rows)
    except OperationalError:
        raise
    except Exception:
        metrics.note_failed_batch(time.perf_counter() - begun)
        # One of them is at fault. Alone, each gets what it deserves.
        log.warning(
            "A batch of %d events failed; handling them one by one.", len(rows), exc_info=len(rows) == 1
        )
        for row in rows:
            apply_alone(account, row)
    else:
        metrics.note_ingest(outcomes, time.perf_counter() - begun)
    return len(rows)


def apply_alone(account: Account, row: InboxEvent) -> None:
    """Handles one event; quarantines it, with the reason, when it can't be handled."""
    begun = time.perf_counter()
    try:
        outcomes = apply_together(account, [row], alone=True)
    except OperationalError:
        raise
    except Exception as error:
        metrics.note_quarantined()
        log.exception("Event %s of kind %s is quarantined.", row.pk, row.code)
        quarantine([row], f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    else:
        metrics.note_ingest(outcomes, time.perf_counter() - begun)


def quarantine(rows: Iterable[InboxEvent], error: str) -> None:
    InboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.QUARANTINED, error=error, waits_for=None
    )


def apply_together(account: Account, rows: list[InboxEvent], *, alone: bool = False) -> dict[str, int]:
    """Applies the events in their order, in one transaction; all of them or, with an exception, none. Returns
    how many had which outcome."""
    work = [(row, read(row)) for row in rows]
    with turn_to_write():
        batch = Batch(account)
        done = Verdicts(account)
        apply_all(batch, done, work, alone=alone)
        batch.save()
        done.save()
    return done.outcomes()


def replay(states: Iterable[int], codes: Iterable[int] | None = None) -> int:
    """Puts events back in line, in their old order: those quarantined after a fix, those kinds that had
    no handler when they came. Only the kinds in `codes`, where given. Returns how many."""
    rows = InboxEvent.objects.filter(state__in=list(states), waits_for=None)
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    return rows.update(state=State.PENDING, error=None)


def replay_newly_handled() -> int:
    """Puts back what waited for a handler that there is by now. Returns how many."""
    return replay([State.WAITING], registry.handled_codes())
