"""The way in: raw bytes are stored first and understood later.

`Inbox.receive` is what neonize's callback calls; it returns when the bytes are in the spool, and safe. From
there ingest takes them, many to a transaction, which writes the rows that come of them and says how far the
spool has been taken; the table of the inbox gets those events alone that have to be kept. Others put their
events into that table themselves, and ingest takes them out in the same way. All of it can be interrupted
anywhere: an event leaves the spool, or the table, in the transaction that writes its rows, and handling one
twice changes nothing.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from threading import Event as ThreadEvent

from django.db import connection

from whatsapp import leases, metrics
from whatsapp.changes import change_all
from whatsapp.ingest import handlers, registry
from whatsapp.ingest.applying import apply_all, read
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.bulk import insert_many, update_many
from whatsapp.ingest.faults import is_of_database
from whatsapp.ingest.lookups import pending
from whatsapp.ingest.spool import Spool, Spooled
from whatsapp.ingest.verdicts import Verdicts
from whatsapp.models import Account, InboxEvent
from whatsapp.rows import made

__all__ = ["Inbox", "drain", "handlers"]

log = logging.getLogger(__name__)

EVENTS_PER_TRANSACTION = 512  # whole statements of messages: see `bulk`
SECONDS_BETWEEN_TRIES = 1.0
State = InboxEvent.State


class Inbox:
    """Stores what neonize delivers, and hands it on to ingest.

    neonize calls back from whichever thread Go is on, so the callback touches no database: it appends to the
    spool, and lets `told` know. `drain` is for one thread, of a process that alone has the account's session.
    """

    def __init__(self, account: Account, spool: Path, told: Callable[[], None]) -> None:
        self.account = account
        self.spool = Spool(spool, after=taken_of(account))
        self.told = told
        self._closing = ThreadEvent()
        self._taken: int | None = None  # as Account.spooled; None: to be looked up

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
        self.told()

    def close(self) -> None:
        """What the spool still has stays there for the next process; no event waits for room any more."""
        self._closing.set()

    def drain(self, limit: int = EVENTS_PER_TRANSACTION) -> int:
        """Handles the oldest events of the spool, at most `limit`, and returns how many there were.

        Raises OperationalError when the database can't be written to; nothing is changed then.
        """
        events = self.spool.waiting(limit)
        if not events:
            return 0
        sync_every_commit()
        if self._taken is None:
            self._taken = taken_of(self.account)
        # An earlier process may have died before it told the spool of some.
        rows = [self._row(event) for event in events if event.sequence > self._taken]
        self._taken = None
        for is_damaged, those in groupby(rows, key=lambda row: row.state == State.QUARANTINED):
            if is_damaged:
                set_aside(self.account, list(those))
            else:
                handle(self.account, list(those))
        self._taken = events[-1].sequence
        self.spool.take_out(events[-1])
        return len(events)

    def _row(self, event: Spooled) -> InboxEvent:
        row = made(
            InboxEvent,
            account=self.account,
            code=event.code,
            data=event.data,
            received_at=event.received_at,
        )
        row.sequence = event.sequence
        if not event.is_whole:
            row.state, row.error = State.QUARANTINED, "The disk has damaged it before it was handled."
        return row


def taken_of(account: Account) -> int:
    """Up to which sequence the account's spool has been taken out, as the database knows."""
    taken: int = Account.objects.values_list("spooled", flat=True).get(pk=account.pk)
    return taken


def move_to_table(account: Account) -> None:
    """Moves what is in the account's spool into the inbox's table, from where its session takes it, on
    whichever machine that runs. For a process that alone has the account's session on this one."""
    if not account.spool.exists() or not account.spool.stat().st_size:
        return
    moved = 0
    inbox = Inbox(account, account.spool, told=lambda: None)
    try:
        while events := inbox.spool.waiting(EVENTS_PER_TRANSACTION):
            insert_many(InboxEvent, [inbox._row(event) for event in events])
            inbox.spool.take_out(events[-1])
            moved += len(events)
    finally:
        inbox.spool.close()
    log.info("Left %d events of %s to the session that goes on, wherever it runs", moved, account.name)


def sync_every_commit() -> None:
    """WhatsApp has been told that we have what is in the spool: so before it goes there, a commit must have
    reached the disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def drain(account: Account, limit: int = EVENTS_PER_TRANSACTION) -> int:
    """Handles the oldest pending events of the table, at most `limit`, and returns how many there were.

    Raises OperationalError when the database can't be written to; nothing is changed then.
    """
    rows = pending(account, limit)
    if rows:
        handle(account, rows)
    return len(rows)


def handle(account: Account, rows: list[InboxEvent]) -> None:
    """Turns events into rows, in their order: together, or one by one when one of them is at fault."""
    begun = time.perf_counter()
    try:
        outcomes = apply_together(account, rows)
    except Exception as error:
        if is_of_database(error):
            raise
        metrics.note_failed_batch(time.perf_counter() - begun)
        # Alone, each gets what it deserves.
        log.warning(
            "A batch of %d events failed; handling them one by one.", len(rows), exc_info=len(rows) == 1
        )
        for row in rows:
            apply_alone(account, row)
    else:
        metrics.note_ingest(outcomes, time.perf_counter() - begun)


def apply_alone(account: Account, row: InboxEvent) -> None:
    """Handles one event; quarantines it, with the reason, when it can't be handled."""
    begun = time.perf_counter()
    try:
        outcomes = apply_together(account, [row], alone=True)
    except Exception as error:
        if is_of_database(error):
            raise
        metrics.note_quarantined()
        reason = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        quarantine(account, row, reason)
        log.exception("Event %s of kind %s is quarantined.", row.pk, row.code)
    else:
        metrics.note_ingest(outcomes, time.perf_counter() - begun)


def set_aside(account: Account, damaged: list[InboxEvent]) -> None:
    """Quarantines what the spool has only parts of."""
    for row in damaged:
        metrics.note_quarantined()
        quarantine(account, row, row.error or "")
        log.error("Event %s of kind %s is quarantined: %s", row.pk, row.code, row.error)


def quarantine(account: Account, row: InboxEvent, error: str) -> None:
    """Sets the event aside in the inbox's table."""
    with leases.fenced(account):
        row.state, row.error, row.waits_for = State.QUARANTINED, error, None
        row.save()
        note_taken(account, row)


def apply_together(account: Account, rows: list[InboxEvent], *, alone: bool = False) -> dict[str, int]:
    """Applies the events in their order, in one transaction; all of them or, with an exception, none. Returns
    how many had which outcome."""
    work = [(row, read(row)) for row in rows]
    with leases.fenced(account):
        batch = Batch(account)
        done = Verdicts(account)
        apply_all(batch, done, work, alone=alone)
        batch.save()
        done.save()
        note_taken(account, rows[-1])
    return done.outcomes()


def note_taken(account: Account, last: InboxEvent) -> None:
    """Says that the spool has been taken out up to this event, if that was in it."""
    if last.sequence:
        update_many(Account, [made(Account, id=account.pk, spooled=last.sequence)], ("spooled",))


def replay(states: Iterable[int], codes: Iterable[int] | None = None) -> int:
    """Puts events back in line, in their old order: those quarantined after a fix, those kinds that had
    no handler when they came. Only the kinds in `codes`, where given. Returns how many."""
    rows = InboxEvent.objects.filter(state__in=list(states), waits_for=None)
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    return change_all(rows, lambda those: those.update(state=State.PENDING, error=None))


def replay_newly_handled() -> int:
    """Puts back what waited for a handler that there is by now. Returns how many."""
    return replay([State.WAITING], registry.handled_codes())
