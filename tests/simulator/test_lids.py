"""People whose number the hub is not told, until they show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator.library import build_jid, events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


@pytest.fixture
def stranger(bob: Person) -> Person:
    """Somebody who hides the number."""
    bob.hides_number()
    return bob


def test_who_hides_the_number_is_seen_by_lid_alone(hub: HubDouble, olivia: Phone, stranger: Person) -> None:
    source = hub.waits_for_message(stranger.send_text(olivia, "who am I?").id).Info.MessageSource
    assert (source.Sender.Server, source.Sender.User) == ("lid", stranger.lid.user)
    assert (source.Chat.Server, source.Chat.User) == ("lid", stranger.lid.user)
    assert (source.SenderAlt.User, source.SenderAlt.Server) == ("", "")
    assert hub.api.get_pn_from_lid(build_jid(stranger.lid.user, "lid")).User == ""


def test_the_number_is_told_once_it_is_shown(hub: HubDouble, olivia: Phone, stranger: Person) -> None:
    hub.waits_for_message(stranger.send_text(olivia, "who am I?").id)
    stranger.shows_number()
    source = hub.waits_for_message(stranger.send_text(olivia, "it's me").id).Info.MessageSource
    assert (source.Sender.User, source.SenderAlt.User) == (stranger.lid.user, "15550102")
    assert source.SenderAlt.Server == "s.whatsapp.net"
    assert hub.api.get_pn_from_lid(build_jid(stranger.lid.user, "lid")).User == "15550102"


def test_who_hides_the_number_can_be_answered(hub: HubDouble, olivia: Phone, stranger: Person) -> None:
    hub.waits_for_message(stranger.send_text(olivia, "hello").id)
    answer = hub.api.send_message(build_jid(stranger.lid.user, "lid"), "hello, whoever")
    message = stranger.waits_for("hello, whoever")
    stranger.reads(message)
    receipt = hub.waits_for(events.ReceiptEv, lambda event: event.Type == type(event).READ)
    assert list(receipt.MessageIDs) == [answer.ID]
    assert receipt.MessageSource.Sender.Server == "lid"
    assert not receipt.MessageSource.SenderAlt.User


def test_the_phones_answer_to_a_hidden_number_has_no_number(
    hub: HubDouble, olivia: Phone, stranger: Person
) -> None:
    hub.waits_for_message(stranger.send_text(olivia, "hello").id)
    source = hub.waits_for_message(olivia.send_text(stranger.lid, "hi").id).Info.MessageSource
    assert (source.IsFromMe, source.Chat.User) == (True, stranger.lid.user)
    assert not source.RecipientAlt.User


def test_a_group_shows_a_hidden_number_in_part(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    stranger = simulator.person("Carol", "15550103", hidden=True)
    simulator.addresses_groups_by("lid")
    group = alice.creates_group("Community", [olivia, stranger])
    joined = hub.waits_for(events.JoinedGroupEv).GroupInfo
    (member,) = (person for person in joined.Participants if person.JID.User == stranger.lid.user)
    assert (member.PhoneNumber.User, member.DisplayName) == ("", "+1∙∙∙∙∙03")
    source = hub.waits_for_message(stranger.send_text(group, "hello all").id).Info.MessageSource
    assert (source.Sender.User, source.SenderAlt.User) == (stranger.lid.user, "")
