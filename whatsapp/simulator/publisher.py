"""What people do with newsletters, and the newsletter they do it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose, newsletters
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.library import build_jid

if TYPE_CHECKING:
    from whatsapp.simulator.newsletters import Newsletter, Post
    from whatsapp.simulator.server import Simulator


@dataclass(frozen=True)
class PostSent:
    """A post; ``server_id`` is its number in the newsletter."""

    id: str
    server_id: int


@dataclass(frozen=True)
class Channel:
    """A newsletter and who writes it."""

    jid: Jid
    name: str
    owner: Publisher = field(repr=False)

    def publishes(self, content: Any) -> PostSent:
        """Posts text or a waE2E Message."""
        message = compose.text(content) if isinstance(content, str) else content
        answer = self.owner.api.send_message(build_jid(self.jid.user, self.jid.server), message)
        return PostSent(answer.ID, answer.ServerID)

    def edits(self, post: PostSent, text: str) -> None:
        """Changes a post."""
        self._on_server(
            lambda world, known: newsletters.edit(
                world, known, known.posts[post.server_id], compose.text(text).SerializeToString()
            )
        )

    def is_received(self, post: PostSent, *, views: int = 0, reactions: dict[str, int] | None = None) -> None:
        """So many people have viewed a post and reacted to it, all told."""

        def receive(world: Any, known: Newsletter) -> None:
            received: Post = known.posts[post.server_id]
            received.views = views or received.views
            received.reactions |= reactions or {}
            newsletters.tell_reception(world, known, [received])

        self._on_server(receive)

    def _on_server(self, act: Any) -> None:
        world = self.owner.simulator.world
        self.owner.simulator.call(lambda: act(world, world.newsletters.find(self.jid)))


class Publisher:
    """Mixed into Person: writes newsletters and follows those of others."""

    simulator: Simulator

    @property
    def api(self) -> Any:
        """The neonize client."""
        raise NotImplementedError

    def creates_newsletter(self, name: str, description: str = "") -> Channel:
        """A new newsletter."""
        made = self.api.create_newsletter(name, description, b"")
        return Channel(Jid(made.ID.User, made.ID.Server), name, self)

    def follows(self, channel: Channel) -> None:
        """Gets what is posted from now on."""
        self.api.follow_newsletter(_proto(channel))

    def unfollows(self, channel: Channel) -> None:
        """Gets no more of it."""
        self.api.unfollow_newsletter(_proto(channel))

    def mutes_newsletter(self, channel: Channel, muted: bool = True) -> None:
        """Wants no notices of it, or does again."""
        self.api.newsletter_toggle_mute(_proto(channel), muted)


def _proto(channel: Channel) -> Any:
    return build_jid(channel.jid.user, channel.jid.server)
