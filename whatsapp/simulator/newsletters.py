"""Newsletters (WhatsApp calls them channels): who follows them, what was posted, how it was received.

Facts from whatsmeow's ``newsletter.go``, ``notification.go`` (``handleMexNotification``,
``handleNewsletterNotification``) and ``message.go`` (``handlePlaintextMessage``): posts are not encrypted;
joining, leaving and muting are told to the account's other devices in JSON; views and reactions only to
devices that asked for them a short while ago.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whatsapp.simulator.accounts import Account, Device, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import NEWSLETTER, SERVER, Jid

if TYPE_CHECKING:
    from whatsapp.simulator.world import World

OWNER, SUBSCRIBER, GUEST = "OWNER", "SUBSCRIBER", "GUEST"

#: For how long a device is told of views and reactions after it asked, in seconds.
LIVE_SECONDS = 300

FIRST_POST = 100


@dataclass(eq=False, slots=True)
class Post:
    """Something posted; ``content`` is a serialized waE2E Message."""

    server_id: int
    id: str
    kind: str
    content: bytes
    posted: int
    views: int = 0
    reactions: dict[str, int] = field(default_factory=dict)
    edited: int = 0


@dataclass(eq=False, slots=True)
class Newsletter:
    """One newsletter. ``followers`` says of each number whether it has muted it."""

    jid: Jid
    name: str
    description: str
    owner: Account
    created: int = field(default_factory=lambda: int(time.time()))
    followers: dict[str, bool] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)
    live: dict[Device, float] = field(default_factory=dict)

    @property
    def invite_code(self) -> str:
        """The end of the link that leads here."""
        return hashlib.sha256(self.jid.user.encode()).hexdigest()[:22]

    def role(self, account: Account) -> str:
        """What somebody is here."""
        if account is self.owner:
            return OWNER
        return SUBSCRIBER if account.number in self.followers else GUEST

    def metadata(self, viewer: Account | None) -> dict[str, Any]:
        """What the server tells about it, and of the viewer's part in it if there is one."""
        micros = str(self.created * 1_000_000)
        data: dict[str, Any] = {
            "id": str(self.jid),
            "state": {"type": "ACTIVE"},
            "thread_metadata": {
                "creation_time": str(self.created),
                "invite": self.invite_code,
                "name": {"id": micros, "text": self.name, "update_time": micros},
                "description": {"id": micros, "text": self.description, "update_time": micros},
                "subscribers_count": str(len(self.followers)),
                "verification": "UNVERIFIED",
                "picture": None,
                "preview": {"id": "", "type": "PREVIEW", "direct_path": ""},
                "settings": {"reaction_codes": {"value": "ALL"}},
            },
            "viewer_metadata": None,
        }
        if viewer:
            muted = self.followers.get(viewer.number, False)
            data["viewer_metadata"] = {"mute": "ON" if muted else "OFF", "role": self.role(viewer)}
        return data


class Newsletters:
    """Every newsletter, found by address or by the code in its link."""

    def __init__(self) -> None:
        self._newsletters: dict[str, Newsletter] = {}

    def __iter__(self) -> Iterator[Newsletter]:
        return iter(self._newsletters.values())

    def find(self, jid: Jid | None) -> Newsletter | None:
        """The newsletter with this address, None if there is none."""
        return self._newsletters.get(jid.user) if jid and jid.server == NEWSLETTER else None

    def by_invitation(self, code: str) -> Newsletter | None:
        """The newsletter that the link leads to."""
        return next((newsletter for newsletter in self if newsletter.invite_code == code), None)

    def create(self, name: str, description: str, owner: Account) -> Newsletter:
        """A new newsletter, at the same address each time."""
        seed = hashlib.sha256(f"{owner.number} {name} {len(self._newsletters)}".encode()).digest()
        jid = Jid(f"120363{int.from_bytes(seed) % 10**12:012}", NEWSLETTER)
        newsletter = self._newsletters[jid.user] = Newsletter(jid, name, description, owner)
        newsletter.followers[owner.number] = False
        return newsletter


def follow(world: World, newsletter: Newsletter, account: Account, device: Device | None = None) -> None:
    """Somebody follows, at one device; the others are told."""
    newsletter.followers.setdefault(account.number, False)
    _tell_own(account, "on_join", newsletter.metadata(account), device)


def unfollow(world: World, newsletter: Newsletter, account: Account, device: Device | None = None) -> None:
    """Somebody follows no more."""
    newsletter.followers.pop(account.number, None)
    _tell_own(account, "on_leave", {"id": str(newsletter.jid), "role": GUEST}, device)


def mute(
    world: World, newsletter: Newsletter, account: Account, muted: bool, device: Device | None = None
) -> None:
    """Somebody wants no notices of it, or does again."""
    newsletter.followers[account.number] = muted
    change = {"id": str(newsletter.jid), "mute": "ON" if muted else "OFF"}
    _tell_own(account, "on_mute_change", change, device)


def publish(
    world: World, newsletter: Newsletter, post_id: str, kind: str, content: bytes, but: Device | None
) -> Post:
    """Something new; every follower's device gets it."""
    post = Post(FIRST_POST + len(newsletter.posts), post_id, kind, content, int(time.time()))
    newsletter.posts[post.server_id] = post
    _deliver(world, newsletter, post, but)
    return post


def edit(world: World, newsletter: Newsletter, post: Post, content: bytes) -> None:
    """New content for a post, which is delivered again under its ids."""
    post.content, post.edited = content, time.time_ns() // 1_000_000
    _deliver(world, newsletter, post, None)


def tell_reception(world: World, newsletter: Newsletter, posts: list[Post]) -> None:
    """The views and reactions of posts, to the devices that asked for them."""
    updates = Node("live_updates", {}, [describe(post, with_content=False) for post in posts])
    for device, until in newsletter.live.items():
        if until > time.time():
            attrs = {"from": newsletter.jid, "id": new_id(), "type": "newsletter", "t": int(time.time())}
            device.mailbox.put(Node("notification", attrs, [updates]))


def describe(post: Post, with_content: bool) -> Node:
    """A post as it is listed."""
    parts = [Node("plaintext", {}, post.content)] if with_content else []
    parts.append(Node("views_count", {"count": post.views}))
    reactions = [Node("reaction", {"code": code, "count": count}) for code, count in post.reactions.items()]
    parts.append(Node("reactions", {}, reactions))
    attrs = {"server_id": post.server_id, "id": post.id, "type": post.kind, "t": post.posted}
    return Node("message", attrs, parts)


def _deliver(world: World, newsletter: Newsletter, post: Post, but: Device | None) -> None:
    attrs = {
        "from": newsletter.jid,
        "id": post.id,
        "server_id": post.server_id,
        "type": post.kind,
        "t": int(time.time()),
        "edit": "3" if post.edited else None,
    }
    content = [Node("plaintext", {}, post.content)]
    if post.edited:
        content.append(Node("meta", {"msg_edit_t": post.edited, "original_msg_t": post.posted}))
    for device in world.devices_of(newsletter.followers):
        if device is not but:
            device.mailbox.put(Node("message", dict(attrs), list(content)))


def _tell_own(account: Account, what: str, data: dict[str, Any], but: Device | None) -> None:
    body = json.dumps({"data": {f"xwa2_notify_newsletter_{what}": data}}).encode()
    for device in account.devices.values():
        if device is not but:
            attrs = {"from": SERVER, "id": new_id(), "type": "mex", "t": int(time.time())}
            update = Node("update", {"op_name": f"NotificationNewsletter_{what}"}, body)
            device.mailbox.put(Node("notification", attrs, [update]))
