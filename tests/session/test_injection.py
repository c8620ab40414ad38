"""The injection door beside a session process, which alone takes events out of the inbox."""

import pytest

from tests.session.conftest import SessionProcess
from whatsapp.injection import intake, runs
from whatsapp.models import Account, Message
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def test_the_session_handles_what_is_injected_and_loses_nothing_of_its_own(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    account = Account.default()
    for number in range(5):
        alice.send_text(olivia, f"before {number}")
    session.waits_for_message("before 4")
    spooled = Account.objects.get().spooled

    figures = runs.live(account, 300, 0, 1, "beside")

    assert figures["event_ms"]["n"] == 300
    assert figures["event_ms"]["p50"] > 0
    assert Message.objects.filter(body__contains=":beside@@").count() == 300
    assert (
        Account.objects.get().spooled == spooled
    )  # which tells how far the session's own spool has been moved
    alice.send_text(olivia, "after")
    session.waits_for_message("after")


def test_a_session_that_handles_nothing_is_told_of(
    unlinked_session: SessionProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlinked_session.waits_for_code()
    monkeypatch.setattr(intake, "PATIENCE_SECONDS", 0.5)
    with intake.Intake(Account.default()) as way_in:
        assert way_in.is_beside_session
        unlinked_session.is_killed()
        way_in.hand_over(17, b"")
        with pytest.raises(intake.Stuck, match=r"no event for 0\.5 seconds"):
            way_in.wait_for_all()
