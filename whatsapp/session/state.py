"""The state of the line as everyone sees it: one row, and an event for each change of status."""

import logging
import time
from typing import Any

from django.db import DatabaseError, close_old_connections

from whatsapp import events, leases
from whatsapp.jids import jid_text
from whatsapp.models import Account, Connection
from whatsapp.protobuf import neonize_pb2

log = logging.getLogger(__name__)

Status = Connection.Status


class State:
    """Writes the connection's row. Only the session process does, and only from its main thread."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._unlogged: list[tuple[str, dict[str, Any]]] = []
        self.connection, _ = Connection.objects.get_or_create(account=account)

    @property
    def status(self) -> str:
        return self.connection.status

    def become(
        self, status: str, reason: str | None = None, retry_at: float | None = None, qr: str | None = None
    ) -> None:
        """Takes a new status, with one sentence that says why, and when the next try is (Unix seconds)."""
        row = self.connection
        changed, new_code = row.status != status, qr is not None and row.qr != qr
        if changed:
            row.since = int(time.time())
        if status == Status.DISCONNECTED:
            again = f" Trying again in {retry_at - time.time():.0f} s." if retry_at else ""
            log.warning("Disconnected: %s%s", reason, again)
        elif changed:
            log.info("%s%s", Status(status).label, f": {reason}" if reason and reason != row.reason else "")
        row.status, row.reason, row.qr = status, reason, qr
        row.retry_at = int(retry_at) if retry_at else None
        if new_code:
            self._unlogged.append((events.CONNECTION_QR, {"qr": qr}))
        if changed:
            jid = {"jid": self.account.jid} if status == Status.CONNECTED else {}
            self._unlogged.append((events.CONNECTION_STATUS, {"status": status, **jid}))
        self._save()

    def live(self, last_event_at: int | None) -> None:
        """A sign of life; `last_event_at` is when the last event came, in Unix seconds."""
        self.connection.heartbeat_at = int(time.time())
        self.connection.last_event_at = last_event_at or self.connection.last_event_at
        self._save()

    def _save(self) -> None:
        """Writes the row and what is to be logged. When the database is in trouble the line stays up, and
        the next sign of life makes up for it."""
        try:
            with leases.fenced(self.account):
                self.connection.save()
                for event_type, payload in self._unlogged:
                    events.append(self.account, event_type, payload)
            self._unlogged.clear()
        except DatabaseError as error:
            log.error("The connection's state can't be written: %s", error)
            close_old_connections()

    def be_someone(self, device: neonize_pb2.Device) -> None:
        """Notes who we are logged in as."""
        account = self.account
        account.jid, account.lid = jid_text(device.JID) or None, jid_text(device.LID) or None
        account.device = f"{device.JID.User}:{device.JID.Device}@{device.JID.Server}"
        account.push_name = device.PushName or account.push_name
        with leases.fenced(account):
            account.save(update_fields=["jid", "lid", "device", "push_name", "updated_at"])

    def be_no_one(self, reason: str) -> None:
        """Notes that this device is no longer linked. What was stored stays."""
        self.account.device = None
        with leases.fenced(self.account):
            self.account.save(update_fields=["device", "updated_at"])
            events.append(self.account, events.CONNECTION_LOGGED_OUT, {"reason": reason})

    def give_up(self, retries: int, reason: str) -> None:
        """Tells listeners that a try to connect has failed; there will be others."""
        try:
            with leases.fenced(self.account):
                events.append(self.account, events.CONNECTION_FAILED, {"retries": retries, "reason": reason})
        except DatabaseError as error:
            log.error("A try that failed can't be told of: %s", error)
            close_old_connections()
