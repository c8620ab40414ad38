"""The way in: raw bytes are stored first and understood later.

`Inbox.receive` is what neonize's callback calls; it returns when the bytes are on disk. `drain` turns the
oldest events into rows, many to a transaction. Both are safe to interrupt anywhere: an event leaves the
inbox in the transaction that writes its rows, and handling one twice changes nothing.
"""

import logging
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event as ThreadEvent

from django.db import OperationalError, connection, transaction

from whatsapp.ingest import handlers, registry
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.registry import Handler, Outcome, WaitsFor
from whatsapp.models import Account, InboxEvent

__all__ = ["Inbox", "drain", "handlers"]

log = logging.getLogger(__name__)

EVENTS_PER_TRANSACTION = 500
SECONDS_BETWEEN_TRIES = 1.0
State = InboxEvent.State


class Inbox:
    """Stores what neonize delivers.

    neonize calls back from whichever thread Go is on, a new one for Python each time, so a thread of the
    inbox's own holds the database connection.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self._closing = ThreadEvent()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="inbox", initializer=sync_every_commit)

    def receive(self, code: int, data: bytes) -> None:
        """Stores one event. Returns once it would survive a power cut; tries for ever until then."""
        self._writer.submit(self._store, code, data).result()

    def _store(self, code: int, data: bytes) -> None:
        while True:
            try:
                InboxEvent.objects.create(
                    account=self.account, code=code, data=data, received_at=int(time.time() * 1000)
                )
                return
            except OperationalError as error:
                # A full disk or a lock held for long: WhatsApp won't send this again, so don't let go of it.
                log.error("An event of kind %s can't be stored yet: %s", code, error)
                if self._closing.wait(SECONDS_BETWEEN_TRIES):
                    raise

    def close(self) -> None:
        """Stores what is under way, and ends the thread."""
        self._closing.set()
        self._writer.submit(connection.close)
        self._writer.shutdown(wait=True)


def sync_every_commit() -> None:
    """WhatsApp has seen its acknowledgement already, so here a commit must reach the disk."""
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
    try:
        apply_together(account, rows)
    except OperationalError:
        raise
    except Exception:
        # One of them is at fault. Alone, each gets what it deserves.
        log.warning(
            "A batch of %d events failed; handling them one by one.", len(rows), exc_info=len(rows) == 1
        )
        for row in rows:
            apply_alone(account, row)
    return len(rows)


def apply_alone(account: Account, row: InboxEvent) -> None:
    """Handles one event; quarantines it, with the reason, when it can't be handled."""
    try:
        apply_together(account, [row])
    except OperationalError:
        raise
    except Exception as error:
        log.exception("Event %s of kind %s is quarantined.", row.pk, row.code)
        quarantine([row], f"{type(error).__name__}: {error}\n{traceback.format_exc()}")


def quarantine(rows: Iterable[InboxEvent], error: str) -> None:
    InboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.QUARANTINED, error=error, waits_for=None
    )


def apply_together(account: Account, rows: list[InboxEvent]) -> None:
    """Applies the events in their order, in one transaction; all of them or, with an exception, none."""
    parsed = [(row, registry.parse(row.code, bytes(row.data))) for row in rows]
    with transaction.atomic():
        batch = Batch(account)
        done = Verdicts()
        while parsed:
            batch.load(handler.touches() for _, handler in parsed if handler is not None)
            for row, handler in parsed:
                done.note(row, handler.apply(batch) if handler is not None else Outcome.WAITING)
            parsed = late_changes(account, batch, done)
        batch.save()
        done.save()


def late_changes(account: Account, batch: Batch, done: "Verdicts") -> list[tuple[InboxEvent, Handler | None]]:
    """Edits and deletes that came before the messages that the batch has just added."""
    if not batch.changes_of:
        return []
    new_ids, batch.changes_of = batch.changes_of, set()
    known = InboxEvent.objects.waiting_for(new_ids).filter(account=account)
    here = [row for row in done.waiting if done.waiting[row] in new_ids]
    rows = {row.pk: row for row in [*known, *here]}
    for row in rows.values():
        done.waiting.pop(row, None)
    return [(rows[pk], registry.parse(rows[pk].code, bytes(rows[pk].data))) for pk in sorted(rows)]


class Verdicts:
    """What became of each inbox row, written in a few statements at the end."""

    def __init__(self) -> None:
        self.stored: set[int] = set()
        self.handled: set[int] = set()
        self.unhandled: set[int] = set()
        self.waiting: dict[InboxEvent, str] = {}

    def note(self, row: InboxEvent, outcome: Outcome | WaitsFor) -> None:
        if isinstance(outcome, WaitsFor):
            self.waiting[row] = outcome.message_id
        elif outcome is Outcome.STORED:
            self.stored.add(row.pk)
        elif outcome is Outcome.HANDLED:
            self.handled.add(row.pk)
        else:
            self.unhandled.add(row.pk)

    def save(self) -> None:
        InboxEvent.objects.filter(pk__in=self.stored).delete()
        InboxEvent.objects.filter(pk__in=self.handled).update(state=State.HANDLED, waits_for=None, error=None)
        InboxEvent.objects.filter(pk__in=self.unhandled).update(state=State.WAITING)
        for row, message_id in self.waiting.items():
            InboxEvent.objects.filter(pk=row.pk).update(state=State.WAITING, waits_for=message_id)


def replay(states: Iterable[int]) -> int:
    """Puts events back in line, in their old order: those quarantined after a fix, those kinds that had
    no handler when they came. Returns how many."""
    return InboxEvent.objects.filter(state__in=list(states), waits_for=None).update(
        state=State.PENDING, error=None
    )
