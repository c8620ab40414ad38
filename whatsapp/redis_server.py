"""The Redis that REDIS_URL names, for what several machines share: the worker's queue, counts and wake-ups.

Nothing is there that is lost with it, so the hub stays up when it is down. Whoever asks it something is told
at once that it can't be reached (`Unreachable`), and one call now and then finds out whether it is back.
"""

import hashlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis  # which is loaded where it is used: it is large
    from redis.exceptions import RedisError

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
RETRY_TIMES = 3  # so many times as long as the last try took, where it took long
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0  # longer than a thread of the worker waits for a task
MOST_CONNECTIONS = 1000
# An idle connection to a machine that is gone is noticed within some ten seconds.
KEEP_ALIVE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 2, socket.TCP_KEEPCNT: 3}

Answer = TypeVar("Answer")


class Unreachable(Exception):
    """Redis can't be reached, or does not do what it is asked; the message says why."""


@cache
def client() -> "Redis":
    """This process's connections, which are made when they are needed. Questions go by `ask`."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Disconnected
    from redis.retry import Retry

    return Redis.from_url(
        settings.REDIS_URL,
        protocol=2,  # which every version of Redis speaks
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_keepalive=True,
        socket_keepalive_options=KEEP_ALIVE,
        # Redis may have been started anew since a connection was last used.
        retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
        max_connections=MOST_CONNECTIONS,
    )


def errors() -> type["RedisError"]:
    """What Redis's client raises."""
    from redis.exceptions import RedisError

    return RedisError


@cache
def own_name() -> str:
    """What this hub's names in Redis begin with, on all its machines; another hub's begin with another."""
    key = settings.SECRET_KEY.encode()[:64]
    return f"whatsapp-hub:{hashlib.blake2b(b'names in Redis', digest_size=8, key=key).hexdigest()}"


class Line:
    """Whether Redis was there when it was last asked. Its going and its coming back are logged, each once."""

    def __init__(self) -> None:
        self._retry_at: float | None = None  # while it is down
        self._reason = ""
        self._lock = threading.Lock()

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """What `question` returns, which asks Redis something. Raises Unreachable."""
        if self._retry_at is not None:
            self._take_turn()
        begun = time.monotonic()
        try:
            answer = question()
        except errors() as error:
            self._note_loss(error, time.monotonic() - begun)
            raise Unreachable(str(error)) from error
        if self._retry_at is not None:
            self._note_return()
        return answer

    def _take_turn(self) -> None:
        """Lets one try, and tells the others that it is down."""
        with self._lock:
            now = time.monotonic()
            if self._retry_at is not None and now < self._retry_at:
                raise Unreachable(self._reason)
            self._retry_at = now + CONNECT_SECONDS + ANSWER_SECONDS

    def _note_loss(self, error: Exception, seconds: float) -> None:
        with self._lock:
            is_new, self._reason = self._retry_at is None, str(error).rstrip(".")
            self._retry_at = time.monotonic() + max(RETRY_SECONDS, RETRY_TIMES * seconds)
        if is_new:
            log.warning(
                "Redis can't be reached: %s. Tasks wait until it is back, and limits are counted by each "
                "machine for itself",
                self._reason,
            )

    def _note_return(self) -> None:
        with self._lock:
            was_down, self._retry_at = self._retry_at is not None, None
        if was_down:
            log.info("Redis is back")


_line = Line()
ask = _line.ask
