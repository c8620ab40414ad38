"""What is posted: an event's envelope as JSON, the same that WebSocket clients get."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from whatsapp.events import MESSAGES_UPSERT, render
from whatsapp.following import Wish
from whatsapp.models import Delivery, Event
from whatsapp.prepared import Prepared, Slots
from whatsapp.webhooks.subscriptions import wishes_of

MOST_BYTES = 1_000_000  # of a body with everything
RAW_PART = "data.messages[].message"

MOST_KEPT = 512
LARGEST_KEPT = 32 * 1024  # bytes

Body = tuple[bytes, int]  # and when the event was logged (Unix milliseconds)


class RecentBodies:
    """The newest bodies, so that an event is rendered once for all webhooks that are sent it now."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Body] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, keys: Iterable[int]) -> dict[int, Body]:
        with self._lock:
            return {key: self._kept[key] for key in keys if key in self._kept}

    def add(self, bodies: dict[int, Body]) -> None:
        with self._lock:
            for key, body in bodies.items():
                if len(body[0]) <= LARGEST_KEPT:
                    self._kept[key] = body
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


recent = RecentBodies()

EVENTS = Prepared(lambda: Event.objects.filter(pk__in=Slots("keys")))


def envelopes_of(wish: Wish, event_ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
    """Event → its envelope for whoever has that wish, None when nothing of it is for them. Those that are not
    in the log any more are left out. Two queries, and one for the accounts if there may be several."""
    rows: list[Event] = EVENTS.objects(keys=event_ids)
    wish.know_accounts(rows)
    return {
        event.pk: wish.visible(envelope) if wish.is_of(event.account_id) else None
        for event, envelope in zip(rows, render(rows), strict=True)
    }


def bodies_of(wish: Wish, event_ids: list[int]) -> dict[int, Body | None]:
    """The same, as it is posted."""
    if wish.chats is not None:
        return made_of(envelopes_of(wish, event_ids))
    found: dict[int, Body | None] = dict(recent.get(event_ids))
    if missing := [key for key in event_ids if key not in found]:
        made = made_of(envelopes_of(wish, missing))
        recent.add({key: body for key, body in made.items() if body is not None})
        found |= made
    return found


def made_of(envelopes: dict[int, dict[str, Any] | None]) -> dict[int, Body | None]:
    return {
        key: (dumps(envelope), envelope["timestamp"]) if envelope is not None else None
        for key, envelope in envelopes.items()
    }


def dumps(envelope: dict[str, Any]) -> bytes:
    """The envelope's JSON. One that is too large leaves out the raw protobufs, and says so."""
    body = orjson.dumps(envelope)
    if len(body) <= MOST_BYTES or envelope["type"] != MESSAGES_UPSERT:
        return body
    data = envelope["data"]
    messages = [{**message, "message": None} for message in data["messages"]]
    return orjson.dumps({**envelope, "data": {**data, "messages": messages}, "omitted": [RAW_PART]})


def texts_of(deliveries: Sequence[Delivery]) -> dict[int, str | None]:
    """Delivery → what is posted for it, as a text; None when its event is not in the log any more. The
    deliveries' webhooks and accounts are loaded; the number of queries does not grow with them."""
    logged = [delivery for delivery in deliveries if delivery.event_id is not None]
    texts: dict[int, str | None] = {delivery.pk: delivery.payload for delivery in deliveries}
    wishes = wishes_of({delivery.webhook_id: delivery.webhook for delivery in logged}.values())
    events = {event.pk: event for event in Event.objects.filter(pk__in={one.event_id for one in logged})}
    next(iter(wishes.values()), Wish(None)).know_accounts(events.values())
    envelopes = {envelope["id"]: envelope for envelope in render(events.values())}
    for delivery in logged:
        event, wish = events.get(delivery.event_id), wishes[delivery.webhook_id]
        is_theirs = event is not None and wish.is_of(event.account_id)
        shown = wish.visible(envelopes[delivery.event_id]) if is_theirs else None
        texts[delivery.pk] = dumps(shown).decode() if shown is not None else None
    return texts
