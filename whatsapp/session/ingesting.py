"""Turns the inbox into rows, as long as the session runs."""

import logging

from whatsapp.ingest.history import Importer
from whatsapp.ingest.inbox import Inbox, drain, replay_newly_handled
from whatsapp.models import Account
from whatsapp.session.worker import Worker

log = logging.getLogger(__name__)


class Ingesting(Worker):
    """Takes live events, and between them a slice of a history: neither waits for the other to end."""

    name = "ingest"

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account
        self.inbox = Inbox(account, account.spool, told=self.wake)
        self.importer = Importer(account)

    def begin(self) -> None:
        """An older hub may have left kinds of events that this one can handle; and what is in the table came
        before what an earlier process has left in the spool."""
        if count := replay_newly_handled():
            log.info("%d events that had no handler when they came are handled now", count)
        while not self.is_stopping and drain(self.account):
            continue

    def drain(self) -> int:
        """Handles the oldest live events; how many there were."""
        return drain(self.account) + self.inbox.drain()

    def step(self) -> bool:
        handled = self.drain()
        imported = self.importer.step()
        return handled > 0 or imported
