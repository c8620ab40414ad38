"""Applies events to a batch, and after them the changes that had waited for the messages they brought."""

from collections.abc import Iterable

from whatsapp.ingest import registry
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.lookups import waiting_for
from whatsapp.ingest.registry import Appliable, Arrival, Outcome
from whatsapp.ingest.verdicts import Verdicts
from whatsapp.models import InboxEvent

Work = tuple[InboxEvent | None, Appliable | None]


def read(row: InboxEvent) -> Appliable | None:
    """The row's event, parsed; None when nothing handles its kind."""
    return registry.parse(row.code, Arrival(bytes(row.data), row.received_at))


def apply_all(batch: Batch, done: Verdicts, work: Iterable[Work], *, alone: bool = False) -> None:
    """Applies all of it in order. The caller saves the batch and the verdicts.

    What goes `alone`, because something in its company is at fault, takes no late changes along: they are put
    back in line, where each fails or succeeds by itself.
    """
    work = list(work)
    while work:
        batch.load(handler.touches() for _, handler in work if handler is not None)
        for row, handler in work:
            done.note(row, handler, handler.apply(batch) if handler is not None else Outcome.WAITING)
        if alone:
            waiting = InboxEvent.objects.waiting_for(batch.changes_of).filter(account=batch.account)
            waiting.update(state=InboxEvent.State.PENDING, waits_for=None)
            return
        work = late_changes(batch, done)


def late_changes(batch: Batch, done: Verdicts) -> list[Work]:
    """Edits, deletions, votes, … that came before the messages that the batch has just added."""
    if not batch.changes_of:
        return []
    new_ids, batch.changes_of = batch.changes_of, set()
    here = done.take_waiting(new_ids)
    taken = {one.row.pk for one in here if one.row is not None}
    known = waiting_for(new_ids, batch.account)
    before: list[Work] = [(row, read(row)) for row in known if row.pk not in taken]
    return [*before, *((one.row, one.handler) for one in here)]
