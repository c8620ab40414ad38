"""What became of each event, written in a few statements at the end of a batch."""

from dataclasses import dataclass
from typing import Any

from whatsapp.ingest import codes
from whatsapp.ingest.bulk import delete_many, insert_many, update_many
from whatsapp.ingest.registry import Appliable, Outcome, WaitsFor
from whatsapp.models import Account, InboxEvent
from whatsapp.rows import made

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
    """The outcomes of one batch.

    An event that came by the spool has a row without a key: it is added to the inbox, where it has to stay.
    One of the table's own leaves it, or gets its new state.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stored: list[InboxEvent] = []
        self.handled: list[InboxEvent] = []
        self.unhandled: list[InboxEvent] = []
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
            self.stored.append(row)
        elif outcome is Outcome.HANDLED:
            # An answer can be asked for again: there is no need to keep it.
            (self.stored if row.code >= codes.FIRST_ANSWER else self.handled).append(row)
        elif outcome is Outcome.IMPORTING:
            self.importing.append((row, handler))
        else:
            self.unhandled.append(row)

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

    def save(self) -> None:
        delete_many(InboxEvent, [row for row in self.stored if row.pk is not None])
        kept = self._kept()
        update_many(InboxEvent, [row for row in kept if row.pk is not None], ("state", "waits_for", "error"))
        arrived = sorted((row for row in kept if row.pk is None), key=lambda row: row.sequence)
        insert_many(InboxEvent, arrived)
        if any(one.row is None for one in self.waiting):
            self._wait_anew()
        for row, handler in self.importing:
            handler.begin(self.account, self._imported_from(row))

    def _imported_from(self, row: InboxEvent) -> InboxEvent:
        """The row that a history lies in. Not the given one, where that has no key yet: it may have to be
        applied once more, should this transaction fail."""
        if row.pk is None:
            values = {"code": row.code, "data": row.data, "received_at": row.received_at}
            return InboxEvent.objects.create(account=self.account, state=State.IMPORTING, **values)
        InboxEvent.objects.filter(pk=row.pk).update(state=State.IMPORTING, error=None)
        return row

    def _kept(self) -> list[InboxEvent]:
        """The rows that stay in the inbox, in their new states."""
        kept = []
        for row in self.handled:
            row.state, row.waits_for, row.error = State.HANDLED, None, None
            kept.append(row)
        for row in self.unhandled:
            row.state = State.WAITING
            kept.append(row)
        for one in self.waiting:
            if one.row is not None:
                one.row.state, one.row.waits_for = State.WAITING, one.message_id
                kept.append(one.row)
        return kept

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
