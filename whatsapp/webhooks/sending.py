"""One request: an event's body to a webhook's URL, and what came back."""

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from whatsapp import sealing
from whatsapp.models import Webhook
from whatsapp.outgoing_http import Line, NotFetched
from whatsapp.webhooks import signing
from whatsapp.webhooks.schedule import seconds_in

log = logging.getLogger(__name__)

ATTEMPT_SECONDS = 10.0  # for all of an attempt, from the name's look-up to the last byte that is read
MOST_BYTES_READ = 4096
SHOWN_CHARACTERS = 1000  # of the answer

IDLE_SECONDS = 60.0  # after that, kept connections are closed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `error` is None when it has succeeded."""

    at: int  # Unix milliseconds
    duration_ms: int
    status_code: int | None = None
    error: str | None = None
    answer: str | None = None
    retry_after: float | None = None  # seconds

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more, ever."""
        return self.status_code == HTTPStatus.GONE


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook's deliveries go, and what they are signed and sent with."""

    url: str
    headers: Mapping[str, str]
    secret: str | None
    previous: str | None

    @classmethod
    def of(cls, webhook: Webhook, now: int) -> "Target":
        """`now` in Unix milliseconds. Raises sealing.Unsealable."""
        until = webhook.previous_secret_until
        rotating = webhook.previous_secret is not None and until is not None and until > now
        return cls(
            url=webhook.url,
            headers={name: sealing.unseal(value) for name, value in webhook.headers.items()},
            secret=sealing.unseal(webhook.secret) if webhook.secret is not None else None,
            previous=sealing.unseal(webhook.previous_secret or "") if rotating else None,
        )

    @property
    def place(self) -> str:
        """What a connection leads to."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def delivery_id(webhook_id: int, event_id: int) -> str:
    """The same for all attempts, replays included: receivers know by it what they already have."""
    return f"{webhook_id}-{event_id}"


def milliseconds_since(clock: float) -> int:
    return round((time.monotonic() - clock) * 1000)


def error_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"The receiver redirects (status {status}), and a webhook is sent nowhere else."
    if status == HTTPStatus.GONE:
        return "The receiver wants no more (status 410)."
    return f"The receiver answers with status {status}."


def retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    if status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    return seconds_in(headers.get("Retry-After"), datetime.now(UTC))


def text_of(body: bytes) -> str:
    """The beginning of an answer; without zero bytes, which not every database takes in a text."""
    return body.decode("utf-8", "replace").replace("\0", "\ufffd")[:SHOWN_CHARACTERS]


class Lines:
    """The connections of all webhooks, kept while they are used now and then."""

    def __init__(self) -> None:
        self._free: dict[tuple[int, str], list[tuple[float, Line]]] = {}
        self._lock = threading.Lock()

    def take(self, webhook_id: int, target: Target) -> Line:
        """A line for one thread, until `give_back`."""
        with self._lock:
            free = self._free.get((webhook_id, target.place))
            if free:
                return free.pop()[1]
        return Line(target.url)

    def give_back(self, webhook_id: int, target: Target, line: Line) -> None:
        with self._lock:
            self._free.setdefault((webhook_id, target.place), []).append((time.monotonic(), line))

    def close_idle(self, seconds: float = IDLE_SECONDS) -> None:
        oldest = time.monotonic() - seconds
        idle: list[Line] = []
        with self._lock:
            for key, free in list(self._free.items()):
                idle += [line for at, line in free if at < oldest]
                kept = [(at, line) for at, line in free if at >= oldest]
                if kept:
                    self._free[key] = kept
                else:
                    del self._free[key]
        for line in idle:
            with suppress(OSError):  # it may have ended by itself
                line.close()


lines = Lines()


def send(
    webhook_id: int,
    target: Target,
    body: bytes,
    *,
    delivery_id: str,
    event_type: str,
    event_ms: int,
    keeps_line: bool = True,
) -> Outcome:
    """Makes one attempt; never raises, whatever the receiver does."""
    began, clock = time.time(), time.monotonic()
    headers = {
        **target.headers,
        **signing.headers_of(
            body,
            delivery_id=delivery_id,
            event_type=event_type,
            event_ms=event_ms,
            now=int(began),
            secret=target.secret,
            previous=target.previous,
        ),
    }
    at = int(began * 1000)
    try:
        line = lines.take(webhook_id, target)
        try:
            answer = line.post(
                target.url, body, headers, whole_seconds=ATTEMPT_SECONDS, most_bytes=MOST_BYTES_READ
            )
        finally:
            if keeps_line:
                lines.give_back(webhook_id, target, line)
            else:
                line.close()
    except NotFetched as error:
        return Outcome(at, milliseconds_since(clock), error=str(error))
    except Exception as error:
        # Without its text, which might hold the URL.
        log.error("An attempt for webhook %d failed: %s", webhook_id, type(error).__name__)
        return Outcome(at, milliseconds_since(clock), error="The hub could not send it; its log says more.")
    return Outcome(
        at,
        milliseconds_since(clock),
        status_code=answer.status,
        error=error_of(answer.status),
        answer=text_of(answer.body),
        retry_after=retry_after(answer.status, answer.headers),
    )
