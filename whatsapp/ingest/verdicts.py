"""What became of each inbox row, written in a few statements at the end of a batch."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest import codes
from whatsapp.ingest.bulk import insert_many, update_many
from whatsapp.ingest.registry import Appliable, Outcome, WaitsFor
from whatsapp.ingest.rows import made
from whatsapp.models import Account, InboxEvent

State = InboxEvent.State


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that came before what it changes; `row` is None for a part of a history."""

    row: InboxEvent | None
    handler: Appliable
    message_id: str

    @property
    def raw(self) -> bytes:
        raw = getattr(self.handler, "raw", None)
        assert isinstance(raw, bytes), "only messages wait for others"
        return raw


class Verdicts:
    """The outcomes of one batch."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stored: set[int] = set()
        self.handled: set[int] = set()
        self.unhandled: set[int] = set()
        self.waiting: list[Waiting] = []
        self.importing: list[tuple[InboxEvent, Any]] = []

    def note(self, row: InboxEvent | None, handler: Appliable | None, outcome: Outcome | WaitsFor) -> None:
        """`row` is None for a part of a history: it has none, unless it has to wait."""
        if isinstance(outcome, WaitsFor):
            assert handler is not None
            self.waiting.append(Waiting(row, handler, outcome.message_id))
        elif row is None:
            return
        elif outcome is Outcome.STORED:
            self.stored.add(row.pk)
        elif outcome is Outcome.HANDLED:
            # An answer can be asked for again: there is no need to keep it.
            (self.stored if row.code >= codes.FIRST_ANSWER else self.handled).add(row.pk)
        elif outcome is Outcome.IMPORTING:
            self.importing.append((row, handler))
        else:
            self.unhandled.add(row.pk)

    def outcomes(self) -> dict[str, int]:
        """Outcome → how many events have it; of those that have any."""
        counts = {
            "handled": len(self.stored) + len(self.handled),
            "waiting": len(self.unhandled) + len(self.waiting),
            "importing": len(self.importing),
        }
        return {outcome: events for outcome, events in counts.items() if events}

    def take_waiting(self, message_ids: set[str]) -> list["Waiting"]:
        """Those that wait for these messages, which don't any more."""
        taken = [one for one in self.waiting if one.message_id in message_ids]
        self.waiting = [one for one in self.waiting if one.message_id not in message_ids]
        return taken

    def _wait_anew(self) -> None:
        """Parts of a history get a row to wait in, each once."""
        fresh = {(one.message_id, one.raw): one for one in self.waiting if one.row is None}
        known = InboxEvent.objects.waiting_for({message_id for message_id, _ in fresh})
        for message_id, data in known.filter(account=self.account).values_list("waits_for", "data"):
            fresh.pop((message_id, bytes(data)), None)
        insert_many(
            InboxEvent,
            [
                made(
                    InboxEvent,
                    account=self.account,
                    code=codes.MESSAGE,
                    data=raw,
                    received_at=0,
                    state=State.WAITING,
                    waits_for=message_id,
                )
                for message_id, raw in fresh
            ],
        )

    def save(self) -> None:
        rows = InboxEvent.objects
        rows.filter(pk__in=self.stored).delete()
        rows.filter(pk__in=self.handled).update(state=State.HANDLED, waits_for=None, error=None)
        rows.filter(pk__in=self.unhandled).update(state=State.WAITING)
        waiting = [one.row for one in self.waiting if one.row is not None]
        for one in self.waiting:
            if one.row is not None:
                one.row.state, one.row.waits_for = State.WAITING, one.message_id
        update_many(InboxEvent, waiting, ("state", "waits_for"))
        if len(waiting) < len(self.waiting):
            self._wait_anew()
        for row, handler in self.importing:
            rows.filter(pk=row.pk).update(state=State.IMPORTING, error=None)
            handler.begin(self.account, row)
