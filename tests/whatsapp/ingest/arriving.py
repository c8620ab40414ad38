"""Lets events arrive and be handled, as the session does it."""

from collections.abc import Iterable

from whatsapp.ingest import inbox
from whatsapp.ingest.history import Importer
from whatsapp.models import Account, InboxEvent

Arrived = tuple[int, bytes, int]  # code, bytes, Unix milliseconds


def arrive(account: Account, arrived: Iterable[Arrived]) -> None:
    InboxEvent.objects.bulk_create(
        InboxEvent(account=account, code=code, data=data, received_at=moment)
        for code, data, moment in arrived
    )


def drain(account: Account) -> None:
    """Handles all that is pending, histories too."""
    while inbox.drain(account):
        pass
    importer = Importer(account)
    while importer.step():
        pass
