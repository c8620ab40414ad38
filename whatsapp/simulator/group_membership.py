"""Who comes into a group and who goes, and what each may do there (``w:g2``)."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account
from whatsapp.simulator.binary import Node
from whatsapp.simulator.group_queries import action, asked_group, people_named
from whatsapp.simulator.groups import (
    ADMIN,
    MEMBER,
    Group,
    describe,
    participants_node,
    tell,
    tell_creation,
)
from whatsapp.simulator.router import Refused, Result

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.world import World


@action("add")
def add(client: Connection, iq: Node, node: Node) -> Result:
    """New members. Somebody without WhatsApp is answered with error 404, a member with 409."""
    group, actor = asked_group(client, iq), client.owner.account
    results, newcomers = [], []
    for person in node.all("participant"):
        account = client.world.directory.find(person.jid("jid"))
        error = 404 if account is None else 409 if account.number in group.members else None
        results.append(Node("participant", {"jid": person.jid("jid"), "error": error}))
        if account and error is None:
            newcomers.append(account)
    if newcomers:
        let_in(client.world, group, actor, newcomers)
    return Node("add", {}, results)


def let_in(
    world: World, group: Group, actor: Account, newcomers: list[Account], reason: str | None = None
) -> None:
    """New members; the old ones are told of them, and they of the group."""
    old = world.devices_of(group.members)
    group.members |= {account.number: MEMBER for account in newcomers}
    tell(world, group, actor, participants_node("add", group, newcomers, reason=reason), old)
    tell_creation(world, group, actor, [account.number for account in newcomers], reason or "add")


def _leave(client: Connection, group: Group, leaving: list[Account]) -> None:
    devices = client.world.devices_of(group.members)
    for account in leaving:
        group.members.pop(account.number, None)
    change = participants_node("remove", group, leaving)
    tell(client.world, group, client.owner.account, change, devices)


@action("remove")
def remove(client: Connection, iq: Node, node: Node) -> Result:
    """Removes members."""
    group = asked_group(client, iq, admin=True)
    _leave(
        client, group, [account for account in people_named(client, node) if account.number in group.members]
    )
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
    group = asked_group(client, iq, admin=True)
    people = [account for account in people_named(client, node) if account.number in group.members]
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


@action("invite")
def invite(client: Connection, iq: Node, node: Node) -> Result:
    """The invitation of a group (set: a new one), or what an invitation leads to (set: join)."""
    code = node.text("code")
    if not code:
        group = asked_group(client, iq, admin=True)
        if iq.text("type") == "set":
            group.revoked_codes.add(group.invite_code)
            group.invite_code = secrets.token_urlsafe(16)
            tell(client.world, group, client.owner.account, Node("invite", {"code": group.invite_code}))
        return Node("invite", {"code": group.invite_code})
    invited = client.world.groups.by_invitation(code)
    if invited is None and client.world.groups.is_revoked(code):
        raise Refused(410, "gone")
    if invited is None:
        raise Refused(406, "not-acceptable")
    actor = client.owner.account
    if iq.text("type") == "get":
        return describe(invited, client.world)
    if actor.number in invited.members:
        return Node("group", {"jid": invited.jid})
    if invited.approval:
        _ask_admins(client.world, invited, actor)
        return Node("membership_approval_request", {"jid": invited.jid})
    let_in(client.world, invited, actor, [actor], "invite")
    return Node("group", {"jid": invited.jid})


def _ask_admins(world: World, group: Group, account: Account) -> None:
    group.requests[account.number] = int(time.time())
    admins = [number for number, role in group.members.items() if role != MEMBER]
    wish = Node("requested_user", group.both_addresses(account))
    change = Node("created_membership_requests", {"request_method": "invite_link"}, [wish])
    tell(world, group, account, change, world.devices_of(admins))


@action("membership_approval_requests")
def membership_requests(client: Connection, iq: Node, node: Node) -> Result:
    """Who waits to be let in."""
    group = asked_group(client, iq, admin=True)
    people = [
        Node("membership_approval_request", {"jid": group.address(account), "request_time": since})
        for number, since in group.requests.items()
        for account in client.world.directory.named([number])
    ]
    return Node("membership_approval_requests", {}, people)


@action("membership_requests_action")
def decide(client: Connection, iq: Node, node: Node) -> Result:
    """Lets in who waits, or doesn't."""
    group = asked_group(client, iq, admin=True)
    answers = []
    for decision in node.children:
        people = [account for account in people_named(client, decision) if account.number in group.requests]
        answer_requests(client.world, group, client.owner.account, people, decision.tag == "approve")
        named = [Node("participant", {"jid": group.address(account)}) for account in people]
        answers.append(Node(decision.tag, {}, named))
    return Node("membership_requests_action", {}, answers)


def answer_requests(world: World, group: Group, actor: Account, people: list[Account], let: bool) -> None:
    """Lets in people who wait, or sends them away."""
    for account in people:
        group.requests.pop(account.number, None)
    if let and people:
        let_in(world, group, actor, people, "linked_group_join" if group.parent else "invite")
