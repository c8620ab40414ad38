"""What passes: who is online, who types, who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import build_jid, events, neonize_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone


def test_the_hub_sees_who_comes_and_goes(hub: HubDouble, alice: Person) -> None:
    hub.api.subscribe_presence(build_jid("15550101"))
    alice.goes_online()
    hub.waits_for(events.PresenceEv, lambda event: not event.Unavailable)
    alice.goes_offline()
    gone = hub.waits_for(events.PresenceEv, lambda event: event.Unavailable and event.LastSeen > 0)
    assert gone.From.User == "15550101"


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


def test_a_call_rings_until_it_ends(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = alice.calls(olivia, video=True)
    offer = hub.waits_for(events.CallOfferEv)
    assert (offer.basicCallMeta.callID, offer.basicCallMeta.callCreator.User) == (call.id, "15550101")
    assert [node.Tag for node in offer.data.Nodes] == ["audio", "video"]
    call.is_accepted()
    hub.waits_for(events.CallAcceptEv)
    call.ends()
    assert hub.waits_for(events.CallTerminateEv).basicCallMeta.callID == call.id


def test_the_hub_refuses_a_call(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = alice.calls(olivia)
    offer = hub.waits_for(events.CallOfferEv)
    assert [node.Tag for node in offer.data.Nodes] == ["audio"]
    hub.api.reject_call(offer.basicCallMeta.callCreator, call.id)
    assert wait_until(lambda: call.rejected_by, 5, "the refusal") == "15550100:1@s.whatsapp.net"


def test_a_group_call_is_announced(hub: HubDouble, friends: GroupChat, alice: Person) -> None:
    call = alice.calls(friends, video=True)
    notice = hub.waits_for(events.CallOfferNoticeEv)
    assert (notice.basicCallMeta.callID, notice.media, notice.type) == (call.id, "video", "group")
