"""Files that are fetched from a URL, to be sent."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from whatsapp.outgoing_http.addresses import NotFetched, require_url
from whatsapp.outgoing_http.guard import Guard, GuardedConnection, GuardedTlsConnection, sentence, too_slow

TIMEOUT = (10.0, 20.0)  # seconds to connect, to wait for the next bytes
WHOLE_SECONDS = 120.0  # for all of a file, redirects included
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PIECE = 64 * 1024  # bytes
USER_AGENT = "WhatsApp-Hub"


class Sink(Protocol):
    """What takes a file in, and refuses one that is too large by an exception of its own."""

    def write(self, data: bytes) -> None: ...

    def require_room(self, size: int) -> None: ...


class GuardedAdapter(HTTPAdapter):
    """requests' adapter, whose connections its guard makes."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        classes: Any = {
            "http": partial(self._pool, HTTPConnectionPool, GuardedConnection),
            "https": partial(self._pool, HTTPSConnectionPool, GuardedTlsConnection),
        }
        self.poolmanager.pool_classes_by_scheme = classes

    def _pool(self, pool: type[HTTPConnectionPool], connection: Any, *args: Any, **kwargs: Any) -> Any:
        made = pool(*args, **kwargs)
        made.ConnectionCls = partial(connection, guard=self.guard)  # type: ignore[assignment]
        return made


class NoCookies(RequestsCookieJar):
    """Keeps nothing, so that no server's cookie is shown to another."""

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        return None


class GuardedSession(requests.Session):
    """Follows no redirects: where one leads is for the caller to look at."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@contextmanager
def session(whole_seconds: float = WHOLE_SECONDS) -> Iterator[requests.Session]:
    """A session for requests to addresses that others choose; `whole_seconds` later its connections are cut.

    It takes no proxy, password or certificate from the environment, keeps no cookies and follows no
    redirects. Its requests raise RefusedAddress, and for every other failure what requests raises: `sentence`
    makes words of that. When the time was over, leaving the session raises NotFetched, whatever came.
    """
    guard = Guard()
    with GuardedSession() as made, guard.deadline(whole_seconds):
        made.trust_env = False
        made.cookies = NoCookies()
        made.headers.update({"User-Agent": USER_AGENT})
        made.mount("http://", GuardedAdapter(guard))
        made.mount("https://", GuardedAdapter(guard))
        try:
            yield made
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if guard.is_over:
                raise too_slow(whole_seconds) from error
            raise
        if guard.is_over:  # the end of what came is only where it was cut off
            raise too_slow(whole_seconds)


def fetch(url: str, sink: Sink, *, whole_seconds: float = WHOLE_SECONDS) -> None:
    """Writes the file at `url` into `sink`. Raises NotFetched, and whatever the sink raises."""
    until = time.monotonic() + whole_seconds
    with session(whole_seconds) as asking:
        for _ in range(1 + MOST_REDIRECTS):
            require_url(url)
            try:
                with asking.get(
                    url,
                    stream=True,
                    allow_redirects=False,
                    timeout=TIMEOUT,
                    headers={"Accept-Encoding": "identity"},
                ) as response:
                    target = response.headers.get("Location")
                    if response.status_code in REDIRECTS and target:
                        url = urljoin(url, target)
                        continue
                    take_body(response, sink, until)
                    return
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                if time.monotonic() > until:
                    raise
                raise NotFetched(sentence(error)) from error
    raise NotFetched(f"The server redirects more than {MOST_REDIRECTS} times.")


def take_body(response: requests.Response, sink: Sink, until: float) -> None:
    if response.status_code != HTTPStatus.OK:
        raise NotFetched(f"The server answers with status {response.status_code}.")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal():
        sink.require_room(int(length))
    for piece in response.raw.stream(PIECE, decode_content=True):
        if time.monotonic() > until:
            raise requests.Timeout
        sink.write(piece)
