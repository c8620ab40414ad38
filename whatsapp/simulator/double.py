"""A stand-in for the hub: a linked device that collects every event as the library gives it. For tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose
from whatsapp.simulator.client import Client, wait_until
from whatsapp.simulator.inbox import PATIENCE, Inbox
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.library import build_jid, events

if TYPE_CHECKING:
    from whatsapp.simulator.phone import Companion, Phone


class HubDouble(Client):
    """A client that can be linked to a phone. ``events`` are the protobuf events in order."""

    def __init__(self, directory: Path, proxy: str) -> None:
        super().__init__(directory / "hub.db", proxy, "WhatsApp Hub")
        self._inbox: Inbox[Any] = Inbox("the hub")
        for kind, number in events.EVENT_TO_INT.items():
            # Number 0 is the device itself, which the library keeps for its own.
            if number:
                self.listen(kind, self._inbox.add)

    def links_to(self, phone: Phone) -> Companion:
        """Shows its code to the phone; returns when it is linked and logged in."""
        self.start()
        companion = phone.scan(self.next_code())
        self.wait_until_connected()
        return companion

    def next_code(self) -> str:
        """The QR text it shows now."""
        wait_until(lambda: self.qr_codes, PATIENCE, "a QR code")
        return self.qr_codes[-1]

    def waits_for(
        self, kind: Any, wanted: Callable[[Any], Any] | None = None, timeout: float = PATIENCE
    ) -> Any:
        """The first event of this class that is wanted; TimeoutError if none comes."""
        return self._inbox.wait_for(
            lambda event: isinstance(event, kind) and (wanted is None or wanted(event)),
            timeout,
            kind.__name__,
        )

    def waits_for_message(self, wanted: str | Callable[[Any], Any], timeout: float = PATIENCE) -> Any:
        """The first message event with this id or text, or that is wanted.

        A group's message comes as two events of one id; the one that only has the sender key is passed over.
        """
        if callable(wanted):
            return self.waits_for(events.MessageEv, wanted, timeout)
        return self.waits_for(
            events.MessageEv,
            lambda event: (
                compose.has_content(event.Message)
                and wanted in (event.Info.ID, compose.text_of(event.Message))
            ),
            timeout,
        )

    @property
    def events(self) -> list[Any]:
        """Every event so far."""
        return self._inbox.contents()

    def of(self, kind: Any) -> list[Any]:
        """The events of this class so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def forget(self) -> None:
        """Forgets what came so far."""
        self._inbox.clear()

    def send_text(self, to: Any, text: str) -> Any:
        """Sends text to a person or group; returns neonize's answer (ID, Timestamp)."""
        jid: Jid = to.jid
        return self.api.send_message(build_jid(jid.user, jid.server), text)
