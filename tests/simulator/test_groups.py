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


# What the hub is told, by whom it was done


class Heard:
    """Waits for the change of a group that has this field, and forgets what came before."""

    def __init__(self, hub: HubDouble) -> None:
        self._hub = hub

    def __call__(self, field: str) -> Any:
        event = self._hub.waits_for(events.GroupInfoEv, lambda event: _has(event, field))
        self._hub.forget()
        return event


def _has(event: Any, field: str) -> bool:
    return field in {found.name for found, _value in event.ListFields()}


@pytest.fixture
def change(hub: HubDouble) -> Heard:
    """Waits for changes."""
    return Heard(hub)


def test_a_setting_is_switched_on_and_off(change: Heard, friends: GroupChat, alice: Person) -> None:
    alice.announces(friends)
    assert change("Announce").Announce.IsAnnounce
    alice.announces(friends, False)
    assert not change("Announce").Announce.IsAnnounce
    alice.locks(friends)
    assert change("Locked").Locked.isLocked
    alice.locks(friends, False)
    assert not change("Locked").Locked.isLocked
    alice.sets_timer(friends, 7 * 86_400)
    event = change("Ephemeral")
    assert (event.Ephemeral.IsEphemeral, event.Ephemeral.DisappearingTimer) == (True, 604_800)
    assert (event.Sender.User, event.Notify) == ("15550101", "Alice")
    alice.sets_timer(friends, 0)
    assert not change("Ephemeral").Ephemeral.IsEphemeral


def test_a_description_is_removed(change: Heard, friends: GroupChat, alice: Person) -> None:
    alice.describes(friends, "all about us")
    topic = change("Topic").Topic
    assert (topic.Topic, topic.TopicSetBy.User, topic.TopicDeleted) == ("all about us", "15550101", False)
    alice.undescribes(friends)
    topic = change("Topic").Topic
    assert (topic.Topic, topic.TopicDeleted) == ("", True)


def test_a_new_invitation_replaces_the_old_one(
    change: Heard, friends: GroupChat, alice: Person, simulator: Simulator
) -> None:
    old = alice.invites(friends)
    new = alice.renews_invite(friends)
    assert change("NewInviteLink").NewInviteLink == new != old
    carol = simulator.person("Carol", "15550103")
    with pytest.raises(Exception, match="revoked"):
        carol.joins_by_link(old)
    assert carol.joins_by_link(new).name == "Friends"
    event = change("Join")
    assert ([jid.User for jid in event.Join], event.JoinReason, event.Sender.User) == (
        ["15550103"],
        "invite",
        "15550103",
    )


def test_admins_decide_who_comes_by_link(
    change: Heard, hub: HubDouble, olivia: Phone, friends: GroupChat, alice: Person, simulator: Simulator
) -> None:
    carol = simulator.person("Carol", "15550103")
    alice.promotes(friends, olivia)
    alice.requires_approval(friends)
    # whatsmeow knows this change, neonize leaves it out: an event of a group in which nothing changed.
    hub.waits_for(events.GroupInfoEv, lambda event: not event.Promote and not event.UnknownChanges)
    carol.joins_by_link(alice.invites(friends))
    (node,) = change("UnknownChanges").UnknownChanges
    assert node.Tag == "created_membership_requests"
    (request,) = hub.api.get_group_request_participants(proto(friends))
    assert request.Participant.User == "15550103"
    alice.approves(friends, carol)
    assert [jid.User for jid in change("Join").Join] == ["15550103"]
    assert not hub.api.get_group_request_participants(proto(friends))


def test_members_come_rise_fall_and_go(change: Heard, friends: GroupChat, alice: Person, bob: Person) -> None:
    alice.promotes(friends, bob)
    event = change("Promote")
    assert event.ParticipantVersionID != event.PrevParticipantsVersionID
    alice.demotes(friends, bob)
    change("Demote")
    bob.leaves(friends)
    event = change("Leave")
    assert ([jid.User for jid in event.Leave], event.Sender.User) == (["15550102"], "15550102")
    alice.adds(friends, bob)
    change("Join")
    alice.removes(friends, bob)
    event = change("Leave")
    assert ([jid.User for jid in event.Leave], event.Sender.User) == (["15550102"], "15550101")


