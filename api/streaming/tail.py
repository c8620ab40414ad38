"""The newest events of the log, read and rendered once for all that listen to this process."""

import asyncio
import logging
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import orjson
from django.db import DatabaseError, close_old_connections

from api.renderers import dumps
from whatsapp import events, wakeup
from whatsapp.following import Wish
from whatsapp.models import Event
from whatsapp.prepared import Prepared, Slot

log = logging.getLogger(__name__)

EVENTS_AT_ONCE = 100
MOST_EVENTS = 2_000  # that are kept in memory
MOST_CHARACTERS = 8_000_000
LONGEST_WAIT_SECONDS = 5.0
RETRY_SECONDS = 1.0


NEXT = Prepared(
    lambda: (
        Event.objects.filter(pk__gt=Slot("after")).select_related("account").order_by("pk")[:EVENTS_AT_ONCE]
    )
)


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its listeners get it: its envelope as JSON."""

    id: int
    account_id: int
    event_type: str
    text: str

    def for_wish(self, wish: Wish) -> str | None:
        """What is told to whom has that wish; None when it is not meant for them."""
        if not wish.is_of(self.account_id) or not wish.wants(self.event_type):
            return None
        if wish.chats is None:
            return self.text
        seen = wish.visible(orjson.loads(self.text))
        return dumps(seen).decode() if seen is not None else None


def tell(found: Iterable[Event]) -> list[Told]:
    """The events, rendered: one query for all their messages."""
    found = list(found)
    return [
        Told(event.pk, event.account_id, event.event_type, dumps(envelope).decode())
        for event, envelope in zip(found, events.render(found), strict=True)
    ]


class Listening(Protocol):
    """What the tail has to know of a listener."""

    wish: Wish
    live_from: int  # the tail has all that it wants after this event


class Tail:
    """Follows the log in a thread, as long as somebody listens. All else is for the event loop alone.

    What anybody wants is kept, up to a limit. Whoever is further behind, or has only just come, reads the
    log itself until it has caught up.
    """

    def __init__(self) -> None:
        self.newest = 0  # everything up to this event has been read
        self.begin = 0  # everything after this event that was wanted at its time is kept
        self._told: list[Told] = []
        self._ids: list[int] = []
        self._characters = 0
        self._wanted: Counter[tuple[str, ...]] = Counter()  # prefixes → how many listeners have these
        self._fresh: list[Listening] = []  # who came, or wants something else, since the last reading
        self._waiting: set[asyncio.Future[None]] = set()
        self._has_listeners = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    # For the event loop

    def join(self, listener: Listening, head: int) -> None:
        """Somebody listens from now on; `head` is the newest event of the log."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._follow, name="tail", daemon=True).start()
        if not self._wanted:
            self._begin_at(head)
        self._note(listener)
        self._has_listeners.set()

    def change(self, listener: Listening, wish: Wish) -> None:
        """The listener has another wish from now on; what is kept may lack some of it."""
        self._unnote(listener)
        listener.wish = wish
        self._note(listener)

    def leave(self, listener: Listening) -> None:
        self._unnote(listener)
        if not self._wanted:
            self._has_listeners.clear()
            self._begin_at(self.newest)

    def has_all_after(self, cursor: int, listener: Listening) -> bool:
        """Whether all that the listener wants after `cursor` is kept."""
        return cursor >= max(self.begin, listener.live_from)

    def after(self, cursor: int) -> list[Told]:
        """What is kept after `cursor`."""
        return self._told[bisect_right(self._ids, cursor) :]

    async def news(self, cursor: int) -> None:
        """Returns once there are events after `cursor`."""
        if cursor < self.newest:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def _note(self, listener: Listening) -> None:
        listener.live_from = self.newest
        self._wanted[listener.wish.prefixes] += 1
        self._fresh.append(listener)

    def _unnote(self, listener: Listening) -> None:
        prefixes = listener.wish.prefixes
        self._wanted[prefixes] -= 1
        if not self._wanted[prefixes]:
            del self._wanted[prefixes]

    def _begin_at(self, newest: int) -> None:
        self._told, self._ids, self._characters, self._fresh = [], [], 0, []
        self.newest = self.begin = max(newest, self.newest)

    def _take(self, told: list[Told], newest: int) -> None:
        """The thread has read up to `newest`."""
        if newest <= self.newest:
            return  # it read for those who have left
        self._told += told
        self._ids += [one.id for one in told]
        self._characters += sum(len(one.text) for one in told)
        self.newest = newest
        for listener in self._fresh:  # the thread may not have known of them
            listener.live_from = newest
        self._fresh = []
        self._trim()
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def _trim(self) -> None:
        """Forgets the oldest, that no more is kept than there is room for."""
        surplus = max(0, len(self._told) - MOST_EVENTS)
        characters = self._characters - sum(len(one.text) for one in self._told[:surplus])
        while characters > MOST_CHARACTERS:
            characters -= len(self._told[surplus].text)
            surplus += 1
        if surplus:
            self.begin = self._ids[surplus - 1]
            del self._told[:surplus], self._ids[:surplus]
            self._characters = characters

    # In the thread

    def _follow(self) -> None:
        """Ends with the process."""
        assert self._loop is not None
        while True:
            self._has_listeners.wait()
            seen = wakeup.now()
            try:
                if self._read(self._loop):
                    continue
            except DatabaseError as error:
                log.warning("The event log can't be read, trying again: %s", error)
                close_old_connections()
                time.sleep(RETRY_SECONDS)
                continue
            except Exception:  # it must not end: all who listen wait for it
                log.exception("Reading the event log for its listeners failed, trying again")
                time.sleep(RETRY_SECONDS)
                continue
            wakeup.wait(seen, LONGEST_WAIT_SECONDS)

    def _read(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Reads what is next, and hands it to the event loop. Returns whether there was anything."""
        after = self.newest
        found: list[Event] = NEXT.objects(after=after)
        if not found:
            return False
        wanted = list(self._wanted)
        told = tell(
            event
            for event in found
            if any(not prefixes or event.event_type.startswith(prefixes) for prefixes in wanted)
        )
        taken = threading.Event()

        def take() -> None:
            self._take(told, found[-1].pk)
            taken.set()

        loop.call_soon_threadsafe(take)
        taken.wait()
        return True
