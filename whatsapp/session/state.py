"""The state of the line as everyone sees it: one row, and an event for each change of status."""

import logging
import time

from django.db import transaction

from whatsapp import events
from whatsapp.jids import jid_text
from whatsapp.models import Account, Connection
from whatsapp.protobuf import neonize_pb2

log = logging.getLogger(__name__)

Status = Connection.Status


class State:
    """Writes the connection's row. Only the session process does, and only from its main thread."""

    def __init__(self, account: Account) -> None:
        self.account = account
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
        with transaction.atomic():
            row.save(update_fields=["status", "reason", "since", "retry_at", "qr"])
            if new_code:
                events.append(self.account, events.CONNECTION_QR, {"qr": qr})
            if changed:
                data = {"status": status} | ({"jid": self.account.jid} if status == Status.CONNECTED else {})
                events.append(self.account, events.CONNECTION_STATUS, data)

    def live(self, last_event_at: int | None) -> None:
        """A sign of life; `last_event_at` is when the last event came, in Unix seconds."""
        row = self.connection
        row.heartbeat_at = int(time.time())
        row.last_event_at = last_event_at or row.last_event_at
        row.save(update_fields=["heartbeat_at", "last_event_at"])

    def be_someone(self, device: neonize_pb2.Device) -> None:
        """Notes who we are logged in as."""
        account = self.account
        account.jid, account.lid = jid_text(device.JID) or None, jid_text(device.LID) or None
        account.device = f"{device.JID.User}:{device.JID.Device}@{device.JID.Server}"
        account.push_name = device.PushName or account.push_name
        account.save(update_fields=["jid", "lid", "device", "push_name", "updated_at"])

    def be_no_one(self, reason: str) -> None:
        """Notes that this device is no longer linked. What was stored stays."""
        self.account.device = None
        with transaction.atomic():
            self.account.save(update_fields=["device", "updated_at"])
            events.append(self.account, events.CONNECTION_LOGGED_OUT, {"reason": reason})

    def give_up(self, retries: int, reason: str) -> None:
        """Tells listeners that a try to connect has failed; there will be others."""
        events.append(self.account, events.CONNECTION_FAILED, {"retries": retries, "reason": reason})
