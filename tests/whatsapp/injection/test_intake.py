"""The way in beside a session process."""

from pathlib import Path

from tests.protobufs import build_message
from tests.waiting import eventually
from whatsapp.ingest.inbox import drain
from whatsapp.injection.intake import SideInbox, UnderWay
from whatsapp.models import Account, InboxEvent


def test_the_sessions_spool_is_none_of_its_business(transactional_db: None, tmp_path: Path) -> None:
    """Were it told that the door's newest event has been moved, the session would drop its own older ones."""
    account = Account.default()
    inbox = SideInbox(account, tmp_path / "spool", UnderWay())
    inbox.open()
    for number in range(3):
        inbox.receive(17, build_message(f"3EB0{number}"))
    eventually(lambda: InboxEvent.objects.count() == 3, "the events to be in the inbox")
    inbox.close()
    assert Account.objects.get(pk=account.pk).spooled == 0


def test_an_event_ends_when_it_is_handled_and_not_before(transactional_db: None, tmp_path: Path) -> None:
    account, under_way = Account.default(), UnderWay()
    inbox = SideInbox(account, tmp_path / "spool", under_way)
    inbox.open()
    for number in range(5):
        under_way.begin()
        inbox.receive(17, build_message(f"3EB0{number}"))
    eventually(lambda: InboxEvent.objects.count() == 5, "the events to be in the inbox")
    inbox.close()

    inbox._look()
    assert len(under_way.times) == 0
    drain(account, limit=2)
    inbox._look()
    assert len(under_way.times) == 2
    drain(account)
    inbox._look()
    assert len(under_way.times) == 5
    under_way.wait_for_all()
