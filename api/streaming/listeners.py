"""Who listens to this process: each with a cursor of its own in the log, for as long as its key is good."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from api.access import Principal
from api.authentication import principals_of
from api.browsing import is_session_of_owner
from api.errors import ApiError
from api.streaming.admission import Admission
from api.streaming.tail import Tail, tell
from whatsapp import metrics, processes
from whatsapp.following import Wish
from whatsapp.models import ApiKey, Process

log = logging.getLogger(__name__)

EVENTS_AT_ONCE = 50  # that a listener who is behind reads
EVENTS_IN_A_ROW = 10  # that are sent to one, before it is others' turn
MOST_CHARACTERS = 500_000  # of these, that it keeps while they are sent
CHECK_SECONDS = 2.0


class TooManyListeners(ApiError):
    def __init__(self) -> None:
        super().__init__(429, f"There are {settings.MAX_LISTENERS} listeners already (MAX_LISTENERS).")


POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="streams")


async def in_pool(function: Callable[..., Any], *args: Any) -> Any:
    """For what asks the database."""
    return await asyncio.get_running_loop().run_in_executor(POOL, fresh, function, *args)


def fresh(function: Callable[..., Any], *args: Any) -> Any:
    """Calls it with a connection to the database that works, as Django sees to before a request."""
    close_old_connections()
    return function(*args)


class Farewell(IntEnum):
    """Why a listener is dismissed, as a WebSocket's close code."""

    GOING_AWAY = 1001
    UNAUTHORIZED = 4001

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES = {
    Farewell.GOING_AWAY: "The hub is about to stop.",
    Farewell.UNAUTHORIZED: "The key is not good any more.",
}

Dismiss = Callable[[Farewell], None]


class Listener:
    """One connection. `cursor` is the newest event of which all that is meant for it has been sent."""

    def __init__(self, admission: Admission, dismiss: Dismiss) -> None:
        self.principal = admission.principal
        self.session = admission.session
        self.wish = admission.wish
        self.cursor = admission.cursor
        self.live_from = 0
        self.dismiss = dismiss  # closes the connection

    def want(self, prefixes: tuple[str, ...]) -> None:
        """Events of other types from the next one on."""
        TAIL.change(self, replace(self.wish, prefixes=prefixes))

    async def follow(self, send: Callable[[int, str], Awaitable[None]]) -> None:
        """Sends events, id and JSON, in order and each once, for ever; as fast as `send` takes them."""
        while True:
            await TAIL.news(self.cursor)
            if TAIL.has_all_after(self.cursor, self):
                until, kept = TAIL.newest, TAIL.after(self.cursor)
                texts = ((told.id, text) for told in kept if (text := told.for_wish(self.wish)) is not None)
            else:
                until, page = await in_pool(read_page, self.wish, self.cursor, TAIL.newest)
                texts = iter(page)
            if await self._send_all(send, texts):
                self.cursor = until

    async def _send_all(
        self, send: Callable[[int, str], Awaitable[None]], texts: Iterable[tuple[int, str]]
    ) -> bool:
        """False when it has another wish meanwhile, for which what comes next is."""
        wish, sent = self.wish, 0
        try:
            for event_id, text in texts:
                await send(event_id, text)
                self.cursor = event_id
                sent += 1
                if sent % EVENTS_IN_A_ROW == 0:
                    await asyncio.sleep(0)  # others want to be served as well
                if self.wish is not wish:
                    return False
            return True
        finally:
            metrics.note_stream_messages(sent)


def read_page(wish: Wish, cursor: int, newest: int) -> tuple[int, list[tuple[int, str]]]:
    """The next events after `cursor` for whom has that wish: how far that is, and id and JSON of each."""
    found = wish.next_after(cursor, newest, EVENTS_AT_ONCE)
    page: list[tuple[int, str]] = []
    characters = 0
    for told in tell(found):
        text = told.for_wish(wish)
        if text is None:
            continue
        characters += len(text)
        if page and characters > MOST_CHARACTERS:
            return page[-1][0], page
        page.append((told.id, text))
    return (found[-1].pk if len(found) == EVENTS_AT_ONCE else newest), page


class Listeners:
    """Everybody who listens to this process. For the event loop, but for `keep`."""

    def __init__(self) -> None:
        self._all: dict[Listener, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def require_room(self) -> None:
        """Raises TooManyListeners when there are as many as may be. From any thread."""
        if len(self._all) >= settings.MAX_LISTENERS:
            raise TooManyListeners

    def enter(self, admission: Admission, dismiss: Dismiss) -> Listener:
        self._loop = asyncio.get_running_loop()
        listener = Listener(admission, dismiss)
        TAIL.join(listener, admission.newest)
        self._all[listener] = None
        return listener

    def leave(self, listener: Listener) -> None:
        del self._all[listener]
        TAIL.leave(listener)

    def dismiss_all(self) -> None:
        """The process is about to end."""
        for listener in list(self._all):
            listener.dismiss(Farewell.GOING_AWAY)

    # In a thread

    def keep(self) -> None:
        """Looks after them until the process ends: keys that are no longer good, and signs of life."""
        next_beat = 0.0
        while True:
            try:
                everybody = list(self._all)
                self._check(everybody)
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + processes.BEAT_SECONDS
                    cursor = min((listener.cursor for listener in everybody), default=None)
                    processes.beat(Process.Kind.WEB, listeners=len(everybody), cursor=cursor)
            except DatabaseError as error:
                log.warning("The listeners can't be looked after, trying again: %s", error)
                close_old_connections()
            except Exception:  # it must not end: nobody else looks whether keys are still good
                log.exception("Looking after the listeners failed, trying again")
            time.sleep(CHECK_SECONDS)

    def _check(self, everybody: list[Listener]) -> None:
        """Dismisses whose key was revoked or has expired, or whose session has ended; and learns by what
        other address the people of a key's chats are known meanwhile."""
        ids = {one.principal.key_id for one in everybody if one.principal.key_id is not None}
        now = timezone.now()
        rows = ApiKey.objects.filter(pk__in=ids) if ids else ()
        good = principals_of(row for row in rows if row.is_good(now))
        sessions = {one.session: False for one in everybody if one.session is not None}
        for key in sessions:
            sessions[key] = is_session_of_owner(key)
        for one in everybody:
            assert self._loop is not None
            if one.session is not None:
                stays = sessions[one.session]
            else:
                stays = one.principal.key_id is None or one.principal.key_id in good
            if not stays:
                self._loop.call_soon_threadsafe(one.dismiss, Farewell.UNAUTHORIZED)
            elif one.principal.key_id is not None:
                self._loop.call_soon_threadsafe(self._know, one, good[one.principal.key_id])

    def _know(self, listener: Listener, principal: Principal) -> None:
        if listener in self._all and principal.chats != listener.wish.chats:
            TAIL.change(listener, replace(listener.wish, chats=principal.chats))


TAIL = Tail()
LISTENERS = Listeners()


def start() -> None:
    """Begins to look after the listeners of this process."""
    threading.Thread(target=LISTENERS.keep, name="listeners", daemon=True).start()
