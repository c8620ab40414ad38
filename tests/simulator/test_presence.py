"""What passes: who is online, who types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import build_jid, events, neonize_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


def test_the_hub_sees_who_comes_and_goes(hub: HubDouble, alice: Person) -> None:
    hub.api.subscribe_presence(build_jid("15550101"))
    alice.goes_online()
    hub.waits_for(events.PresenceEv, lambda event: not event.Unavailable)
    alice.goes_offline()
    gone = hub.waits_for(events.PresenceEv, lambda event: event.Unavailable and event.LastSeen > 0)
    assert gone.From.User == "15550101"


def test_nobody_is_seen_unasked(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    alice.goes_online()
    hub.waits_for_message(alice.send_text(olivia, "I am here").id)
    assert not hub.of(events.PresenceEv)


def test_who_denies_it_is_away_since_nobody_knows_when(hub: HubDouble, alice: Person) -> None:
    alice.denies_last_seen()
    hub.api.subscribe_presence(build_jid("15550101"))
    alice.goes_online()
    hub.waits_for(events.PresenceEv, lambda event: not event.Unavailable)
    hub.forget()
    alice.goes_offline()
    # Go's zero time.
    assert hub.waits_for(events.PresenceEv, lambda event: event.Unavailable).LastSeen == -62_135_596_800


def test_a_new_connection_must_ask_anew(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person, troubled: None
) -> None:
    hub.api.subscribe_presence(build_jid("15550101"))
    hub.waits_for(events.PresenceEv)
    simulator.cuts_connection()
    hub.waits_for(events.DisconnectedEv)
    hub.waits_for_message(alice.send_text(olivia, "back?").id)
    hub.forget()
    alice.goes_online()
    hub.waits_for_message(alice.send_text(olivia, "I am here").id)
    assert not hub.of(events.PresenceEv)
    hub.api.subscribe_presence(build_jid("15550101"))
    assert not hub.waits_for(events.PresenceEv).Unavailable


def test_the_hub_sees_typing_and_recording(
    hub: HubDouble, friends: GroupChat, olivia: Phone, alice: Person
) -> None:
    states = neonize_proto.ChatPresence

    def state(wanted: int, media: int, group: bool) -> bool:
        return bool(
            hub.waits_for(
                events.ChatPresenceEv,
                lambda event: (
                    (event.State, event.Media, event.MessageSource.IsGroup) == (wanted, media, group)
                ),
            )
        )

    alice.types(olivia)
    assert state(states.COMPOSING, states.TEXT, False)
    alice.records(friends)
    assert state(states.COMPOSING, states.AUDIO, True)
    alice.pauses(olivia)
    assert state(states.PAUSED, states.TEXT, False)
    alice.types(friends)
    assert state(states.COMPOSING, states.TEXT, True)
    alice.records(olivia)
    assert state(states.COMPOSING, states.AUDIO, False)
    alice.pauses(friends)
    assert state(states.PAUSED, states.TEXT, True)


def test_a_contact_sees_the_hub_typing(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    from neonize.utils.enum import ChatPresence, ChatPresenceMedia

    hub.api.send_chat_presence(
        build_jid("15550101"),
        ChatPresence.CHAT_PRESENCE_COMPOSING,
        ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
    )
    assert alice.waits_for_event(events.ChatPresenceEv).MessageSource.Sender.User == "15550100"


def test_the_hub_shows_as_online(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    from neonize.utils.enum import Presence

    wait_until(lambda: hub.api.get_me().PushName, 5, "the hub's name")
    alice.api.subscribe_presence(build_jid("15550100"))
    hub.api.send_presence(Presence.AVAILABLE)
    alice.waits_for_event(events.PresenceEv, lambda event: not event.Unavailable)
    sent = alice.send_text(olivia, "you are online")
    hub.waits_for_message(sent.id)
    wait_until(
        lambda: sum(receipt.kind == "delivered" for receipt in alice.receipts) == 2, 5, "two active receipts"
    )
