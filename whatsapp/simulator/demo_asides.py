"""What goes on around the talk in the demo's story: calls, stories and who views them, a newsletter, changes
of the group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import demo_media
from whatsapp.simulator.demo_cast import ALICE, BEN, CHIARA, DANIEL, EMMA, Role

if TYPE_CHECKING:
    import random

    from whatsapp.simulator.caller import Call
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.mail import Sent
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.publisher import Channel, PostSent

#: How long to wait before a step, in seconds at normal pace, and the step.
Step = tuple[float, Callable[[], Any]]


@dataclass
class Asides:
    """Steps to be told between those of the talk."""

    owner: Phone
    cast: dict[str, Person]
    group: GroupChat
    chance: random.Random
    call: Call | None = None
    story: Sent | None = None
    newsletter: Channel | None = None
    posts: list[PostSent] = field(default_factory=list)

    def answered_call(self) -> Iterator[Step]:
        """Alice calls, the owner picks up at the phone."""
        yield 2, lambda: self._ring(ALICE)
        yield 2, lambda: self._ringing().is_accepted()
        yield 4, lambda: self._ringing().ends()

    def missed_call(self) -> Iterator[Step]:
        """Daniel calls in vain."""
        yield 2, lambda: self._ring(DANIEL, video=True)
        yield 4, lambda: self._ringing().times_out()

    def viewed_story(self) -> Iterator[Step]:
        """The owner posts a story; two look at it and one likes it."""
        yield 2, self._post_story
        yield 2, lambda: self._view(ALICE)
        yield 1, lambda: self._view(EMMA)
        yield 1, lambda: self._who(EMMA).react(self._viewed(EMMA), "😍")

    def newsletter_post(self) -> Iterator[Step]:
        """Chiara has a newsletter, which the owner follows."""
        yield 1, self._found_newsletter
        yield 1, lambda: self._publish("The light is best twenty minutes before sunrise. Set two alarms.")
        yield 2, lambda: self._channel().is_received(self.posts[0], views=41, reactions={"❤️": 7, "😂": 2})

    def group_changes(self) -> Iterator[Step]:
        """The group gets a name, a description, a picture, two admins and a timer; and there is a new one."""
        alice = self._who(ALICE)
        yield 2, lambda: alice.renames(self.group, "Saturday hike 🥾")
        yield 1, lambda: alice.describes(self.group, "6:00 at the station. Ben has the map.")
        yield 1, lambda: alice.promotes(self.group, self._who(BEN))
        yield 1, lambda: alice.promotes(self.group, self.owner)
        yield 1, lambda: alice.pictures_group(self.group, demo_media.portrait("H", (70, 120, 70)))
        yield 1, lambda: alice.sets_timer(self.group, 7 * 86_400)
        yield 1, lambda: alice.sets_timer(self.group, 0)
        yield 2, lambda: alice.creates_group("The way home", [self.owner, self._who(BEN)])

    def _who(self, role: Role) -> Person:
        return self.cast[role.name]

    def _ring(self, role: Role, *, video: bool = False) -> None:
        self.call = self._who(role).calls(self.owner, video=video)

    def _ringing(self) -> Call:
        if self.call is None:
            raise LookupError("nobody calls")
        return self.call

    def _post_story(self) -> None:
        viewers = [self._who(role) for role in (ALICE, BEN, EMMA)]
        self.story = self.owner.posts_story(
            demo_media.landscape(self.chance, "packed!").data, viewers, caption="Packed"
        )

    def _viewed(self, role: Role) -> Any:
        if self.story is None:
            raise LookupError("there is no story")
        return self._who(role).waits_for_id(self.story.id)

    def _view(self, role: Role) -> None:
        self._who(role).reads(self._viewed(role))

    def _found_newsletter(self) -> None:
        self.newsletter = self._who(CHIARA).creates_newsletter("Mountain light", "Pictures and how to")
        self.owner.follows(self.newsletter)

    def _channel(self) -> Channel:
        if self.newsletter is None:
            raise LookupError("there is no newsletter")
        return self.newsletter

    def _publish(self, text: str) -> None:
        self.posts.append(self._channel().publishes(text))
