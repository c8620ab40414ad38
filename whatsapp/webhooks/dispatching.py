"""The dispatcher: a thread of the worker that follows the log, writes what is to be delivered, and hands the
webhooks that have something due to huey's threads. It is the clock of retries, too."""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from whatsapp import processes, wakeup
from whatsapp.following import Wish, bounds
from whatsapp.models import Delivery, Event, Process, Webhook
from whatsapp.prepared import Prepared, Slot
from whatsapp.webhooks import interruptions, subscriptions
from whatsapp.webhooks.bodies import envelopes_of
from whatsapp.webhooks.replaying import new_delivery
from whatsapp.webhooks.sending import lines
from whatsapp.webhooks.subscriptions import now_ms

log = logging.getLogger(__name__)

MOST_EVENTS = 500  # looked at in one transaction
PAUSE_SECONDS = 0.005  # between two looks, however much is written meanwhile
HANDED_SECONDS = 2.0  # a webhook that was handed over and not begun is handed over again

Hand = Callable[[int], Any]


# Writing deliveries


@cache
def next_events(most: int) -> Prepared:
    """Those of one account."""
    rows = Event.objects.filter(account=Slot("account"), pk__gt=Slot("after"), pk__lte=Slot("until"))
    return Prepared(lambda: rows.order_by("pk").values_list("pk", "event_type")[:most])


@cache
def next_events_of_all(most: int) -> Prepared:
    rows = Event.objects.filter(pk__gt=Slot("after"), pk__lte=Slot("until"))
    return Prepared(lambda: rows.order_by("pk").values_list("pk", "event_type")[:most])


def dispatch(webhooks: Iterable[Webhook], newest: int) -> set[int]:
    """Writes the next deliveries of each webhook, and moves its cursor. Returns the webhooks that got any, or
    have more to look at. The log is read once for all that have come equally far."""
    groups: dict[tuple[int | None, int], list[Webhook]] = {}
    for webhook in webhooks:
        if webhook.cursor < newest:
            groups.setdefault((webhook.account_id, webhook.cursor), []).append(webhook)
    touched: set[int] = set()
    for (account_id, cursor), group in groups.items():
        if account_id is None:
            found = next_events_of_all(MOST_EVENTS).rows(after=cursor, until=newest)
        else:
            found = next_events(MOST_EVENTS).rows(account=account_id, after=cursor, until=newest)
        looked_at = found[-1][0] if len(found) == MOST_EVENTS else newest
        for webhook_id, wish in subscriptions.wishes_of(group).items():
            wanted = [(key, kind) for key, kind in found if wish.wants(kind)]
            if wish.chats is not None:
                wanted = visible_of(wish, wanted)
            if write(webhook_id, cursor, looked_at, wanted) and (wanted or looked_at < newest):
                touched.add(webhook_id)
    return touched


def visible_of(wish: Wish, wanted: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those that are about chats of the wish."""
    envelopes = envelopes_of(wish, [key for key, _ in wanted])
    return [(key, kind) for key, kind in wanted if envelopes.get(key) is not None]


def write(webhook_id: int, cursor: int, looked_at: int, wanted: list[tuple[int, str]]) -> bool:
    """Writes the deliveries and moves the cursor, both or nothing. False when somebody else has moved it."""
    with transaction.atomic():
        rows = Webhook.objects.filter(pk=webhook_id, cursor=cursor, is_active=True, paused_at=None)
        if not rows.update(cursor=looked_at):
            return False
        Delivery.objects.bulk_create(
            [new_delivery(webhook_id, key, kind) for key, kind in wanted],
            ignore_conflicts=True,
        )
    return True


# What is due


def active() -> QuerySet[Any]:
    """The webhooks that are on, each with whether anything waits in line for it, and when the first that was
    set aside is tried again."""
    own = Delivery.objects.filter(webhook=OuterRef("pk"))
    on: QuerySet[Any] = Webhook.objects.filter(is_active=True, paused_at=None)
    waits, aside_at = Exists(own.in_line()), Subquery(own.aside().values("aside_at")[:1])
    found: QuerySet[Any] = on.select_related("account").annotate(waits=waits, aside_at=aside_at)
    return found


ACTIVE = Prepared(active)


@dataclass(slots=True)
class Due:
    """Webhooks that have something due now, and when (Unix milliseconds) the next one will."""

    now: set[int]
    next: int | None = None

    def then(self, moment: int) -> None:
        self.next = moment if self.next is None else min(self.next, moment)


def due_of(webhooks: Iterable[Any], touched: set[int], now: int) -> Due:
    """`webhooks` as `active` gives them; `touched` are those that have got something new."""
    due = Due(set())
    for webhook in webhooks:
        moments = [webhook.aside_at] if webhook.aside_at is not None and not webhook.failures else []
        if webhook.waits:
            moments.append(webhook.retry_at or now)
            if webhook.pk in touched:
                moments.append(now)  # what is new may tell whether the receiver is well
        if not moments:
            continue
        at = min(moments)
        if webhook.drained_until is not None and webhook.drained_until > now:
            at = max(at, webhook.drained_until)  # whoever has the lease sees to it, if they live
        if at <= now:
            due.now.add(webhook.pk)
        else:
            due.then(at)
    return due


# The thread


class Dispatcher:
    """`hand` is told of each webhook that has something due."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._handed: dict[int, float] = {}
        self._beaten_at = -processes.BEAT_SECONDS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webhook dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        try:
            processes.end(Process.Kind.WORKER)
        except DatabaseError as error:
            log.warning("The end of this process can't be written down: %s", error)

    def begun(self, webhook_id: int) -> None:
        """A thread has begun to work for the webhook: what comes from now on is handed over anew."""
        self._handed.pop(webhook_id, None)

    def _work(self) -> None:
        prepared = False
        while not self._stop.is_set():
            seen = wakeup.now()
            try:
                if not prepared:
                    interruptions.free_forgotten()
                    subscriptions.follow_environment()
                    prepared = True
                wait = self.look()
            except DatabaseError as error:
                log.warning("Webhooks can't be looked after, trying again: %s", error)
                close_old_connections()
                self._stop.wait(1.0)
                continue
            except Exception:
                log.exception("The dispatcher of webhooks failed, trying again")
                self._stop.wait(5.0)
                continue
            self._stop.wait(PAUSE_SECONDS)
            wakeup.wait(seen, wait)

    def look(self) -> float:
        """Does what there is to do. Returns after how many seconds there is more, if there is no news."""
        self._beat()
        webhooks: list[Webhook] = ACTIVE.objects()
        newest = bounds()[1] if webhooks else 0
        touched = dispatch(webhooks, newest)
        if touched:
            webhooks = (
                ACTIVE.objects()
            )  # only now it is known who holds a lease and will see what was written
        now = now_ms()
        due = due_of(webhooks, touched, now)
        clock = time.monotonic()
        for webhook_id in due.now:
            if clock - self._handed.get(webhook_id, -HANDED_SECONDS) >= HANDED_SECONDS:
                self._handed[webhook_id] = clock
                self._hand(webhook_id)
        if any(webhook.cursor < newest for webhook in webhooks):
            return 0.0
        wait = processes.BEAT_SECONDS if due.next is None else (due.next - now) / 1000
        return max(0.0, min(wait, HANDED_SECONDS if due.now else processes.BEAT_SECONDS))

    def _beat(self) -> None:
        clock = time.monotonic()
        if clock - self._beaten_at < processes.BEAT_SECONDS:
            return
        self._beaten_at = clock
        processes.beat(Process.Kind.WORKER)
        lines.close_idle()
