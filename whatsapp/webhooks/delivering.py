"""Sending what a webhook's rows say: in the order of the events, a few at once; and writing what came of it.

One thread at a time works for a webhook: it holds its lease, for some seconds at a time, so that another one
takes over where it was killed. When an attempt fails, the receiver is left alone for a while, and then the
oldest delivery alone is tried again: the others wait in line and spend no attempts. One that fails again and
again while a later one gets through is set aside, and goes on by a schedule of its own.
"""

import itertools
import threading
import time

from django.db import transaction

from whatsapp import processes, sealing
from whatsapp.models import Delivery, Process, Webhook
from whatsapp.webhooks import interruptions, leases, subscriptions
from whatsapp.webhooks.bodies import Body, bodies_of
from whatsapp.webhooks.choosing import AT_ONCE, is_due, next_batch
from whatsapp.webhooks.results import FLOW, Result, bad_types_of, write
from whatsapp.webhooks.sending import Target, delivery_id, send
from whatsapp.webhooks.subscriptions import now_ms

ROUND_SECONDS = 1.0  # after so long no further attempt is begun before the results are written
TURN_SECONDS = 3.0  # after so long it is another webhook's turn, if there are more than threads
RENEW_SECONDS = 3.0
MOST_BAD = 8  # failures in a round, of types that are known to fail

PRUNED = "The event is not in the log any more."
OTHER_CHATS = "The event is about no chat that this webhook is still for."
UNREADABLE = "Its secret or headers can't be read: {} Set them anew."

_turns = itertools.count()


def drain(webhook_id: int) -> bool:
    """Sends what is due for the webhook. True when there is more, and it is another one's turn; False also
    when another thread is at it, or the webhook is gone."""
    began = time.monotonic()
    while True:
        holder = f"{processes.own_id(Process.Kind.WORKER)}-{next(_turns)}"
        if not leases.take(webhook_id, holder):
            if interruptions.free_expired(webhook_id):
                continue
            return False
        try:
            for number in itertools.count():
                if not one_round(webhook_id, holder, line_first=number % 2 == 0):
                    break
                if time.monotonic() - began > TURN_SECONDS:
                    return True
        finally:
            leases.release(webhook_id, holder)
        # Whoever came in vain while the lease was held relies on this second look.
        if not is_due(webhook_id):
            return False


# Sending


def one_round(webhook_id: int, holder: str, *, line_first: bool = True) -> bool:
    """Sends one batch and writes down what came of it. False when nothing is due or the lease is lost."""
    webhook = Webhook.objects.select_related("account").filter(pk=webhook_id, drained_by=holder).first()
    if webhook is None:
        return False
    now = now_ms()
    batch = next_batch(webhook, now, line_first=line_first)
    if batch is None:
        return False
    try:
        target = Target.of(webhook, now)
    except sealing.Unsealable as error:
        with transaction.atomic():
            values = subscriptions.pause(webhook, UNREADABLE.format(error), now)
            Webhook.objects.filter(pk=webhook_id).update(**values)
        return False
    wish = subscriptions.wishes_of([webhook])[webhook_id]
    keys = [delivery.event_id for delivery in batch.deliveries if delivery.event_id is not None]
    bodies = bodies_of(wish, keys)
    results, ready = [], []
    for delivery in batch.deliveries:
        body = bodies.get(delivery.event_id)  # type: ignore[arg-type]  # those of a batch have an event
        if body is None:
            gone = OTHER_CHATS if delivery.event_id in bodies else PRUNED
            results.append(Result(delivery, given_up=gone))
        else:
            ready.append((delivery, body))
    bad_types = bad_types_of(webhook)
    attempts = Attempts(target, ready, stops=batch.kind == FLOW, bad_types=bad_types)
    while not attempts.wait(RENEW_SECONDS):
        if not leases.renew(webhook_id, holder):
            break
    results += attempts.results()
    results.sort(key=lambda one: one.delivery.event_id or 0)
    return write(webhook, holder, batch.kind, results, bad_types)


class Attempts:
    """Attempts at some deliveries: begun in order, a few at once, each in a thread that has no database."""

    def __init__(
        self,
        target: Target,
        ready: list[tuple[Delivery, Body]],
        *,
        stops: bool,
        bad_types: frozenset[str] = frozenset(),
    ) -> None:
        self._target = target
        self._bad_types = bad_types  # their failures say little of the receiver
        self._next = iter(ready)
        self._stops = stops  # whether a failure ends it
        self._until = time.monotonic() + ROUND_SECONDS
        self._results: list[Result] = []
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name="webhook", daemon=True)
            for _ in range(min(AT_ONCE, len(ready)))
        ]
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all of it has ended, after that time at the most."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def results(self) -> list[Result]:
        with self._lock:
            return list(self._results)

    def _take(self) -> tuple[Delivery, Body] | None:
        with self._lock:
            failed = [result.delivery.event_type for result in self._results if not result.is_ok]
            is_bad = len(failed) >= MOST_BAD or not self._bad_types.issuperset(failed)
            is_late = time.monotonic() > self._until
            return None if self._stops and (is_bad or is_late) else next(self._next, None)

    def _work(self) -> None:
        while (task := self._take()) is not None:
            delivery, (body, event_ms) = task
            outcome = send(
                delivery.webhook_id,
                self._target,
                body,
                delivery_id=delivery_id(delivery.webhook_id, delivery.event_id or 0),
                event_type=delivery.event_type,
                event_ms=event_ms,
            )
            with self._lock:
                self._results.append(Result(delivery, outcome))
