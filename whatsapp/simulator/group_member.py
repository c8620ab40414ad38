"""What people do with groups, and the group they do it with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from neonize.utils.enum import ParticipantChange

from whatsapp.simulator.communities import delete
from whatsapp.simulator.group_membership import answer_requests
from whatsapp.simulator.group_queries import set_approval
from whatsapp.simulator.jid import PHONE_NUMBER, Jid
from whatsapp.simulator.library import build_jid, neonize_proto
from whatsapp.simulator.profiles import set_picture

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account
    from whatsapp.simulator.groups import Group
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.server import Simulator


@dataclass(frozen=True)
class GroupChat:
    """A group as people name it."""

    jid: Jid
    name: str


#: Whom something is for: a person, a group, an address, or a bare number.
Recipient: TypeAlias = "Person | GroupChat | Jid | str"


class GroupMember:
    """Mixed into Person: creates groups and changes them."""

    simulator: Simulator

    @property
    def account(self) -> Account:
        """What the server knows about this person."""
        raise NotImplementedError

    @property
    def api(self) -> Any:
        """The neonize client."""
        raise NotImplementedError

    @property
    def jid(self) -> Jid:
        """The address by phone number."""
        raise NotImplementedError

    def address_of(self, to: Recipient) -> Jid:
        """The address of a person, a group, an address or a bare number."""
        if isinstance(to, str):
            return Jid.parse(to) if "@" in to else Jid(to, PHONE_NUMBER)
        return to if isinstance(to, Jid) else to.jid

    def creates_group(self, name: str, members: Iterable[Person]) -> GroupChat:
        """A new group of this person and the others."""
        info = self.api.create_group(name, [build_jid(person.number) for person in members])
        return GroupChat(Jid(info.JID.User, info.JID.Server), name)

    def adds(self, group: GroupChat, *people: Person) -> None:
        """Brings people into a group."""
        self._change(group, people, ParticipantChange.ADD)

    def removes(self, group: GroupChat, *people: Person) -> None:
        """Puts people out of a group."""
        self._change(group, people, ParticipantChange.REMOVE)

    def promotes(self, group: GroupChat, *people: Person) -> None:
        """Makes people admins."""
        self._change(group, people, ParticipantChange.PROMOTE)

    def demotes(self, group: GroupChat, *people: Person) -> None:
        """Makes admins plain members."""
        self._change(group, people, ParticipantChange.DEMOTE)

    def leaves(self, group: GroupChat) -> None:
        """Goes."""
        self.api.leave_group(_proto(group.jid))

    def renames(self, group: GroupChat, name: str) -> GroupChat:
        """Gives a group another name."""
        self.api.set_group_name(_proto(group.jid), name)
        return GroupChat(group.jid, name)

    def describes(self, group: GroupChat, description: str) -> None:
        """Gives a group another description."""
        self.api.set_group_topic(_proto(group.jid), "", "", description)

    def locks(self, group: GroupChat, locked: bool = True) -> None:
        """Lets only admins change the group's name and picture."""
        self.api.set_group_locked(_proto(group.jid), locked)

    def announces(self, group: GroupChat, only_admins: bool = True) -> None:
        """Lets only admins write."""
        self.api.set_group_announce(_proto(group.jid), only_admins)

    def undescribes(self, group: GroupChat) -> None:
        """Removes a group's description."""
        self.describes(group, "")

    def sets_timer(self, chat: GroupChat | Person, seconds: int) -> None:
        """Lets messages disappear after so many seconds (24 hours, 7 or 90 days); 0: they stay."""
        # A timedelta would end it: neonize makes milliseconds of it, whatsmeow takes them for nanoseconds.
        self.api.set_disappearing_timer(_proto(chat.jid), seconds * 1_000_000_000)

    def pictures_group(self, group: GroupChat, data: bytes) -> str:
        """Gives a group a picture (JPEG); returns its id."""
        return str(self.api.set_group_photo(_proto(group.jid), data))

    def removes_group_picture(self, group: GroupChat) -> None:
        """Takes a group's picture away."""
        world, known = self.simulator.world, self._group(group)
        self.simulator.call(set_picture, world, known, self.account.devices[0], None)

    # How people come in

    def invites(self, group: GroupChat) -> str:
        """The link that lets people in."""
        return str(self.api.get_group_invite_link(_proto(group.jid)))

    def renews_invite(self, group: GroupChat) -> str:
        """A new link; the old one leads nowhere any more."""
        return str(self.api.get_group_invite_link(_proto(group.jid), True))

    def joins_by_link(self, link: str) -> GroupChat:
        """Follows a link; where admins decide, one waits for them."""
        name = self.api.get_group_info_from_link(link).GroupName.Name
        jid = self.api.join_group_with_link(link)
        return GroupChat(Jid(jid.User, jid.Server), name)

    def requires_approval(self, group: GroupChat, on: bool = True) -> None:
        """Lets admins decide about who comes by link. neonize has no call for it."""
        world, known = self.simulator.world, self._group(group)
        self.simulator.call(set_approval, world, known, self.account, on)

    def approves(self, group: GroupChat, *people: Person, let: bool = True) -> None:
        """Lets in people who wait, or sends them away. neonize has no call for it."""
        world, known = self.simulator.world, self._group(group)
        accounts = [person.account for person in people]
        self.simulator.call(answer_requests, world, known, self.account, accounts, let)

    # Communities, and the end

    def creates_community(self, name: str) -> GroupChat:
        """A new group to which other groups can belong."""
        parent = neonize_proto.GroupParent(IsParent=True, DefaultMembershipApprovalMode="request_required")
        info = self.api.create_group(name, [], group_parent=parent)
        return GroupChat(Jid(info.JID.User, info.JID.Server), name)

    def links(self, community: GroupChat, group: GroupChat) -> None:
        """Makes a group part of a community."""
        self.api.link_group(_proto(community.jid), _proto(group.jid))

    def unlinks(self, community: GroupChat, group: GroupChat) -> None:
        """Takes a group out of a community."""
        self.api.unlink_group(_proto(community.jid), _proto(group.jid))

    def deletes_group(self, group: GroupChat, reason: str = "admin_deleted") -> None:
        """Ends a group for everybody. neonize has no call for it."""
        world, known = self.simulator.world, self._group(group)
        self.simulator.call(delete, world, known, self.account, reason)

    def _group(self, group: GroupChat) -> Group:
        known = self.simulator.call(self.simulator.world.groups.find, group.jid)
        if known is None:
            raise LookupError(f"there is no group {group.jid}")
        return known

    def _change(self, group: GroupChat, people: Iterable[Person], change: ParticipantChange) -> None:
        self.api.update_group_participants(
            _proto(group.jid), [build_jid(person.number) for person in people], change
        )


def _proto(jid: Jid) -> Any:
    return build_jid(jid.user, jid.server)
