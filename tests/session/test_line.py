"""The traps of the library that the line steps around."""

from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Account, Event
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def test_a_line_that_python_forgets_does_not_take_the_next_one_with_it(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    """neonize stops the client of that name when one of its objects is collected."""
    changes = Event.objects.filter(event_type="connection.status")
    logins = changes.filter(payload__contains='"connected"')
    for count in (2, 3, 4):
        actions.wait_for(actions.restart(Account.default()), 10)
        eventually(lambda count=count: logins.count() == count, "the line to be back")
    before = changes.count()

    # Enough work in the session process for its collector to run many times.
    for number in range(300):
        alice.send_text(olivia, f"number {number}")
    session.waits_for_message("number 299")

    assert changes.count() == before
