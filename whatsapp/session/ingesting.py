"""Turns the inbox into rows, as long as the session runs."""

from whatsapp.ingest.inbox import drain
from whatsapp.models import Account
from whatsapp.session.worker import Worker


class Ingesting(Worker):
    name = "ingest"

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account

    def step(self) -> bool:
        return drain(self.account) > 0
