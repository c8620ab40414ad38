"""What goes wrong, as the hub sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator

pytestmark = pytest.mark.usefixtures("troubled")


def test_a_cut_connection_heals_and_nothing_is_lost(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    simulator.cuts_connection()
    hub.waits_for(events.DisconnectedEv)
    sent = alice.send_text(olivia, "while you were away")
    hub.waits_for_message(sent.id)
    assert hub.api.is_logged_in


def test_an_unreachable_server_is_tried_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    simulator.unreachable()
    hub.waits_for(events.DisconnectedEv)
    sent = alice.send_text(olivia, "still there?")
    simulator.recovers()
    hub.waits_for_message(sent.id)


def test_a_start_without_network_fails_at_once(simulator: Simulator, hub: HubDouble) -> None:
    hub.stop()
    simulator.unreachable()
    with pytest.raises(Exception, match="failed to dial"):
        hub.start()
    simulator.recovers()
    hub.start()
    hub.wait_until_connected()


def test_unlinking_on_the_phone_logs_the_hub_out(hub: HubDouble, olivia: Phone) -> None:
    olivia.unlinks_devices()
    assert not hub.waits_for(events.LoggedOutEv).OnConnect
    assert olivia.companions == []


def test_unlinking_while_the_hub_is_away_logs_it_out_at_login(hub: HubDouble, olivia: Phone) -> None:
    hub.stop()
    olivia.unlinks_devices()
    hub.start()
    assert hub.waits_for(events.LoggedOutEv).OnConnect


def test_a_refused_login_logs_the_hub_out(simulator: Simulator, hub: HubDouble, olivia: Phone) -> None:
    simulator.refuses_login()
    assert hub.waits_for(events.LoggedOutEv).OnConnect


def test_another_connection_takes_the_hubs_place(simulator: Simulator, hub: HubDouble) -> None:
    simulator.replaces_stream()
    hub.waits_for(events.StreamReplacedEv)


def test_a_ban_says_how_long(simulator: Simulator, hub: HubDouble) -> None:
    simulator.bans(seconds=7200)
    ban = hub.waits_for(events.TemporaryBanEv)
    assert ban.Expire in (7200, 7200 * 10**9)


def test_an_old_client_is_refused(simulator: Simulator, hub: HubDouble) -> None:
    simulator.outdated()
    hub.waits_for(events.ClientOutdatedEv)


def test_another_refusal_is_told_with_its_reason(simulator: Simulator, hub: HubDouble) -> None:
    simulator.refuses_login(403)
    hub.waits_for(events.LoggedOutEv)


def test_a_busy_server_is_tried_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    simulator.answers_503()
    hub.waits_for(events.DisconnectedEv)
    sent = alice.send_text(olivia, "patience")
    simulator.recovers()
    hub.waits_for_message(sent.id)


def test_a_restarting_server_is_come_back_to(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    simulator.restarts_server()
    hub.waits_for(events.DisconnectedEv)
    hub.waits_for_message(alice.send_text(olivia, "back again").id)


def test_what_is_held_back_comes_later(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    (companion,) = olivia.companions
    simulator.holds_back()
    sent = alice.send_text(olivia, "wait for it")
    olivia.waits_for("wait for it")
    assert companion.undelivered >= 1
    assert not [event for event in hub.of(events.MessageEv) if sent.id == event.Info.ID]
    simulator.lets_through()
    hub.waits_for_message(sent.id)


def test_a_message_comes_twice(simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.send_text(olivia, "again")
    hub.waits_for_message(sent.id)
    simulator.delivers_twice(sent)
    wait_until(
        lambda: sum(sent.id == event.Info.ID for event in hub.of(events.MessageEv)) == 2,
        5,
        "the second delivery",
    )


def test_a_damaged_message_is_asked_for_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    hub.waits_for_message(alice.send_text(olivia, "hello").id)
    simulator.delivers_undecryptable(olivia, from_=alice)
    sent = alice.send_text(olivia, "damaged")
    assert sent.id == hub.waits_for(events.UndecryptableMessageEv).Info.ID
    assert hub.waits_for_message(sent.id).Message.conversation == "damaged"


def test_a_damaged_group_message_is_asked_for_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    group = alice.creates_group("Friends", [olivia])
    hub.waits_for_message(alice.send_text(group, "hello").id)
    simulator.delivers_undecryptable(olivia, from_=alice)
    sent = alice.send_text(group, "damaged")
    assert sent.id == hub.waits_for(events.UndecryptableMessageEv).Info.ID
    assert hub.waits_for_message(sent.id).Message.conversation == "damaged"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_lost_media_can_not_be_downloaded(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person, status: int
) -> None:
    sent = alice.send_image(olivia, b"jpeg" * 9)
    message = hub.waits_for_message(sent.id).Message
    simulator.loses_media(sent, status)
    with pytest.raises(Exception, match=str(status)):
        hub.api.download_any(message)


def test_a_media_server_that_fails_is_tried_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = alice.send_document(olivia, b"pdf" * 9, "plan.pdf", caption="the plan")
    message = hub.waits_for_message(sent.id).Message
    simulator.fails_media(sent, times=1)
    assert hub.api.download_any(message) == b"pdf" * 9