def test_a_groups_picture_changes_and_goes(hub: HubDouble, friends: GroupChat, alice: Person) -> None:
    alice.pictures_group(friends, b"jpeg" * 9)
    event = hub.waits_for(events.PictureEv)
    assert (event.JID.User, event.Author.User, event.Remove) == (friends.jid.user, "15550101", False)
    hub.forget()
    alice.removes_group_picture(friends)
    assert hub.waits_for(events.PictureEv).Remove


def test_a_deleted_group_is_no_more(change: Heard, hub: HubDouble, friends: GroupChat, alice: Person) -> None:
    alice.deletes_group(friends)
    event = change("Delete")
    assert (event.Delete.Deleted, event.Delete.DeletedReason) == (True, "admin_deleted")
    assert list(hub.api.get_joined_groups()) == []


def test_groups_join_and_leave_a_community(
    change: Heard, hub: HubDouble, friends: GroupChat, alice: Person
) -> None:
    community = alice.creates_community("Neighbours")
    alice.links(community, friends)
    link = change("Link").Link
    assert (link.Type, link.Group.JID.User, link.Group.GroupName.Name) == (
        type(link).PARENT,
        community.jid.user,
        "Neighbours",
    )
    info = hub.api.get_group_info(proto(friends))
    assert info.GroupLinkedParent.LinkedParentJID.User == community.jid.user
    alice.unlinks(community, friends)
    unlink = change("Unlink").Unlink
    assert (unlink.Type, unlink.UnlinkReason) == (type(unlink).PARENT, "unlink_group")
    parent = alice.api.get_group_info(proto(community))
    assert parent.GroupParent.IsParent


def test_in_a_group_by_lid_whoever_did_it_has_a_lid(
    simulator: Simulator, change: Heard, olivia: Phone, alice: Person, bob: Person
) -> None:
    simulator.addresses_groups_by("lid")
    group = alice.creates_group("Hidden numbers", [olivia, bob])
    alice.renames(group, "Still hidden")
    event = change("Name")
    assert (event.Sender.Server, event.Sender.User) == ("lid", alice.lid.user)
    assert event.Name.NameSetBy.User == alice.lid.user
    alice.promotes(group, bob)
    assert [(jid.Server, jid.User) for jid in change("Promote").Promote] == [("lid", bob.lid.user)]


@pytest.mark.parametrize("addressing", ["pn", "lid"])
def test_everything_about_a_group_can_be_asked(
    simulator: Simulator, hub: HubDouble, olivia: Phone, alice: Person, bob: Person, addressing: str
) -> None:
    simulator.addresses_groups_by(addressing)
    group = alice.creates_group("Friends", [olivia, bob])
    alice.renames(group, "Best friends")
    alice.describes(group, "all about us")
    alice.announces(group)
    alice.locks(group)
    alice.sets_timer(group, 86_400)
    alice.requires_approval(group)
    alice.promotes(group, bob)
    asked = hub.api.get_group_info(proto(group))
    (listed,) = hub.api.get_joined_groups()
    author = alice.lid.user if addressing == "lid" else "15550101"
    for info in (asked, listed):
        assert (info.GroupName.Name, info.GroupName.NameSetBy.User) == ("Best friends", author)
        assert info.GroupName.NameSetAt > 1_700_000_000
        assert (info.GroupTopic.Topic, info.GroupTopic.TopicSetBy.User) == ("all about us", author)
        assert info.GroupAnnounce.IsAnnounce
        assert info.GroupLocked.isLocked
        assert info.GroupEphemeral.DisappearingTimer == 86_400
        assert info.OwnerJID.User == author
        assert info.OwnerPN.User == ("15550101" if addressing == "lid" else "")
        assert info.GroupCreated > 1_700_000_000
        members = {
            person.PhoneNumber.User: (person.LID.User, person.IsAdmin, person.IsSuperAdmin)
            for person in info.Participants
        }
        assert members == {
            "15550100": (olivia.lid.user, False, False),
            "15550101": (alice.lid.user, True, True),
            "15550102": (bob.lid.user, True, False),
        }
