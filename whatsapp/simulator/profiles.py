"""Profiles: pictures, the about text, privacy settings, who is blocked."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Picture
from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.media import HOST
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.groups import Group

#: What a new account has.
PRIVACY = {
    "readreceipts": "all",
    "last": "all",
    "online": "all",
    "profile": "all",
    "status": "all",
    "groupadd": "all",
    "calladd": "all",
}


@query("w:profile:picture")
def picture(client: Connection, iq: Node) -> Result:
    """Where somebody's or a group's picture is, or a new picture for oneself or a group."""
    world = client.world
    target = iq.jid("target") or client.owner.jid.plain
    whose: Account | Group | None = world.groups.find(target) or world.directory.find(target)
    if whose is None:
        raise Refused(404, "item-not-found")
    if iq.text("type") == "set":
        return _set_picture(client, whose, target, iq)
    if whose.picture is None:
        raise Refused(404, "item-not-found")
    wanted = iq.child("picture")
    if wanted and wanted.text("id") == whose.picture.id:
        return None
    kind = wanted.text("type") if wanted else "image"
    url = f"{HOST}{whose.picture.path}"
    return Node(
        "picture", {"id": whose.picture.id, "type": kind, "url": url, "direct_path": whose.picture.path}
    )


def _set_picture(client: Connection, whose: Account | Group, target: Jid, iq: Node) -> Result:
    new = iq.child("picture")
    if new is None:
        whose.picture = None
        client.world.tell_picture(whose, target, client.owner, removed=True)
        return None
    identifier = str(time.time_ns() // 1000)
    whose.picture = Picture(identifier, new.data, client.world.media.keep(new.data))
    client.world.tell_picture(whose, target, client.owner, removed=False)
    return Node("picture", {"id": identifier})


@query("status")
def status(client: Connection, iq: Node) -> Result:
    """Sets the about text, or tells who sees stories: all contacts."""
    text = iq.child("status")
    if text:
        client.owner.account.about = text.data.decode()
        return None
    return Node("privacy", {}, [Node("list", {"type": "contacts", "default": "true"})])


@query("privacy")
def privacy(client: Connection, iq: Node) -> Result:
    """Gets or sets the privacy settings; privacy tokens are taken and forgotten."""
    account = client.owner.account
    change = iq.child("privacy", "category")
    if iq.text("type") == "set":
        if change:
            account.privacy[change.text("name")] = change.text("value")
        return None
    settings = PRIVACY | account.privacy
    return Node(
        "privacy", {}, [Node("category", {"name": name, "value": value}) for name, value in settings.items()]
    )


@query("blocklist")
def blocklist(client: Connection, iq: Node) -> Result:
    """Gets the list of blocked people, or blocks or unblocks one."""
    account = client.owner.account
    for item in iq.all("item"):
        blocked = client.world.directory.find(item.jid("jid"))
        if blocked is None:
            raise Refused(404, "item-not-found")
        if item.text("action") == "block":
            account.blocked.add(blocked.address)
        else:
            account.blocked.discard(blocked.address)
    people = sorted(account.blocked, key=str)
    digest = hashlib.sha256("".join(map(str, people)).encode()).hexdigest()[:16]
    return Node("list", {"dhash": digest}, [Node("item", {"jid": jid}) for jid in people])
