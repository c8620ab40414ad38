"""Groups: who is in them, who may change them, and telling everybody what changed.

Facts from whatsmeow's ``group.go``. The server tells every device of every member, the one that acted too:
whatsmeow changes its list of members only when it is told.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device, Picture, new_id
from whatsapp.simulator.binary import Attribute, Attributes, Node
from whatsapp.simulator.jid import GROUP, Jid

if TYPE_CHECKING:
    from whatsapp.simulator.world import World

MEMBER, ADMIN, CREATOR = "", "admin", "superadmin"


@dataclass(eq=False, slots=True)
class Group:
    """One group. ``members`` maps numbers to roles; ``addressing``: do members see numbers or LIDs?

    ``approval``: admins decide about who comes by invitation; ``requests`` maps numbers to since when they
    wait. ``parent`` is the community it belongs to; ``version`` changes with the members.
    """

    jid: Jid
    subject: str
    creator: Account
    addressing: str = "pn"
    members: dict[str, str] = field(default_factory=dict)
    created: int = field(default_factory=lambda: int(time.time()))
    subject_set: int = field(default_factory=lambda: int(time.time()))
    subject_author: Account | None = None
    description: str = ""
    description_id: str = ""
    description_set: int = 0
    description_author: Account | None = None
    locked: bool = False
    announcement: bool = False
    ephemeral: int = 0
    approval: bool = False
    requests: dict[str, int] = field(default_factory=dict)
    community: bool = False
    parent: Jid | None = None
    version: int = field(default_factory=lambda: time.time_ns() // 1000)
    revoked_codes: set[str] = field(default_factory=set)
    invite_code: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    picture: Picture | None = None

    def is_admin(self, account: Account) -> bool:
        """Whether the account may change members and, when the group is locked, its name."""
        return self.members.get(account.number, MEMBER) in (ADMIN, CREATOR)

    def address(self, account: Account) -> Jid:
        """How members see the account here."""
        return account.seen_as(self.addressing)

    def both_addresses(self, account: Account, name: str = "jid") -> Attributes:
        """The address attributes of a member: the one that is seen and, beside it, the other."""
        beside = account.told_beside(self.addressing)
        other = "phone_number" if self.addressing == "lid" else "lid"
        return {name: self.address(account), other: beside} | (
            {} if beside else {"display_name": account.redacted_number}
        )


class Groups:
    """Every group, found by address or by invitation."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def find(self, jid: Jid | None) -> Group | None:
        """The group with this address, None if there is none."""
        return self._groups.get(jid.user) if jid and jid.server == GROUP else None

    def by_invitation(self, code: str) -> Group | None:
        """The group that the invitation leads to."""
        return next((group for group in self if group.invite_code == code), None)

    def of(self, account: Account) -> list[Group]:
        """The groups that the account is in."""
        return [group for group in self if account.number in group.members]

    def is_revoked(self, code: str) -> bool:
        """Whether the invitation led to a group once."""
        return any(code in group.revoked_codes for group in self)

    def forget(self, group: Group) -> None:
        """The group is no more."""
        del self._groups[group.jid.user]

    def create(
        self, subject: str, creator: Account, members: Iterable[Account], addressing: str = "pn"
    ) -> Group:
        """A new group; its creator is a member and may do everything."""
        # The same groups have the same addresses the next time: a demo that is run again goes on in them.
        seed = hashlib.sha256(f"{creator.number} {subject} {len(self._groups)}".encode()).digest()
        jid = Jid(f"120363{int.from_bytes(seed) % 10**12:012}", GROUP)
        group = self._groups[jid.user] = Group(jid, subject, creator, addressing, subject_author=creator)
        group.members = {creator.number: CREATOR} | {
            member.number: MEMBER for member in members if member is not creator
        }
        return group


def describe(group: Group, world: World) -> Node:
    """The ``<group>`` node: everything about it."""
    parts: list[Node] = []
    for number, role in group.members.items():
        account = world.directory.find(Jid(number))
        if account:
            parts.append(Node("participant", group.both_addresses(account) | {"type": role or None}))
    if group.description:
        author = group.description_author
        attrs: Attributes = {"id": group.description_id, "t": group.description_set}
        if author:
            attrs |= _author(group, author, "participant")
        parts.append(Node("description", attrs, [Node("body", {}, group.description.encode())]))
    if group.locked:
        parts.append(Node("locked"))
    if group.announcement:
        parts.append(Node("announcement"))
    if group.ephemeral:
        parts.append(Node("ephemeral", {"expiration": group.ephemeral}))
    if group.approval:
        parts.append(approval_node(True))
    if group.community:
        parts.append(Node("parent", {"default_membership_approval_mode": "request_required"}))
    if group.parent:
        parts.append(Node("linked_parent", {"jid": group.parent}))
    parts.append(Node("member_add_mode", {}, b"all_member_add"))
    attrs = {
        "id": group.jid.user,
        "creation": group.created,
        "addressing_mode": group.addressing,
        "size": len(group.members),
        "p_v_id": group.version,
    }
    attrs |= subject_attributes(group) | _author(group, group.creator, "creator")
    return Node("group", attrs, parts)


def subject_attributes(group: Group) -> Attributes:
    """The name, when it was given and by whom."""
    attrs: Attributes = {"subject": group.subject, "s_t": group.subject_set}
    return attrs | (_author(group, group.subject_author, "s_o") if group.subject_author else {})


def _author(group: Group, account: Account, name: str) -> Attributes:
    """Who did something: the address that is seen and, if that is a LID, the number."""
    number = account.told_beside("lid") if group.addressing == "lid" else None
    return {name: group.address(account), f"{name}_pn": number}


def approval_node(on: bool) -> Node:
    """Whether admins decide about who comes by invitation."""
    return Node("membership_approval_mode", {}, [Node("group_join", {"state": "on" if on else "off"})])


def tell(
    world: World, group: Group, actor: Account, change: Node, devices: Iterable[Device] | None = None
) -> None:
    """Tells the members' devices (or the given ones) what somebody changed."""
    attrs: Attributes = {
        "from": group.jid,
        "type": "w:gp2",
        "t": int(time.time()),
        "notify": actor.name,
        "addressing_mode": group.addressing,
        "participant": group.address(actor),
    }
    other = "participant_pn" if group.addressing == "lid" else "participant_lid"
    attrs[other] = actor.told_beside(group.addressing)
    for device in world.devices_of(group.members) if devices is None else devices:
        device.mailbox.put(Node("notification", attrs | {"id": new_id()}, [change]))


def tell_creation(
    world: World, group: Group, actor: Account, newcomers: Iterable[str], reason: str | None
) -> None:
    """Tells newcomers about the group they are in now: ``reason`` is None when it is a new group."""
    attrs = {"type": "new" if reason is None else None, "reason": reason}
    change = Node("create", attrs, [describe(group, world)])
    tell(world, group, actor, change, world.devices_of(newcomers))


def participants_node(tag: str, group: Group, accounts: Iterable[Account], **attrs: Attribute | None) -> Node:
    """A change of members as it is told: ``<add><participant/>…</add>``."""
    people = [Node("participant", group.both_addresses(account)) for account in accounts]
    before, group.version = group.version, group.version + 1
    return Node(tag, {"prev_v_id": before, "v_id": group.version} | attrs, people)
