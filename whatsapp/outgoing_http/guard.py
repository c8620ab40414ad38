"""Connections that are made only to where they may, and cut when their time is over."""

import heapq
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from whatsapp.outgoing_http.addresses import NotFetched, RefusedAddress, is_public, resolve


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


# What went wrong, in words


def too_slow(seconds: float) -> NotFetched:
    return NotFetched(f"The server takes longer than {seconds:g} seconds.")


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
