"""What clients ask and change about groups (``w:g2``). Each kind of question is one function."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.groups import (
    ADMIN,
    MEMBER,
    Group,
    describe,
    participants_node,
    tell,
    tell_creation,
)
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

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


def _group(client: Connection, iq: Node, admin: bool = False) -> Group:
    """The group that is asked about, if the asker is in it (and may change it)."""
    group = client.world.groups.find(iq.jid("to"))
    if group is None:
        raise Refused(404, "item-not-found")
    if client.owner.account.number not in group.members:
        raise Refused(403, "forbidden")
    if admin and not group.is_admin(client.owner.account):
        raise Refused(403, "forbidden")
    return group


def _people(client: Connection, node: Node) -> list[Account]:
    found = (client.world.directory.find(person.jid("jid")) for person in node.all("participant"))
    return [account for account in found if account]


@action("create")
def create(client: Connection, iq: Node, node: Node) -> Result:
    """A new group."""
    world, actor = client.world, client.owner.account
    addressing = world.group_addressing
    group = world.groups.create(node.text("subject"), actor, _people(client, node), addressing)
    ephemeral = node.child("ephemeral")
    group.ephemeral = int(ephemeral.text("expiration") or 0) if ephemeral else 0
    group.locked, group.announcement = (
        node.child("locked") is not None,
        node.child("announcement") is not None,
    )
    tell_creation(world, group, actor, group.members, None)
    return describe(group, world)


@action("query")
def information(client: Connection, iq: Node, node: Node) -> Result:
    """Everything about one group."""
    return describe(_group(client, iq), client.world)


@action("participating")
def participating(client: Connection, iq: Node, node: Node) -> Result:
    """The groups that the asker is in."""
    mine = client.world.groups.of(client.owner.account)
    return Node("groups", {}, [describe(group, client.world) for group in mine])


@action("add")
def add(client: Connection, iq: Node, node: Node) -> Result:
    """New members. Somebody without WhatsApp is answered with error 404, a member with 409."""
    group, actor = _group(client, iq), client.owner.account
    results, newcomers = [], []
    for person in node.all("participant"):
        account = client.world.directory.find(person.jid("jid"))
        error = 404 if account is None else 409 if account.number in group.members else None
        results.append(Node("participant", {"jid": person.jid("jid"), "error": error}))
        if account and error is None:
            newcomers.append(account)
    if newcomers:
        old = client.world.devices_of(group.members)
        group.members |= {account.number: MEMBER for account in newcomers}
        tell(client.world, group, actor, participants_node("add", group, newcomers), old)
        tell_creation(client.world, group, actor, [account.number for account in newcomers], "add")
    return Node("add", {}, results)


def _leave(client: Connection, group: Group, leaving: list[Account]) -> None:
    devices = client.world.devices_of(group.members)
    for account in leaving:
        group.members.pop(account.number, None)
    change = participants_node("remove", group, leaving)
    tell(client.world, group, client.owner.account, change, devices)


@action("remove")
def remove(client: Connection, iq: Node, node: Node) -> Result:
    """Removes members."""
    group = _group(client, iq, admin=True)
    _leave(client, group, [account for account in _people(client, node) if account.number in group.members])
    return Node(
        "remove", {}, [Node("participant", {"jid": person.jid("jid")}) for person in node.all("participant")]
    )


@action("leave")
def leave(client: Connection, iq: Node, node: Node) -> Result:
    """The asker leaves groups."""
    for part in node.all("group"):
        group = client.world.groups.find(part.jid("id"))
        if group is None or client.owner.account.number not in group.members:
            raise Refused(404, "item-not-found")
        _leave(client, group, [client.owner.account])
    return Node("leave", {}, [Node("group", {"id": part.jid("id")}) for part in node.all("group")])


def _change_roles(client: Connection, iq: Node, node: Node, role: str) -> Result:
    group = _group(client, iq, admin=True)
    people = [account for account in _people(client, node) if account.number in group.members]
    group.members |= {account.number: role for account in people}
    tell(client.world, group, client.owner.account, participants_node(node.tag, group, people))
    return Node(node.tag, {}, [Node("participant", {"jid": group.address(account)}) for account in people])


@action("promote")
def promote(client: Connection, iq: Node, node: Node) -> Result:
    """Makes members admins."""
    return _change_roles(client, iq, node, ADMIN)


@action("demote")
def demote(client: Connection, iq: Node, node: Node) -> Result:
    """Makes admins plain members."""
    return _change_roles(client, iq, node, MEMBER)


@action("subject")
def rename(client: Connection, iq: Node, node: Node) -> Result:
    """A new name."""
    group, actor = _group(client, iq), client.owner.account
    if group.locked and not group.is_admin(actor):
        raise Refused(403, "forbidden")
    group.subject, group.subject_set, group.subject_author = node.data.decode(), int(time.time()), actor
    attrs = {"subject": group.subject, "s_t": group.subject_set, "s_o": group.address(actor)}
    tell(client.world, group, actor, Node("subject", attrs))
    return None


@action("description")
def redescribe(client: Connection, iq: Node, node: Node) -> Result:
    """A new description, or none."""
    group, actor = _group(client, iq), client.owner.account
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
        group = _group(client, iq, admin=True)
        setattr(group, name, on)
        tell(client.world, group, client.owner.account, Node(tag, {"v_id": time.time_ns() // 1000}))
        return None

    _actions[tag] = switch


_switch("locked", "locked", True)
_switch("locked", "unlocked", False)
_switch("announcement", "announcement", True)
_switch("announcement", "not_announcement", False)


@action("ephemeral")
def disappearing(client: Connection, iq: Node, node: Node) -> Result:
    """Messages disappear after that many seconds."""
    group = _group(client, iq)
    group.ephemeral = int(node.text("expiration") or 0)
    tell(client.world, group, client.owner.account, Node("ephemeral", {"expiration": group.ephemeral}))
    return None


@action("not_ephemeral")
def lasting(client: Connection, iq: Node, node: Node) -> Result:
    """Messages stay."""
    group = _group(client, iq)
    group.ephemeral = 0
    tell(client.world, group, client.owner.account, Node("not_ephemeral"))
    return None


@action("invite")
def invite(client: Connection, iq: Node, node: Node) -> Result:
    """The invitation of a group (set: a new one), or what an invitation leads to (set: join)."""
    code = node.text("code")
    if not code:
        group = _group(client, iq, admin=True)
        if iq.text("type") == "set":
            group.invite_code = secrets.token_urlsafe(16)
        return Node("invite", {"code": group.invite_code})
    invited = client.world.groups.by_invitation(code)
    if invited is None:
        raise Refused(406, "not-acceptable")
    actor = client.owner.account
    if iq.text("type") == "get":
        return describe(invited, client.world)
    if actor.number not in invited.members:
        old = client.world.devices_of(invited.members)
        invited.members[actor.number] = MEMBER
        tell(client.world, invited, actor, participants_node("add", invited, [actor], reason="invite"), old)
        tell_creation(client.world, invited, actor, [actor.number], "invite")
    return Node("group", {"jid": invited.jid})


@action("sub_groups")
def sub_groups(client: Connection, iq: Node, node: Node) -> Result:
    """The groups of a community: the simulator has no communities."""
    return Node("sub_groups", {}, [])


@action("linked_groups_participants")
def linked_groups_participants(client: Connection, iq: Node, node: Node) -> Result:
    """The people of a community: the simulator has no communities."""
    return Node("linked_groups_participants", {}, [])


@action("membership_approval_requests")
def membership_requests(client: Connection, iq: Node, node: Node) -> Result:
    """Who waits to be let in: nobody, the simulator's groups are open to whoever has the invitation."""
    return Node("membership_approval_requests", {}, [])
