"""The injection door beside a session process, which alone takes events out of the inbox."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.session.conftest import SessionProcess
from whatsapp.injection import intake, runs
from whatsapp.models import Account, Message
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def test_the_session_handles_what_is_injected_and_loses_nothing_of_its_own(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    def talk() -> None:
        for number in range(50):
            alice.send_text(olivia, f"meanwhile {number}")

    with ThreadPoolExecutor() as pool:
        talking = pool.submit(talk)
        figures = runs.live(Account.default(), 300, 300, 1, "beside")
        talking.result()

    assert figures["event_ms"]["n"] == 300
    assert figures["event_ms"]["p50"] > 0
    assert Message.objects.filter(body__contains=":beside@@").count() == 300
    for number in range(50):
        session.waits_for_message(f"meanwhile {number}")


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
