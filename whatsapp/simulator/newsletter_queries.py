"""What clients ask about newsletters and do with them: GraphQL for the list, ``newsletter`` for the posts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import newsletters
from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.mex import GraphError, resolver
from whatsapp.simulator.newsletters import Newsletter, Post
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

Variables = dict[str, Any]


def _named(client: Connection, variables: Variables) -> Newsletter:
    found = client.world.newsletters.find(Jid.parse(variables["newsletter_id"]))
    if found is None:
        raise GraphError(404, "Not Found")
    return found


@resolver("6563316087068696")
def information(client: Connection, variables: Variables) -> Variables:
    """About one newsletter, named by its address or by its link."""
    world, wanted = client.world, variables["input"]
    by_link = wanted["type"] == "INVITE"
    key = wanted["key"]
    found = world.newsletters.by_invitation(key) if by_link else world.newsletters.find(Jid.parse(key))
    if found is None:
        raise GraphError(404, "Not Found")
    return {"xwa2_newsletter": found.metadata(None if by_link else client.owner.account)}


@resolver("6388546374527196")
def followed(client: Connection, variables: Variables) -> Variables:
    """The newsletters that the asker follows."""
    account = client.owner.account
    mine = [found for found in client.world.newsletters if account.number in found.followers]
    return {"xwa2_newsletter_subscribed": [found.metadata(account) for found in mine]}


@resolver("6234210096708695")
def create(client: Connection, variables: Variables) -> Variables:
    """A new newsletter."""
    wanted, account = variables["newsletter_input"], client.owner.account
    made = client.world.newsletters.create(wanted["name"], wanted.get("description") or "", account)
    newsletters.follow(client.world, made, account, client.owner)
    return {"xwa2_newsletter_create": made.metadata(account)}


@resolver("9926858900719341")
def follow(client: Connection, variables: Variables) -> Variables:
    """The asker follows."""
    newsletters.follow(client.world, _named(client, variables), client.owner.account, client.owner)
    return {}


@resolver("6392786840836363")
def unfollow(client: Connection, variables: Variables) -> Variables:
    """The asker follows no more."""
    newsletters.unfollow(client.world, _named(client, variables), client.owner.account, client.owner)
    return {}


@resolver("6274038279359549")
def mute(client: Connection, variables: Variables) -> Variables:
    """The asker wants no notices."""
    newsletters.mute(client.world, _named(client, variables), client.owner.account, True, client.owner)
    return {}


@resolver("6068417879924485")
def unmute(client: Connection, variables: Variables) -> Variables:
    """The asker wants notices again."""
    newsletters.mute(client.world, _named(client, variables), client.owner.account, False, client.owner)
    return {}


@query("newsletter")
def posts(client: Connection, iq: Node) -> Result:
    """Posts, their views and reactions, or to be told of those for a while."""
    asked = iq.children[0]
    found = client.world.newsletters.find(asked.jid("jid") or iq.jid("to"))
    if found is None:
        raise Refused(404, "item-not-found")
    if asked.tag == "live_updates":
        found.live[client.owner] = time.time() + newsletters.LIVE_SECONDS
        return Node("live_updates", {"duration": newsletters.LIVE_SECONDS})
    count = int(asked.text("count") or 50)
    if asked.tag == "messages":
        before = int(asked.text("before") or 0)
        chosen = [post for post in found.posts.values() if not before or post.server_id < before]
        return Node("messages", {}, [newsletters.describe(post, True) for post in chosen[-count:]])
    after = int(asked.text("after") or 0)
    chosen = [post for post in found.posts.values() if post.server_id > after]
    messages = [newsletters.describe(post, False) for post in chosen[:count]]
    return Node("message_updates", {}, [Node("messages", {}, messages)])


def take_view(client: Connection, receipt: Node, found: Newsletter) -> None:
    """A client has looked at posts."""
    items = receipt.child("list")
    seen = [found.posts.get(int(item.text("server_id") or 0)) for item in items.all("item")] if items else []
    known = [post for post in seen if post]
    for post in known:
        post.views += 1
    newsletters.tell_reception(client.world, found, known)


def take_message(client: Connection, node: Node, found: Newsletter) -> Post | None:
    """A client posts or reacts; returns the new post. Only the owner may post."""
    reaction, plaintext = node.child("reaction"), node.child("plaintext")
    if reaction:
        post, code = found.posts.get(int(node.text("server_id") or 0)), reaction.text("code")
        if post and code:
            post.reactions[code] = post.reactions.get(code, 0) + 1
            newsletters.tell_reception(client.world, found, [post])
        return None
    if plaintext is None or client.owner.account is not found.owner:
        raise Refused(403, "forbidden")
    kind = node.text("type")
    return newsletters.publish(client.world, found, node.text("id"), kind, plaintext.data, client.owner)
