"""Connections that are kept between requests: those of webhooks."""

import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from whatsapp.outgoing_http.addresses import NotFetched
from whatsapp.outgoing_http.guard import Guard, GuardedConnection, GuardedTlsConnection, sentence, too_slow

LINE_SECONDS = 300.0  # a kept connection is made anew after that


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes  # its beginning


class Line:
    """A connection to one host that is kept between requests, for one thread at a time.

    `url` gives scheme, host and port. A connection is made anew when the server has closed it, and after some
    minutes, so that the name's address counts again.
    """

    def __init__(self, url: str) -> None:
        """Raises NotFetched for what is no URL with a host."""
        try:
            parts = urllib3.util.parse_url(url)
        except urllib3.exceptions.LocationParseError as error:
            raise NotFetched("This is not a URL.") from error
        if parts.host is None:
            raise NotFetched("This is not a URL.")
        self._guard = Guard(is_kept=True)
        self._opened_at = 0.0
        options: dict[str, Any] = {"host": parts.host, "port": parts.port, "maxsize": 1, "block": False}
        if parts.scheme == "https":
            self._pool: HTTPConnectionPool = HTTPSConnectionPool(
                **options, cert_reqs="CERT_REQUIRED", ca_certs=DEFAULT_CA_BUNDLE_PATH
            )
            self._pool.ConnectionCls = partial(GuardedTlsConnection, guard=self._guard)  # type: ignore[assignment]
        else:
            self._pool = HTTPConnectionPool(**options)
            self._pool.ConnectionCls = partial(GuardedConnection, guard=self._guard)  # type: ignore[assignment]

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, whole_seconds: float, most_bytes: int
    ) -> Answer:
        """Posts to a URL of the line's host and reads `most_bytes` of the answer at the most.

        Raises NotFetched, in words that can be shown: also when all of it takes longer than `whole_seconds`.
        """
        path = urllib3.util.parse_url(url).request_uri
        is_used = bool(self._opened_at)
        if time.monotonic() - self._opened_at > LINE_SECONDS:
            self.close()
            is_used = False
        with self._guard.deadline(whole_seconds):
            try:
                try:
                    answer = self._ask(path, body, headers, whole_seconds, most_bytes)
                except urllib3.exceptions.ProtocolError:
                    # The server may just have closed a connection that it had kept.
                    if not is_used or self._guard.is_over:
                        raise
                    self.close()
                    answer = self._ask(path, body, headers, whole_seconds, most_bytes)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                self.close()
                # A server that says nothing is given up by whichever looks at the clock first.
                is_slow = self._guard.is_over or isinstance(error, urllib3.exceptions.ReadTimeoutError)
                raise (too_slow(whole_seconds) if is_slow else NotFetched(sentence(error))) from error
            except NotFetched:
                self.close()
                raise
        if self._guard.is_over:  # the end of what came is only where it was cut off
            self.close()
            raise too_slow(whole_seconds)
        return answer

    def _ask(
        self, path: str, body: bytes, headers: Mapping[str, str], seconds: float, most_bytes: int
    ) -> Answer:
        if not self._opened_at:
            self._opened_at = time.monotonic()
        response = self._pool.urlopen(
            "POST",
            path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=seconds,
            preload_content=False,
            decode_content=False,
        )
        try:
            beginning = response.read(most_bytes, decode_content=False)
            if len(beginning) == most_bytes and response.read(1, decode_content=False):
                self._opened_at = 0.0
                response.close()  # what is still to come is not read
        finally:
            response.release_conn()
        return Answer(response.status, response.headers, beginning)

    def close(self) -> None:
        self._opened_at = 0.0
        self._guard.forget()
        while (kept := self._take()) is not None:
            kept.close()

    def _take(self) -> Any:
        """A connection out of the pool; None when there is none."""
        try:
            return self._pool.pool.get(block=False) if self._pool.pool is not None else None
        except queue.Empty:
            return None
