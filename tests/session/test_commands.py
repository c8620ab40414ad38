"""manage.py commands beside a running session."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.session.conftest import SessionProcess
from whatsapp.ingest import inbox
from whatsapp.models import Account, InboxEvent, Message
from whatsapp.simulator.phone import Phone


def run(*words: str) -> str:
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def test_logout_unlinks_the_hub_from_the_phone(session: SessionProcess, olivia: Phone) -> None:
    assert "Logged out" in run("logout")
    assert olivia.companions == []
    session.waits_for_code()


def test_logout_without_a_line_says_that_whatsapp_could_not_be_told(unlinked_session: SessionProcess) -> None:
    unlinked_session.waits_for_code()
    assert "remove it under Linked devices" in run("logout")


def test_logout_without_a_session_says_what_to_do(transactional_db: None) -> None:
    Account.default()
    with pytest.raises(CommandError, match="start the hub"):
        run("logout")


def test_quarantined_events_are_listed_and_replayed(transactional_db: None) -> None:
    account = Account.default()
    InboxEvent.objects.create(account=account, code=17, data=b"\xff", received_at=1_700_000_000_000)
    inbox.drain(account)

    listed = run("quarantine")
    assert "2023-11-14 22:13:20" in listed
    assert "DecodeError" in listed
    assert "1 events in quarantine" in listed
    assert "1 events are back in line" in run("quarantine", "--replay")
    assert InboxEvent.objects.get().state == InboxEvent.State.PENDING
    assert not Message.objects.exists()
