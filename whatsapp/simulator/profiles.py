"""Profiles: pictures, the about text, privacy settings, who is blocked."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Picture
from whatsapp.simulator.binary import Node
from whatsapp.simulator.media import PICTURE_HOST, PICTURES
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account, Device
    from whatsapp.simulator.connection import Connection
    from whatsapp.simulator.groups import Group
    from whatsapp.simulator.world import World

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
        new = iq.child("picture")
        identifier = set_picture(world, whose, client.owner, new.data if new else None)
        return Node("picture", {"id": identifier}) if identifier else None
    if whose.picture is None:
        raise Refused(404, "item-not-found")
    wanted = iq.child("picture")
    if wanted and wanted.text("id") == whose.picture.id:
        return None
    kind = wanted.text("type") if wanted else "image"
    path = f"{whose.picture.path}?ccb=11-4&oe=7FFFFFFF"
    return Node(
        "picture",
        {"id": whose.picture.id, "type": kind, "url": f"{PICTURE_HOST}{path}", "direct_path": path},
    )


def set_picture(world: World, whose: Account | Group, author: Device, data: bytes | None) -> str:
    """Gives an account or a group a picture, or takes it away; returns its id. Those who see it are told."""
    identifier = str(time.time_ns() // 1000)
    whose.picture = Picture(identifier, data, world.media.keep(data, PICTURES)) if data else None
    world.tell_picture(whose, author)
    return identifier if data else ""


@query("status")
def status(client: Connection, iq: Node) -> Result:
    """Sets the about text, or tells who sees stories."""
    text = iq.child("status")
    if text:
        set_about(client.world, client.owner.account, text.data.decode())
        return None
    audience = client.owner.story_audience
    if audience is None:
        return Node("privacy", {}, [Node("list", {"type": "contacts", "default": "true"})])
    people = [Node("user", {"jid": jid}) for jid in audience]
    return Node("privacy", {}, [Node("list", {"type": "whitelist", "default": "true"}, people)])


def set_about(world: World, account: Account, text: str) -> None:
    """Changes the about text and tells everybody."""
    account.about = text
    world.tell_about(account)


@query("privacy")
def privacy(client: Connection, iq: Node) -> Result:
    """Gets or sets the privacy settings; privacy tokens are taken and forgotten."""
    account = client.owner.account
    change = iq.child("privacy", "category")
    if iq.text("type") == "set":
        if change:
            account.privacy[change.text("name")] = change.text("value")
            client.world.tell_own(account, Node("privacy", {}, [change]), but=client.owner)
        return None
    settings = PRIVACY | account.privacy
    return Node(
        "privacy", {}, [Node("category", {"name": name, "value": value}) for name, value in settings.items()]
    )


@query("blocklist")
def blocklist(client: Connection, iq: Node) -> Result:
    """Gets the list of blocked people, or blocks or unblocks one and tells the account's other devices."""
    account = client.owner.account
    before = _digest(account)
    for item in iq.all("item"):
        blocked = client.world.directory.find(item.jid("jid"))
        if blocked is None:
            raise Refused(404, "item-not-found")
        if item.text("action") == "block":
            account.blocked.add(blocked.address)
        else:
            account.blocked.discard(blocked.address)
        change = Node("item", {"jid": blocked.address, "action": item.text("action")})
        attrs = {"action": "modify", "dhash": _digest(account), "prev_dhash": before}
        client.world.tell_own(account, Node("blocklist", attrs, [change]), but=client.owner)
    people = sorted(account.blocked, key=str)
    return Node("list", {"dhash": _digest(account)}, [Node("item", {"jid": jid}) for jid in people])


def _digest(account: Account) -> str:
    return hashlib.sha256("".join(sorted(map(str, account.blocked))).encode()).hexdigest()[:16]
