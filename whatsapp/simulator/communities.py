"""Communities: groups that belong to another group (``w:g2``), and the end of a group.

Facts from whatsmeow's ``LinkGroup``, ``UnlinkGroup`` and ``parseGroupChange``: the members of both groups are
told, each of the other group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whatsapp.simulator.binary import Node
from whatsapp.simulator.group_queries import action, asked_group
from whatsapp.simulator.groups import Group, subject_attributes, tell
from whatsapp.simulator.router import Refused, Result

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.world import World


def _other_end(group: Group) -> Node:
    return Node("group", {"jid": group.jid} | subject_attributes(group))


def _child(client: Connection, node: Node | None) -> Group:
    child = client.world.groups.find(node.jid("jid")) if node else None
    if child is None:
        raise Refused(404, "item-not-found")
    return child


@action("links")
def link(client: Connection, iq: Node, node: Node) -> Result:
    """A group becomes part of a community."""
    community = asked_group(client, iq, admin=True)
    child = _child(client, node.child("link", "group"))
    actor, world = client.owner.account, client.world
    child.parent = community.jid
    tell(world, community, actor, Node("link", {"link_type": "sub_group"}, [_other_end(child)]))
    tell(world, child, actor, Node("link", {"link_type": "parent_group"}, [_other_end(community)]))
    return Node("links", {}, [Node("link", {"link_type": "sub_group"}, [Node("group", {"jid": child.jid})])])


@action("unlink")
def unlink(client: Connection, iq: Node, node: Node) -> Result:
    """A group is not part of a community any more."""
    community = asked_group(client, iq, admin=True)
    child = _child(client, node.child("group"))
    actor, world = client.owner.account, client.world
    child.parent = None
    for group, kind, other in ((community, "sub_group", child), (child, "parent_group", community)):
        attrs = {"unlink_type": kind, "unlink_reason": "unlink_group"}
        tell(world, group, actor, Node("unlink", attrs, [_other_end(other)]))
    return Node("unlink", {"unlink_type": "sub_group"}, [Node("group", {"jid": child.jid})])


@action("sub_groups")
def sub_groups(client: Connection, iq: Node, node: Node) -> Result:
    """The groups of a community."""
    community = asked_group(client, iq)
    groups = [
        Node("group", {"id": group.jid.user} | subject_attributes(group))
        for group in client.world.groups
        if group.parent == community.jid
    ]
    return Node("sub_groups", {}, groups)


@action("linked_groups_participants")
def linked_groups_participants(client: Connection, iq: Node, node: Node) -> Result:
    """The people in the groups of a community."""
    community = asked_group(client, iq)
    numbers: dict[str, None] = dict.fromkeys(community.members)
    for group in client.world.groups:
        if group.parent == community.jid:
            numbers |= dict.fromkeys(group.members)
    people = client.world.directory.named(numbers)
    members = [Node("participant", community.both_addresses(person)) for person in people]
    return Node("linked_groups_participants", {}, members)


def delete(world: World, group: Group, actor: Account, reason: str) -> None:
    """The group is no more; its members are told."""
    tell(world, group, actor, Node("delete", {"reason": reason}))
    world.groups.forget(group)
