"""HTTP requests to addresses that others choose: files to be sent, and webhooks.

Such an address must not lead into the owner's own network. What counts is the address that the connection
is really made to, so it is checked there, between looking the name up and connecting to what was found: a
name that means something else a moment later doesn't help anyone. ALLOW_PRIVATE_URLS lifts this.
"""

import heapq
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

TIMEOUT = (10.0, 20.0)  # seconds to connect, to wait for the next bytes
WHOLE_SECONDS = 120.0  # for all of a file, redirects included
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PIECE = 64 * 1024  # bytes
USER_AGENT = "WhatsApp-Hub"
LONGEST_URL = 2048
LINE_SECONDS = 300.0  # a kept connection is made anew after that

# What the registries of IANA for special purposes keep from the Internet at large. Python's own `is_global`
# has changed between its patch releases; this says the same on all of them.
NOT_PUBLIC_4 = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")]
# Networks whose addresses carry an IPv4 address, and how many bits follow it.
CARRIERS = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
]


class NotFetched(Exception):
    """What was asked for has not come; the message says why in one sentence, fit to be shown."""


class RefusedAddress(NotFetched):
    """The host is not on the Internet at large, and the owner hasn't allowed others."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is an address of a private network or of this machine; "
            f"only the owner can allow these, by the setting ALLOW_PRIVATE_URLS."
        )


class Sink(Protocol):
    """What takes a file in, and refuses one that is too large by an exception of its own."""

    def write(self, data: bytes) -> None: ...

    def require_room(self, size: int) -> None: ...


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the Internet at large."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False  # one with a zone, which only links have
    if isinstance(parsed, ipaddress.IPv6Address):
        for network, following in CARRIERS:
            if parsed in network:
                parsed = ipaddress.IPv4Address((int(parsed) >> following) & 0xFFFFFFFF)
                break
        else:
            return parsed in PUBLIC_6 and not any(parsed in network for network in NOT_PUBLIC_6)
    return not any(parsed in network for network in NOT_PUBLIC_4)


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    """Family and socket address of each address that the name has now. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Deadline:
    """What the watchdog does at a moment of the monotonic clock, unless it is called off before."""

    __slots__ = ("act", "is_off", "moment")

    def __init__(self, moment: float, act: Callable[[], None]) -> None:
        self.moment = moment
        self.act = act
        self.is_off = False

    def __lt__(self, other: "Deadline") -> bool:
        return self.moment < other.moment


class Watchdog:
    """One thread that minds the deadlines of all requests."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: list[Deadline] = []  # a heap
        self._off = 0  # how many of them are called off
        self._thread: threading.Thread | None = None

    def call_at(self, moment: float, act: Callable[[], None]) -> Deadline:
        made = Deadline(moment, act)
        with self._changed:
            heapq.heappush(self._deadlines, made)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)
                self._thread.start()
            elif self._deadlines[0] is made:
                self._changed.notify()
        return made

    def call_off(self, deadline: Deadline) -> None:
        with self._changed:
            if deadline.is_off:
                return
            deadline.is_off = True
            self._off += 1
            if self._off > 100 and self._off > len(self._deadlines) // 2:
                self._deadlines = [one for one in self._deadlines if not one.is_off]
                heapq.heapify(self._deadlines)
                self._off = 0

    def _work(self) -> None:
        while True:
            with self._changed:
                wait = self._deadlines[0].moment - time.monotonic() if self._deadlines else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                due = heapq.heappop(self._deadlines)
                if due.is_off:
                    self._off -= 1
                    continue
                due.is_off = True
            due.act()


watchdog = Watchdog()


class Guard:
    """Makes the connections of one session, or of one line that is kept: only to where it may, and not beyond
    its deadline."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self.allows_private = settings.ALLOW_PRIVATE_URLS
        self.is_kept = is_kept  # whether its connection, one at a time, outlives the deadline
        self.is_over = False
        self._until: float | None = None
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()

    def connect(self, connection: HTTPConnection) -> socket.socket:
        """A socket that is connected to the host, in the way of urllib3's own method."""
        host, port = connection._dns_host, connection.port
        try:
            found = resolve(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(host, connection, reason) from error
        allowed = [one for one in found if self.allows_private or is_public(one[1][0])]
        if not allowed:
            raise RefusedAddress(host)
        problem: OSError = OSError("no address")
        for family, address in allowed:
            opened = socket.socket(family, socket.SOCK_STREAM)
            try:
                opened.settimeout(self._patience(connection.timeout))
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.connect(address)
            except OSError as error:
                opened.close()
                problem = error
                continue
            opened.settimeout(connection.timeout)
            self._watch(opened)
            return opened
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(connection, f"{host} doesn't answer") from problem
        raise NewConnectionError(connection, f"{host} can't be reached: {problem}") from problem

    def _patience(self, seconds: Any) -> Any:
        """How long one address may take to answer: no longer than all of the request."""
        if self._until is None or not isinstance(seconds, int | float):
            return seconds
        return min(seconds, max(0.001, self._until - time.monotonic()))

    def _watch(self, opened: socket.socket) -> None:
        with self._lock:
            if self.is_kept:
                self._forget()  # that connection is gone
            # A handle of our own: the socket's is passed on when TLS begins.
            self._handles.append(opened.dup())
            if self.is_over:
                self._cut_all()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cuts every connection when that time is over, however slowly bytes still come."""
        self.is_over, self._until = False, time.monotonic() + seconds
        due = watchdog.call_at(self._until, self._cut)
        try:
            yield
        finally:
            watchdog.call_off(due)
            self._until = None
            if not self.is_kept:
                self.forget()

    def forget(self) -> None:
        """Lets go of its connections, which nobody uses any more."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        for handle in self._handles:
            handle.close()
        self._handles.clear()

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            self._cut_all()

    def _cut_all(self) -> None:
        for handle in self._handles:
            try:
                handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself


class GuardedConnection(HTTPConnection):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        self.guard = guard
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return self.guard.connect(self)


class GuardedTlsConnection(HTTPSConnection):
    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        self.guard = guard
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return self.guard.connect(self)


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


def too_slow(seconds: float) -> NotFetched:
    return NotFetched(f"The server takes longer than {seconds:g} seconds.")


# Lines that are kept


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
                raise (
                    too_slow(whole_seconds) if self._guard.is_over else NotFetched(sentence(error))
                ) from error
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


def require_url(url: str) -> None:
    """Raises NotFetched unless `url` is one that may be asked for at all, by its looks."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotFetched("This is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise NotFetched("This must be a URL that begins with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("A URL with a user name or a password in it is not fetched.")
    if len(url) > LONGEST_URL:
        raise NotFetched(f"A URL has {LONGEST_URL} characters at the most.")


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


def sentence(error: Exception) -> str:
    """Why a request failed, in words that give away nothing but what the client knows."""
    words = str(error)
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return "The server's certificate is not valid."
    if isinstance(error, requests.Timeout) or "timed out" in words:
        return "The server doesn't answer in time."
    if "NameResolutionError" in words or "Failed to resolve" in words:
        return "There is no server of that name."
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return "This is not a URL."
    unreachable = isinstance(error, requests.ConnectionError) and "Connection aborted" not in words
    if unreachable or isinstance(error, NewConnectionError):
        return "The server can't be reached."
    return "The server broke the transfer off."
