"""Hands events over as neonize's callback does, and notes how long each takes until its rows are committed.

Where no session process runs, the door is one as far as ingest goes: it holds the account's lock, and the
session's own spool, inbox and ingest run in its process. Where one runs, only that may take events out of
the inbox; the door then puts them in, by a spool of its own, and watches them go.
"""

import logging
import os
import tempfile
import threading
import time
from array import array
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from django.db import DatabaseError, close_old_connections, connection, transaction

from whatsapp import wakeup
from whatsapp.ingest.bulk import insert_many
from whatsapp.ingest.inbox import SECONDS_BETWEEN_TRIES, Inbox
from whatsapp.ingest.spool import Spooled
from whatsapp.models import Account, HistorySync, InboxEvent
from whatsapp.session import lock
from whatsapp.session.ingesting import Ingesting

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 1_000  # events that are handed over and not yet handled: two transactions of ingest
PATIENCE_SECONDS = 60.0  # without anything being handled
LOOK_SECONDS = 0.002
STOP_SECONDS = 5.0


class Stuck(Exception):
    """The hub does not handle what is in its inbox."""

    def __init__(self) -> None:
        super().__init__(f"The hub has handled no event for {PATIENCE_SECONDS:g} seconds.")


class UnderWay:
    """The events between the callback and their rows, in their order, which ingest keeps."""

    def __init__(self) -> None:
        self.times = array("d")  # milliseconds that each event took, oldest first
        self._handed_over: deque[float] = deque()
        self._changed = threading.Condition()

    def begin(self) -> None:
        """Another event is being handed over; waits first while too many are under way. Raises Stuck."""
        self._wait_for_at_most(MOST_UNDER_WAY - 1)
        self._handed_over.append(time.monotonic())

    def end(self, count: int) -> None:
        """The oldest `count` are committed."""
        now = time.monotonic()
        if not count:
            return
        with self._changed:
            for _ in range(min(count, len(self._handed_over))):
                self.times.append((now - self._handed_over.popleft()) * 1000)
            self._changed.notify_all()

    def wait_for_all(self) -> None:
        """Returns when all that was handed over is committed. Raises Stuck."""
        self._wait_for_at_most(0)

    def _wait_for_at_most(self, most: int) -> None:
        with self._changed:
            while len(self._handed_over) > most:
                if not self._changed.wait(PATIENCE_SECONDS):
                    raise Stuck


class OwnIngesting(Ingesting):
    """The session's ingest, which tells what it has handled."""

    pause = 0.1  # seconds; a run that has ended need not wait longer for it

    def __init__(self, account: Account, under_way: UnderWay) -> None:
        super().__init__(account)
        self.under_way = under_way

    def drain(self) -> int:
        handled = super().drain()
        self.under_way.end(handled)
        return handled


class SideInbox(Inbox):
    """Beside a session process, which alone may empty a spool into rows: a thread moves what is in this one
    into the inbox's table, from where the session takes it. How far the session's own spool has been taken
    out, `Account.spooled`, is none of its business."""

    def __init__(self, account: Account, spool: Path, under_way: UnderWay) -> None:
        self._news = threading.Event()
        super().__init__(account, spool, told=self._news.set)
        self.under_way = under_way
        self._rows: deque[range] = deque()  # the keys of what is in the inbox, as far as is known
        self._mover = threading.Thread(target=self._move, name="inbox", daemon=True)

    def open(self) -> None:
        self._mover.start()

    def close(self) -> None:
        """Moves what is in the spool, and ends the thread."""
        super().close()
        self._news.set()
        self._mover.join(STOP_SECONDS)

    def _move(self) -> None:
        while not self._closing.is_set():
            self._news.wait()
            self._news.clear()
            try:
                while events := self.spool.waiting(MOST_UNDER_WAY):
                    self._store(events)
                    self.spool.take_out(events[-1])
            except DatabaseError as error:
                log.error("The inbox can't be written to, trying again: %s", error)
                close_old_connections()
                self._closing.wait(SECONDS_BETWEEN_TRIES)
                self._news.set()
        connection.close()

    def _store(self, events: list[Spooled]) -> None:
        rows = [self._row(event) for event in events]
        with transaction.atomic():
            insert_many(InboxEvent, rows)
            last: int = InboxEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        self._rows.append(range(last - len(rows) + 1, last + 1))
        wakeup.nudge()

    def watch(self, ended: threading.Event) -> None:
        """Notes what the session has handled, until the run has ended."""
        while not ended.wait(LOOK_SECONDS):
            self._look()
        connection.close()

    def _look(self) -> None:
        rows = list(self._rows)  # before the question: its answer says nothing of what comes after it
        oldest = oldest_pending(self.account) if rows else None
        for keys in rows:
            left = range(keys.stop if oldest is None else max(keys.start, min(oldest, keys.stop)), keys.stop)
            self.under_way.end(len(keys) - len(left))
            if left:
                self._rows[0] = left
                return
            self._rows.popleft()


