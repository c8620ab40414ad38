"""A line is one connection of neonize's, from connect to stop. The only module that drives its client."""

import ctypes
import logging
import threading
import time
from pathlib import Path
from typing import Protocol

from whatsapp.jids import jid_message
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.library import INT_TO_EVENT, DeviceProps, NewClient, ProxySettings

log = logging.getLogger(__name__)

DEVICE = 0  # the pseudo-event that tells who we are
QUIET_SECONDS = 0.3  # after so long without an event, all that was received has reached us
LONGEST_FLUSH = 2.0  # seconds


class Listener(Protocol):
    """Who is told what happens on a line. Called from the library's threads."""

    def on_event(self, code: int, data: bytes) -> None:
        """One event as protobuf bytes. WhatsApp has been told that we have it: don't lose it."""

    def on_qr(self, text: str) -> None:
        """A new code to scan; it replaces the one before."""

    def on_login(self, word: str) -> None:
        """How waiting for a scan ended: `success`, `timeout` or an error."""

    def on_end(self, error: str) -> None:
        """The library has given up. Nothing more will come."""


class Line:
    """A client of neonize's with its own store of credentials at `database`.

    Events are not parsed on their way: neonize's own dispatcher is replaced, and all kinds are asked for.
    """

    def __init__(self, database: Path, name: str, listener: Listener, proxy: str | None = None) -> None:
        self.listener = listener
        self.proxy = proxy
        self.last_event = time.monotonic()
        self.is_introduced = False  # whether the library has told who we are, and so would tell events
        self._closed = threading.Event()
        props = DeviceProps(os="WhatsApp Hub", platformType=DeviceProps.CHROME, requireFullSync=True)
        self.client = NewClient(str(database), props=props, uuid=name)
        # When Python forgets a client, neonize stops whichever client has its name then: the next line's.
        self.client._stop_finalizer.detach()
        self.client.event.list_func = dict.fromkeys(INT_TO_EVENT)
        self.client.event.execute = self._on_event
        self.client.event._qr = self._on_qr
        # neonize itself only prints this word; the name is what Python makes of its private method's.
        self.client._NewClient__onLoginStatus = self._on_login
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    # The library's threads

    def _run(self) -> None:
        error = ""
        try:
            self.client.connect(ProxySettings(proxy_address=self.proxy) if self.proxy else None)
        except Exception as problem:
            error = str(problem) or type(problem).__name__
        if not self._closed.is_set():
            self.listener.on_end(error)

    def _on_event(self, uuid: int, address: int, size: int, code: int) -> None:
        if code == DEVICE:
            self.is_introduced = True
            return
        self.last_event = time.monotonic()
        try:
            self.listener.on_event(code, ctypes.string_at(address, size))
        except Exception:
            log.exception("An event of kind %s could not be taken in", code)
        finally:
            self.last_event = time.monotonic()

    def _on_qr(self, client: NewClient, text: bytes) -> None:
        if not self._closed.is_set():
            self.listener.on_qr(text.decode())

    def _on_login(self, uuid: int, word: int) -> None:
        if not self._closed.is_set():
            self.listener.on_login(ctypes.string_at(word).decode())

    # The line as a whole

    def open(self) -> None:
        """Starts to connect, and returns at once."""
        self._thread.start()

    def close(self) -> bool:
        """Hangs up without logging out, and takes in what was received until then.

        False when the library's call doesn't come back, which is so for a client that was never paired: it
        then keeps a thread until the process ends.
        """
        self._closed.set()
        if self._thread.is_alive():
            self.client.disconnect()
            deadline = time.monotonic() + LONGEST_FLUSH
            while time.monotonic() < min(deadline, self.last_event + QUIET_SECONDS):
                time.sleep(0.02)
            self.client.stop()
            self._thread.join(1.0)
        return not self._thread.is_alive()

    # What can be asked of it

    @property
    def is_logged_in(self) -> bool:
        return not self._closed.is_set() and bool(self.client.is_logged_in)

    def me(self) -> neonize_pb2.Device:
        """Who we are: the linked device, its LID and the push name."""
        return self.client.get_me()

    def pair(self, phone: str) -> str:
        """Asks WhatsApp for a code that the owner types into the phone with that number."""
        return str(self.client.PairPhone(phone, True))

    def logout(self) -> None:
        """Unlinks this device, and lets the library forget its credentials."""
        self.client.logout()

    def send(self, jid: str, message: waE2E.Message) -> neonize_pb2.SendResponse:
        """Sends; returns when WhatsApp has taken the message. Raises NeonizeError."""
        return self.client.send_message(jid_message(jid), message)

    def download(self, message: waE2E.Message) -> bytes:
        """The decrypted file of a message. Raises NeonizeError."""
        return bytes(self.client.download_any(message))
