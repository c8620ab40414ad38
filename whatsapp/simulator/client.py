"""One real neonize client: started, listened to, stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whatsapp.simulator.library import NewClient, ProxySettings, client_lock, companion_proto, events, quiet

log = logging.getLogger(__name__)

START_SECONDS = 30

#: The events that say that a login was refused.
REFUSALS = (events.LoggedOutEv, events.TemporaryBanEv, events.ClientOutdatedEv, events.ConnectFailureEv)

Listener = Callable[[Any], None]


def wait_until(condition: Callable[[], Any], timeout: float, what: str) -> Any:
    """The condition's first true value; TimeoutError with the words if it doesn't come in time."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} seconds for {what}")
        time.sleep(0.005)
    return value


class Client:
    """A new neonize client on a thread of its own.

    ``listen`` before ``start``: the library asks which events are wanted then.
    """

    def __init__(self, database: Path, proxy: str, operating_system: str = "Simulator") -> None:
        quiet()
        for leftover in database.parent.glob(f"{database.name}*"):
            leftover.unlink()
        self.database = database
        self.proxy = proxy
        # The name ends up in ``file:NAME?_foreign_keys=on``. These are throw-away databases: speed over
        # safety.
        name = f"{database}?_foreign_keys=on&_journal_mode=MEMORY&_synchronous=OFF&_busy_timeout=5000&rest="
        props = companion_proto.DeviceProps(
            os=operating_system, platformType=companion_proto.DeviceProps.CHROME
        )
        self.api: Any = NewClient(name, uuid=f"{database}#{time.time_ns()}", props=props)
        # The library prints the login's outcome to stdout.
        self.api._NewClient__onLoginStatus = lambda _uuid, _status: None
        self.qr_codes: list[str] = []
        self.error: Exception | None = None
        self._listeners: dict[Any, list[Listener]] = {}
        self._on_qr: Callable[[str], None] = lambda _code: None
        self._thread: threading.Thread | None = None
        self._linked = False
        self._begun = threading.Event()
        self.connected = threading.Event()
        self.api.event.qr(self._take_qr)
        self.listen(events.ConnectedEv, lambda _event: self._note_connected())
        self.listen(events.DisconnectedEv, lambda _event: self.connected.clear())
        for kind in (events.DisconnectedEv, *REFUSALS):
            self.listen(kind, lambda _event: self._begun.set())

    def listen(self, kind: Any, listener: Listener) -> None:
        """Calls the listener with each event of this protobuf class, in the library's one event thread."""
        if kind not in self._listeners:
            self._listeners[kind] = []
            self.api.event(kind)(lambda _api, event: self._tell(kind, event))
        self._listeners[kind].append(listener)

    def on_qr(self, listener: Callable[[str], None]) -> None:
        """Calls the listener with each QR text that the client wants to show."""
        self._on_qr = listener

    def start(self) -> None:
        """Connects; returns when the library has begun: it shows a code or is logged in."""
        self._begun.clear()
        self.error = None
        self._thread = threading.Thread(target=self._run, name=self.database.stem, daemon=True)
        with client_lock:
            self._thread.start()
            wait_until(
                lambda: self._begun.is_set() or self.error, START_SECONDS, f"{self.database.stem} to start"
            )
        if self.error:
            raise self.error

    def wait_until_connected(self, timeout: float = START_SECONDS) -> None:
        """Returns when the client is logged in."""
        if not self.connected.wait(timeout):
            raise TimeoutError(f"{self.database.stem} did not log in within {timeout:g} seconds")

    def stop(self) -> None:
        """Disconnects and waits for the library's thread to end."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with client_lock:
            self.api.stop()
        self.connected.clear()
        # A client that was never linked stays in its Go call; there is nothing to wait for.
        if self._linked:
            thread.join(5)

    def _run(self) -> None:
        try:
            self.api.connect(ProxySettings(proxy_address=self.proxy))
        except Exception as error:
            self.error = error

    def _note_connected(self) -> None:
        self._linked = True
        self._begun.set()
        self.connected.set()

    def _take_qr(self, _api: Any, code: bytes) -> None:
        self._begun.set()
        self.qr_codes.append(code.decode())
        try:
            self._on_qr(code.decode())
        except Exception:
            log.exception("a QR listener of %s failed", self.database.stem)

    def _tell(self, kind: Any, event: Any) -> None:
        for listener in self._listeners[kind]:
            try:
                listener(event)
            except Exception:
                log.exception("a listener of %s failed", self.database.stem)
