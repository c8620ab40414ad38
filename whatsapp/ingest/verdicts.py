"""What became of each inbox row, written in a few statements at the end of a batch."""

from typing import Any

from whatsapp.ingest import codes
from whatsapp.ingest.registry import Appliable, Outcome, WaitsFor
from whatsapp.models import Account, InboxEvent

State = InboxEvent.State


class Verdicts:
    """The outcomes of one batch."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stored: set[int] = set()
        self.handled: set[int] = set()
        self.unhandled: set[int] = set()
        self.waiting: dict[InboxEvent, str] = {}
        self.importing: list[tuple[InboxEvent, Any]] = []
        self._new: list[InboxEvent] = []

    def note(self, row: InboxEvent | None, handler: Appliable | None, outcome: Outcome | WaitsFor) -> None:
        """`row` is None for a part of a history: it has none, unless it has to wait."""
        if row is None:
            if isinstance(outcome, WaitsFor):
                self._wait_anew(handler, outcome)
        elif isinstance(outcome, WaitsFor):
            self.waiting[row] = outcome.message_id
        elif outcome is Outcome.STORED:
            self.stored.add(row.pk)
        elif outcome is Outcome.HANDLED:
            self.handled.add(row.pk)
        elif outcome is Outcome.IMPORTING:
            self.importing.append((row, handler))
        else:
            self.unhandled.add(row.pk)

    def _wait_anew(self, handler: Appliable | None, outcome: WaitsFor) -> None:
        raw = getattr(handler, "raw", None)
        assert raw is not None, "only messages wait for others"
        self._new.append(
            InboxEvent(
                account=self.account,
                code=codes.MESSAGE,
                data=raw,
                received_at=0,
                state=State.WAITING,
                waits_for=outcome.message_id,
            )
        )

    def save(self) -> None:
        rows = InboxEvent.objects
        rows.filter(pk__in=self.stored).delete()
        rows.filter(pk__in=self.handled).update(state=State.HANDLED, waits_for=None, error=None)
        rows.filter(pk__in=self.unhandled).update(state=State.WAITING)
        for row, message_id in self.waiting.items():
            rows.filter(pk=row.pk).update(state=State.WAITING, waits_for=message_id)
        rows.bulk_create(self._new)
        for row, handler in self.importing:
            rows.filter(pk=row.pk).update(state=State.IMPORTING, error=None)
            handler.begin(self.account, row)