class Intake:
    """The hub's way in, for one run: `with Intake(account) as intake`, once nothing else is in the inbox."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._under_way = UnderWay()
        self._ended = threading.Event()
        self._quarantined = InboxEvent.objects.quarantined().filter(account=account)

    def __enter__(self) -> "Intake":
        self._folder = tempfile.TemporaryDirectory(prefix="injection-")
        self._lock: int | None = None
        self._ingesting: Ingesting | None = None
        try:
            self._lock = lock.hold(self.account)
        except lock.Taken:
            spool = Path(self._folder.name) / "spool"
            beside = SideInbox(self.account, spool, self._under_way)
            beside.open()
            threading.Thread(target=beside.watch, args=[self._ended], name="watch", daemon=True).start()
            self._inbox: Inbox = beside
        else:
            self._ingesting = OwnIngesting(self.account, self._under_way)
            self._ingesting.start()
            self._inbox = self._ingesting.inbox
        try:
            self._wait_for_quiet()
        except Stuck:
            self._close()
            raise
        self._before = self._quarantined.count()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def is_beside_session(self) -> bool:
        """Whether a session process handles the events."""
        return self._lock is None

    @property
    def times(self) -> Sequence[float]:
        """How long each event took until its rows were committed, in milliseconds, oldest first."""
        return self._under_way.times

    def hand_over(self, code: int, data: bytes) -> None:
        """Returns when the callback would: the event's bytes are safe. Raises Stuck."""
        self._under_way.begin()
        self._inbox.receive(code, data)

    def wait_for_all(self) -> None:
        """Returns when all that was handed over is committed. Raises Stuck."""
        self._under_way.wait_for_all()

    def wait_for_histories(self) -> None:
        """Returns when all histories that were handed over are rows. Raises Stuck."""
        under_way = HistorySync.objects.under_way().filter(account=self.account).order_by("pk")
        before, until = None, time.monotonic() + PATIENCE_SECONDS
        while progress := list(under_way.values_list("pk", "step")):
            if progress != before:
                before, until = progress, time.monotonic() + PATIENCE_SECONDS
            elif time.monotonic() > until:
                raise Stuck
            time.sleep(LOOK_SECONDS)

    def quarantined(self) -> int:
        """How many events the hub could not handle since the run began."""
        return self._quarantined.count() - self._before

    def _wait_for_quiet(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while self._inbox.spool.waiting(1) or oldest_pending(self.account) is not None:
            if time.monotonic() > until:
                raise Stuck
            time.sleep(LOOK_SECONDS)

    def _close(self) -> None:
        self._ended.set()
        self._inbox.close()
        if self._ingesting is not None:
            self._ingesting.ask_to_stop()
            self._ingesting.join(STOP_SECONDS)
        self._inbox.spool.close()
        if self._lock is not None:
            os.close(self._lock)
        self._folder.cleanup()


def oldest_pending(account: Account) -> int | None:
    """The key of the next event that ingest will take; None when it has taken all."""
    keys = InboxEvent.objects.pending().filter(account=account).values_list("pk", flat=True)
    oldest: int | None = keys.first()
    return oldest
