"""What people do with groups, and the group they do it with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from neonize.utils.enum import ParticipantChange

from whatsapp.simulator.jid import PHONE_NUMBER, Jid
from whatsapp.simulator.library import build_jid

if TYPE_CHECKING:
    from whatsapp.simulator.person import Person


@dataclass(frozen=True)
class GroupChat:
    """A group as people name it."""

    jid: Jid
    name: str


#: Whom something is for: a person, a group, an address, or a bare number.
Recipient: TypeAlias = "Person | GroupChat | Jid | str"


class GroupMember:
    """Mixed into Person: creates groups and changes them."""

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

    def _change(self, group: GroupChat, people: Iterable[Person], change: ParticipantChange) -> None:
        self.api.update_group_participants(
            _proto(group.jid), [build_jid(person.number) for person in people], change
        )


def _proto(jid: Jid) -> Any:
    return build_jid(jid.user, jid.server)
