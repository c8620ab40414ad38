"""Messages that the hub can't have, can't read yet, or gets from the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


def test_what_is_for_the_phone_only_is_announced_to_the_hub(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = alice.sends_for_the_phone_only(olivia)
    event = hub.waits_for(events.UndecryptableMessageEv)
    source = event.Info.MessageSource
    assert (event.Info.ID, event.IsUnavailable, source.Sender.User) == (sent.id, True, "15550101")
    assert olivia.waits_for("for your phone").id == sent.id
    hub.waits_for_message(alice.send_text(olivia, "for all").id)


def test_it_is_announced_in_groups_too(
    hub: HubDouble, olivia: Phone, alice: Person, friends: GroupChat
) -> None:
    sent = alice.sends_for_the_phone_only(friends, "group secret")
    event = hub.waits_for(events.UndecryptableMessageEv, lambda event: event.IsUnavailable)
    assert (event.Info.ID, event.Info.MessageSource.Chat.User) == (sent.id, friends.jid.user)
    olivia.waits_for("group secret")
    hub.waits_for_message(alice.send_text(friends, "for all").id)


def test_the_phone_may_hand_on_what_the_hub_could_not_have(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = alice.sends_for_the_phone_only(olivia, "take this", why="")
    hub.waits_for(events.UndecryptableMessageEv)
    olivia.resends(sent)
    event = hub.waits_for_message(sent.id)
    assert (event.Message.conversation, event.Info.Pushname) == ("take this", "Alice")
    assert event.UnavailableRequestID
    assert event.Info.MessageSource.Chat.User == "15550101"


def test_a_damaged_message_stays_so_until_it_is_sent_again(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person, troubled: None
) -> None:
    hub.waits_for_message(alice.send_text(olivia, "hello").id)
    simulator.holds_retries()
    simulator.delivers_undecryptable(olivia, from_=alice)
    sent = alice.send_text(olivia, "damaged")
    event = hub.waits_for(events.UndecryptableMessageEv)
    assert (event.Info.ID, event.IsUnavailable) == (sent.id, False)
    wait_until(lambda: simulator.call(lambda: simulator.world.faults.held_retries), 5, "the held requests")
    hub.waits_for_message(alice.send_text(olivia, "meanwhile").id)
    assert not [event for event in hub.of(events.MessageEv) if sent.id == event.Info.ID]
    simulator.lets_retries_through()
    assert hub.waits_for_message(sent.id).Message.conversation == "damaged"
