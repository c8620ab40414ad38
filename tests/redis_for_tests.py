"""A real Redis for the tests of this process, which are skipped where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers import NotInstalled, Server, redis_url, start_redis
from tests.tools import lacking
from whatsapp import redis_server


@contextmanager
def running_redis() -> Iterator[Server]:
    try:
        server = start_redis()
    except NotInstalled as error:
        lacking(str(error))
    yield server
    server.remove()


@contextmanager
def used_here(server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets this process use it as its REDIS_URL."""
    settings.REDIS_URL = redis_url(server=server)
    monkeypatch.setattr(redis_server, "ask", redis_server.Line().ask)
    redis_server.client.cache_clear()
    yield
    redis_server.client().close()
    redis_server.client.cache_clear()
