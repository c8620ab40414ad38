"""Dropping a connection."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger(__name__)


def drop(writer: asyncio.StreamWriter) -> None:
    """Drops a connection at once, however far its closing has come.

    Before Python 3.11.3 a TLS transport that is closed a second time forgets its connection, and then can't
    be aborted: the closing that has begun must do.
    """
    try:
        writer.transport.abort()
    except AttributeError as error:
        log.debug("a connection was closed twice already: %s", error)
