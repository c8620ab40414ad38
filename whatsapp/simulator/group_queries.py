"""What clients ask and change about groups (``w:g2``). Each kind of question is one function.

Who is in a group is in ``group_membership``, which groups belong together in ``communities``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.groups import (
    Group,
    approval_node,
    describe,
    subject_attributes,
    tell,
    tell_creation,
)
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.world import World

Action = Callable[["Connection", Node, Node], Result]
_actions: dict[str, Action] = {}


def action(tag: str) -> Callable[[Action], Action]:
    """Registers the function for a question or change with this tag."""

    def register(function: Action) -> Action:
        _actions[tag] = function
        return function

    return register


@query("w:g2")
def groups(client: Connection, iq: Node) -> Result:
    """Answers by the tag of the first node inside."""
    for child in iq.children:
        if child.tag in _actions:
            return _actions[child.tag](client, iq, child)
    return None


def asked_group(client: Connection, iq: Node, admin: bool = False) -> Group:
    """The group that is asked about, if the asker is in it (and may change it)."""
    group = client.world.groups.find(iq.jid("to"))
    if group is None:
        raise Refused(404, "item-not-found")
    if client.owner.account.number not in group.members:
        raise Refused(403, "forbidden")
    if admin and not group.is_admin(client.owner.account):
        raise Refused(403, "forbidden")
    return group


def people_named(client: Connection, node: Node) -> list[Account]:
    found = (client.world.directory.find(person.jid("jid")) for person in node.all("participant"))
    return [account for account in found if account]


@action("create")
def create(client: Connection, iq: Node, node: Node) -> Result:
    """A new group."""
    world, actor = client.world, client.owner.account
    addressing = world.group_addressing
    group = world.groups.create(node.text("subject"), actor, people_named(client, node), addressing)
    ephemeral = node.child("ephemeral")
    group.ephemeral = int(ephemeral.text("expiration") or 0) if ephemeral else 0
    group.locked = node.child("locked") is not None
    group.announcement = node.child("announcement") is not None
    approval = node.child("membership_approval_mode", "group_join")
    group.approval = approval is not None and approval.text("state") == "on"
    group.community = node.child("parent") is not None
    parent = node.child("linked_parent")
    group.parent = parent.jid("jid") if parent else None
    tell_creation(world, group, actor, group.members, None)
    return describe(group, world)


@action("query")
def information(client: Connection, iq: Node, node: Node) -> Result:
    """Everything about one group."""
    return describe(asked_group(client, iq), client.world)


@action("participating")
def participating(client: Connection, iq: Node, node: Node) -> Result:
    """The groups that the asker is in."""
    mine = client.world.groups.of(client.owner.account)
    return Node("groups", {}, [describe(group, client.world) for group in mine])


@action("subject")
def rename(client: Connection, iq: Node, node: Node) -> Result:
    """A new name."""
    group, actor = asked_group(client, iq), client.owner.account
    if group.locked and not group.is_admin(actor):
        raise Refused(403, "forbidden")
    group.subject, group.subject_set, group.subject_author = node.data.decode(), int(time.time()), actor
    tell(client.world, group, actor, Node("subject", subject_attributes(group)))
    return None


@action("description")
def redescribe(client: Connection, iq: Node, node: Node) -> Result:
    """A new description, or none."""
    group, actor = asked_group(client, iq), client.owner.account
    body = node.child("body")
    group.description = body.data.decode() if body else ""
    group.description_id = node.text("id") or new_id()
    group.description_set, group.description_author = int(time.time()), actor
    content = [Node("body", {}, group.description.encode())] if body else [Node("delete")]
    tell(client.world, group, actor, Node("description", {"id": group.description_id}, content))
    return None


def _switch(name: str, tag: str, on: bool) -> None:
    """Registers a setting that is one empty node: locked and unlocked, announcement and not_announcement."""

    def switch(client: Connection, iq: Node, node: Node) -> Result:
        group = asked_group(client, iq, admin=True)
        setattr(group, name, on)
        tell(client.world, group, client.owner.account, Node(tag, {"v_id": time.time_ns() // 1000}))
        return None

    _actions[tag] = switch


_switch("locked", "locked", True)
_switch("locked", "unlocked", False)
_switch("announcement", "announcement", True)
_switch("announcement", "not_announcement", False)


@action("membership_approval_mode")
def approval(client: Connection, iq: Node, node: Node) -> Result:
    """Whether admins decide about who comes by the invitation."""
    group = asked_group(client, iq, admin=True)
    wanted = node.child("group_join")
    set_approval(client.world, group, client.owner.account, bool(wanted and wanted.text("state") == "on"))
    return None


def set_approval(world: World, group: Group, actor: Account, on: bool) -> None:
    """Lets admins decide, or doesn't any more, and tells everybody."""
    group.approval = on
    tell(world, group, actor, approval_node(on))


@action("ephemeral")
def disappearing(client: Connection, iq: Node, node: Node) -> Result:
    """Messages disappear after that many seconds."""
    group = asked_group(client, iq)
    group.ephemeral = int(node.text("expiration") or 0)
    tell(client.world, group, client.owner.account, Node("ephemeral", {"expiration": group.ephemeral}))
    return None


@action("not_ephemeral")
def lasting(client: Connection, iq: Node, node: Node) -> Result:
    """Messages stay."""
    group = asked_group(client, iq)
    group.ephemeral = 0
    tell(client.world, group, client.owner.account, Node("not_ephemeral"))
    return None
