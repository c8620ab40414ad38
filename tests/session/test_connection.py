"""The line to WhatsApp: linking, losing, coming back, and saying why."""

import itertools
import time

from tests.session.conftest import SessionProcess
from tests.waiting import PATIENCE, eventually
from whatsapp import actions
from whatsapp.models import Account, Action, Event
from whatsapp.simulator import Simulator
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def event_types() -> list[str]:
    return list(Event.objects.order_by("id").values_list("event_type", flat=True))


def test_it_shows_a_code_and_is_linked_when_the_phone_scans_it(
    unlinked_session: SessionProcess, olivia: Phone
) -> None:
    code = unlinked_session.waits_for_code()
    assert unlinked_session.connection.status == "qr"

    olivia.scan(code)

    connection = unlinked_session.waits_for_status("connected")
    assert connection.account.jid == "15550100@s.whatsapp.net"
    assert connection.qr is None
    assert connection.reason is None
    assert "connection.qr" in event_types()


def test_a_code_may_be_looked_at_for_longer_than_a_lost_line_is_waited_for(
    unlinked_session: SessionProcess, olivia: Phone
) -> None:
    unlinked_session.waits_for_code()
    patience = 8  # that of quick_session.py, in seconds
    eventually(lambda: time.time() - unlinked_session.connection.since > patience + 1, "time to go by")

    unlinked_session.links_to(olivia)

    assert "connection.failed" not in event_types()


def test_the_code_is_drawn_in_the_terminal(unlinked_session: SessionProcess) -> None:
    unlinked_session.waits_for_code()
    eventually(lambda: "Linked devices" in unlinked_session.log.read_text(), "the code in the terminal")


def test_it_is_linked_by_a_pairing_code(unlinked_session: SessionProcess, olivia: Phone) -> None:
    unlinked_session.waits_for_code()

    action = actions.wait_for(actions.pair(Account.default(), "15550100"), 10)

    assert action.status == Action.Status.DONE, action.error
    olivia.enter_code(action.result["code"])
    unlinked_session.waits_for_status("connected")


def test_new_codes_come_when_all_have_run_out(
    unlinked_session: SessionProcess, simulator: Simulator, olivia: Phone
) -> None:
    unlinked_session.is_killed()
    simulator.gives_codes(1)
    unlinked_session.start()
    last = unlinked_session.waits_for_code(other_than=unlinked_session.connection.qr)

    simulator.gives_codes(6)
    unlinked_session.waits_for_reason("not scanned in time", timeout=30)
    olivia.scan(unlinked_session.waits_for_code(other_than=last))

    unlinked_session.waits_for_status("connected")


