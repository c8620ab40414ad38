"""Calls: what the hub is told of those that come in and those that the phone makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone


def source(event: Any) -> str:
    """Whose signal it is: the field is named with a word of Python's."""
    return str(getattr(event.basicCallMeta, "from").User)


def test_a_call_rings_until_it_ends(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = alice.calls(olivia, video=True)
    offer = hub.waits_for(events.CallOfferEv)
    assert (offer.basicCallMeta.callID, offer.basicCallMeta.callCreator.User) == (call.id, "15550101")
    assert [node.Tag for node in offer.data.Nodes] == ["audio", "video"]
    call.ends()
    end = hub.waits_for(events.CallTerminateEv)
    assert (end.basicCallMeta.callID, end.reason) == (call.id, "")


def test_an_answer_at_the_phone_ends_the_ringing_at_the_hub(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    call = alice.calls(olivia)
    call.is_accepted()
    accepted = hub.waits_for(events.CallAcceptEv)
    assert (accepted.basicCallMeta.callCreator.User, source(accepted)) == ("15550101", "15550100")
    assert hub.waits_for(events.CallTerminateEv).reason == "accepted_elsewhere"
    alice.waits_for_event(events.CallAcceptEv)
    call.ends()
    olivia.waits_for_event(events.CallTerminateEv)
    hub.waits_for_message(alice.send_text(olivia, "nice talk").id)
    assert len(hub.of(events.CallTerminateEv)) == 1


def test_a_refusal_at_the_phone_ends_the_ringing_at_the_hub(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    call = alice.calls(olivia)
    call.is_rejected()
    assert hub.waits_for(events.CallTerminateEv).reason == "rejected_elsewhere"
    assert call.rejected_by == "15550100@s.whatsapp.net"
    # The refusal itself is an event of whatsmeow that neonize doesn't pass on.
    assert not hub.of(events.UnknownCallEventEV)


def test_nobody_answers(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = alice.calls(olivia, video=True)
    call.times_out()
    end = hub.waits_for(events.CallTerminateEv)
    assert (end.basicCallMeta.callID, end.reason, source(end)) == (
        call.id,
        "timeout",
        "15550101",
    )


def test_a_hidden_number_calls(hub: HubDouble, olivia: Phone, bob: Person) -> None:
    bob.hides_number()
    bob.calls(olivia)
    meta = hub.waits_for(events.CallOfferEv).basicCallMeta
    assert (meta.callCreator.User, meta.callCreatorAlt.User) == (bob.lid.user, "")
    hub.forget()
    bob.shows_number()
    bob.calls(olivia)
    meta = hub.waits_for(events.CallOfferEv).basicCallMeta
    assert (meta.callCreator.User, meta.callCreatorAlt.User) == (bob.lid.user, "15550102")


def test_the_hub_hears_how_the_phones_own_call_goes(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = olivia.calls(alice)
    alice.waits_for_event(events.CallOfferEv)
    call.is_ringing()
    call.finds_a_way()
    call.is_accepted()
    call.ends(by=alice)
    for kind in (
        events.CallPreAcceptEv,
        events.CallTransportEv,
        events.CallRelayLatencyEV,
        events.CallAcceptEv,
        events.CallTerminateEv,
    ):
        event = hub.waits_for(kind)
        assert (event.basicCallMeta.callID, source(event)) == (call.id, "15550101")
        assert event.basicCallMeta.callCreator.User == "15550100"
    assert not hub.of(events.CallOfferEv)


def test_an_unknown_signal_is_passed_on_as_it_is(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    call = alice.calls(olivia)
    call.signals("video", by=alice, state="1")
    node = hub.waits_for(events.UnknownCallEventEV).node
    assert (node.Tag, node.Nodes[0].Tag) == ("call", "video")


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
