"""Groups: what members do and what the hub is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from whatsapp.simulator.library import build_jid, events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


def proto(group: GroupChat) -> Any:
    return build_jid(group.jid.user, group.jid.server)


def test_the_hub_is_told_that_it_is_in_a_new_group(hub: HubDouble, friends: GroupChat) -> None:
    event = hub.waits_for(events.JoinedGroupEv)
    assert (event.GroupInfo.JID.User, event.GroupInfo.GroupName.Name) == (friends.jid.user, "Friends")
    assert {person.JID.User for person in event.GroupInfo.Participants} == {
        "15550100",
        "15550101",
        "15550102",
    }


def test_text_in_a_group_reaches_everybody(
    hub: HubDouble, friends: GroupChat, olivia: Phone, alice: Person, bob: Person
) -> None:
    sent = alice.send_text(friends, "hello all")
    source = hub.waits_for_message(sent.id).Info.MessageSource
    assert source.IsGroup
    assert (source.Chat.User, source.Sender.User) == (friends.jid.user, "15550101")
    assert source.SenderAlt.User == alice.lid.user
    assert bob.waits_for("hello all").chat == olivia.waits_for("hello all").chat == friends.jid


def test_the_hubs_text_in_a_group_reaches_everybody(
    hub: HubDouble, friends: GroupChat, olivia: Phone, alice: Person, bob: Person
) -> None:
    answer = hub.send_text(friends, "hello from the hub")
    for person in (olivia, alice, bob):
        assert person.waits_for("hello from the hub").sender == olivia.jid
    hub.waits_for(
        events.ReceiptEv,
        lambda event: answer.ID in event.MessageIDs and event.MessageSource.Sender.User == "15550102",
    )


def test_every_change_is_told(hub: HubDouble, friends: GroupChat, alice: Person, bob: Person) -> None:
    def change(wanted: Any) -> Any:
        return hub.waits_for(events.GroupInfoEv, wanted)

    assert alice.renames(friends, "Best friends").name == "Best friends"
    assert change(lambda event: event.HasField("Name")).Name.Name == "Best friends"
    alice.describes(friends, "all about us")
    assert change(lambda event: event.HasField("Topic")).Topic.Topic == "all about us"
    alice.promotes(friends, bob)
    assert [jid.User for jid in change(lambda event: event.Promote).Promote] == ["15550102"]
    alice.demotes(friends, bob)
    assert [jid.User for jid in change(lambda event: event.Demote).Demote] == ["15550102"]
    alice.locks(friends)
    assert change(lambda event: event.HasField("Locked")).Locked.isLocked
    alice.announces(friends)
    assert change(lambda event: event.HasField("Announce")).Announce.IsAnnounce
    alice.removes(friends, bob)
    assert [jid.User for jid in change(lambda event: event.Leave).Leave] == ["15550102"]
    alice.adds(friends, bob)
    assert [jid.User for jid in change(lambda event: event.Join).Join] == ["15550102"]
    alice.send_text(friends, "and again")
    bob.waits_for("and again")


def test_who_is_not_in_a_group_hears_nothing(
    simulator: Simulator, hub: HubDouble, friends: GroupChat, alice: Person, bob: Person
) -> None:
    bob.leaves(friends)
    hub.waits_for(events.GroupInfoEv, lambda event: event.Leave)
    alice.waits_for_event(events.GroupInfoEv, lambda event: event.Leave)
    hub.waits_for_message(alice.send_text(friends, "without Bob").id)
    alice.send_text(bob, "only for Bob")
    bob.waits_for("only for Bob")
    assert all(message.text != "without Bob" for message in bob.received)
    with pytest.raises(Exception, match=r"not participating in that group|doesn't exist|403"):
        bob.api.get_group_info(proto(friends))


def test_the_hub_manages_a_group_of_its_own(
    hub: HubDouble, olivia: Phone, alice: Person, bob: Person
) -> None:
    from neonize.utils.enum import ParticipantChange

    info = hub.api.create_group("From the hub", [build_jid("15550101")])
    assert [person.JID.User for person in info.Participants] == ["15550100", "15550101"]
    alice.waits_for_event(events.JoinedGroupEv)
    hub.api.update_group_participants(info.JID, [build_jid("15550102")], ParticipantChange.ADD)
    bob.waits_for_event(events.JoinedGroupEv)
    hub.api.set_group_name(info.JID, "Renamed")
    hub.api.set_group_topic(info.JID, "", "", "described")
    known = hub.api.get_group_info(info.JID)
    assert (known.GroupName.Name, known.GroupTopic.Topic, len(known.Participants)) == (
        "Renamed",
        "described",
        3,
    )
    link = hub.api.get_group_invite_link(info.JID)
    assert link.startswith("https://chat.whatsapp.com/")
    assert [group.GroupName.Name for group in hub.api.get_joined_groups()] == ["Renamed"]
    hub.api.leave_group(info.JID)
    assert list(hub.api.get_joined_groups()) == []


def test_an_invitation_lets_somebody_in(hub: HubDouble, olivia: Phone, alice: Person, bob: Person) -> None:
    group = alice.creates_group("Open house", [olivia])
    link = alice.api.get_group_invite_link(proto(group))
    assert bob.api.get_group_info_from_link(link).GroupName.Name == "Open house"
    assert bob.api.join_group_with_link(link).User == group.jid.user
    joined = hub.waits_for(events.GroupInfoEv, lambda event: event.Join)
    assert [jid.User for jid in joined.Join] == ["15550102"]


def test_only_admins_remove_people(hub: HubDouble, friends: GroupChat, alice: Person, bob: Person) -> None:
    with pytest.raises(Exception, match="403"):
        bob.removes(friends, alice)


def test_groups_can_address_members_by_lid(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    simulator.addresses_groups_by("lid")
    group = alice.creates_group("Hidden numbers", [olivia])
    source = hub.waits_for_message(alice.send_text(group, "hello").id).Info.MessageSource
    assert (source.Sender.Server, source.Sender.User) == ("lid", alice.lid.user)
    assert source.SenderAlt.User == "15550101"
    hub.send_text(group, "hello back")
    assert alice.waits_for("hello back").sender == olivia.lid


def test_reactions_and_deletions_in_groups_name_the_author(
    hub: HubDouble, friends: GroupChat, olivia: Phone, alice: Person, bob: Person
) -> None:
    sent = alice.send_text(friends, "good news")
    bob.react(bob.waits_for("good news"), "🎉")
    key = hub.waits_for_message("🎉").Message.reactionMessage.key
    assert (key.ID, key.participant, key.remoteJID) == (sent.id, "15550101@s.whatsapp.net", str(friends.jid))
    said = bob.send_text(friends, "oops")
    alice.delete(alice.waits_for("oops"))
    revoke = hub.waits_for_message(
        lambda event: said.id == event.Message.protocolMessage.key.ID
    ).Message.protocolMessage
    assert (revoke.key.participant, revoke.key.fromMe) == ("15550102@s.whatsapp.net", False)