def test_a_cut_connection_comes_back_by_itself(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.cuts_connection()
    alice.send_text(olivia, "are you back?")

    session.waits_for_message("are you back?")
    session.waits_for_status("connected")


def test_it_says_why_it_is_offline_and_when_it_tries_again(
    session: SessionProcess, simulator: Simulator
) -> None:
    simulator.unreachable()

    connection = session.waits_for_status("disconnected")
    assert "can't be reached" in connection.reason
    assert connection.retry_at is not None
    eventually(lambda: "connection.failed" in event_types(), "an event that says so")

    simulator.recovers()
    session.waits_for_status("connected")
    assert session.connection.reason is None


def test_it_starts_without_a_network(unlinked_session: SessionProcess, simulator: Simulator) -> None:
    unlinked_session.is_killed()
    simulator.unreachable()
    unlinked_session.start()

    connection = unlinked_session.waits_for_reason("can't be reached")
    assert connection.retry_at is not None

    simulator.recovers()
    unlinked_session.waits_for_status("qr")


def test_the_delays_grow(session: SessionProcess, simulator: Simulator) -> None:
    simulator.unreachable()

    def waits() -> list[int]:
        failures = Event.objects.filter(event_type="connection.failed").order_by("id")
        times = list(failures.values_list("logged_at", flat=True))
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    # From 0.2 to 2 seconds, give or take a fifth; to each comes the time that a try takes.
    eventually(lambda: len(waits()) >= 5, "six tries, of a process each", 3 * PATIENCE)
    assert max(waits()) - min(waits()) > 1_000


def test_a_replaced_stream_is_named_and_taken_back_later(
    session: SessionProcess, simulator: Simulator
) -> None:
    simulator.replaces_stream()

    session.waits_for_reason("Another program")
    session.waits_for_status("connected")


def test_a_ban_is_shown_with_its_end(session: SessionProcess, simulator: Simulator) -> None:
    simulator.bans(seconds=3600)

    connection = session.waits_for_reason("banned this number until")
    assert connection.status == "disconnected"
    assert 3500 < connection.retry_at - time.time() < 3700


def test_an_outdated_client_is_named(session: SessionProcess, simulator: Simulator) -> None:
    simulator.outdated()

    session.waits_for_reason("update the hub")
    simulator.recovers()
    session.waits_for_status("connected")


def test_a_service_that_answers_503_is_named(session: SessionProcess, simulator: Simulator) -> None:
    simulator.answers_503()

    session.waits_for_reason("503")
    simulator.recovers()
    session.waits_for_status("connected")


def test_a_phone_that_unlinks_the_hub_leads_to_a_new_code(
    session: SessionProcess, simulator: Simulator, olivia: Phone
) -> None:
    olivia.unlinks_devices()

    code = session.waits_for_code()
    eventually(lambda: "connection.logged_out" in event_types(), "an event that says so")
    assert session.connection.account.device is None

    olivia.scan(code)
    session.waits_for_status("connected")


def test_a_login_that_is_refused_for_good_leads_to_a_new_code(
    session: SessionProcess, simulator: Simulator, olivia: Phone
) -> None:
    session.ends()
    simulator.refuses_login(401)
    session.start()

    olivia.scan(session.waits_for_code())
    session.waits_for_status("connected")


def test_restart_keeps_the_phone_linked(session: SessionProcess) -> None:
    before = session.connection.account.device

    action = actions.wait_for(actions.restart(Account.default()), 10)

    assert action.status == Action.Status.DONE
    eventually(lambda: event_types().count("connection.status") >= 4, "the line to go and come back")
    session.waits_for_status("connected")
    assert session.connection.account.device == before


def test_logout_unlinks_the_hub_and_offers_a_new_code(session: SessionProcess, olivia: Phone) -> None:
    assert len(olivia.companions) == 1

    action = actions.wait_for(actions.logout(Account.default()), 10)

    assert action.status == Action.Status.DONE
    assert action.result == {"told_whatsapp": True}
    session.waits_for_code()
    assert olivia.companions == []


def test_a_new_code_can_be_asked_for_while_one_is_shown(
    unlinked_session: SessionProcess, olivia: Phone
) -> None:
    first = unlinked_session.waits_for_code()

    actions.wait_for(actions.new_qr(Account.default()), 10)

    olivia.scan(unlinked_session.waits_for_code(other_than=first))
    unlinked_session.waits_for_status("connected")


def test_sigterm_ends_it_soon_and_never_logs_out(
    session: SessionProcess, olivia: Phone, alice: Person
) -> None:
    started = time.monotonic()
    assert session.ends() == 0
    assert time.monotonic() - started < 5
    assert session.connection.status == "disconnected"
    assert len(olivia.companions) == 1

    alice.send_text(olivia, "while you were away")
    session.start()

    session.waits_for_message("while you were away")
    assert session.connection.status == "connected"


def test_sigterm_ends_it_soon_while_a_code_is_shown(unlinked_session: SessionProcess) -> None:
    unlinked_session.waits_for_code()
    started = time.monotonic()
    assert unlinked_session.ends() == 0
    assert time.monotonic() - started < 5


def test_a_second_process_for_the_same_account_is_refused(session: SessionProcess) -> None:
    second = SessionProcess(None, session.log)
    second.start()
    assert second.exit_code() != 0
    assert "holds the session" in session.log.read_text()


def test_it_shows_signs_of_life(session: SessionProcess) -> None:
    assert abs(session.connection.heartbeat_at - time.time()) < 10
