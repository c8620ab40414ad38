"""The demo's story: a hike is planned, and every kind of message comes up on the way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import demo_history, demo_media
from whatsapp.simulator.demo_asides import Asides, Step
from whatsapp.simulator.demo_cast import ALICE, BEN, CHIARA, DANIEL, EMMA

if TYPE_CHECKING:
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.mail import Sent
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

HUT = (46.7936, 10.2986)


@dataclass
class Story:
    """Tells the story step by step. What later steps refer to is remembered by name."""

    owner: Phone
    cast: dict[str, Person]
    group: GroupChat
    chance: random.Random
    said: dict[str, Sent] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """Every step in order."""
        asides = Asides(self.owner, self.cast, self.group, self.chance)
        yield from self._beginning()
        yield from asides.answered_call()
        yield from self._pictures()
        yield from asides.viewed_story()
        yield from self._ways()
        yield from asides.newsletter_post()
        yield from self._end()
        yield from asides.missed_call()
        yield from asides.group_changes()

    def _beginning(self) -> Iterator[Step]:
        alice, ben, owner, group = self._who(ALICE), self._who(BEN), self.owner, self.group
        yield 0, self._hand_over_history
        yield 1, alice.goes_online
        yield 1, lambda: alice.types(owner)
        yield 3, lambda: self._say("greeting", alice.send_text(owner, "Hi Olivia! Saturday is on 🥾"))
        yield 2, lambda: owner.reads(self.said["greeting"])
        yield 2, lambda: self._say("answer", owner.reply(self.said["greeting"], "At last! Where do we meet?"))
        yield 2, lambda: alice.react(self.said["answer"], "❤️")
        yield 2, lambda: alice.send_text(group, f"@{ben.number} can you bring the map?", mentions=[ben])
        yield 3, lambda: self._say("map", ben.send_text(group, "Sure. Did you know that maps lie?"))
        yield 2, lambda: self._who(DANIEL).reply(self.said["map"], "In what way?")

    def _pictures(self) -> Iterator[Step]:
        chiara, group, owner, chance = self._who(CHIARA), self.group, self.owner, self.chance
        yield 3, lambda: self._say("photo", self._picture(chiara, group, "The ridge, this morning", "9:12"))
        yield 2, lambda: self._who(BEN).react(self.said["photo"], "😍")
        yield 2, lambda: self._who(EMMA).forward(self.said["photo"], owner)
        yield 3, self._send_video
        yield 2, lambda: chiara.send_sticker(group, demo_media.sticker(chance), width=512, height=512)
        yield 2, lambda: chiara.send_view_once_image(owner, demo_media.landscape(chance, "surprise").data)
        yield (
            3,
            lambda: chiara.posts_story(
                demo_media.landscape(chance, "golden hour").data,
                [owner, self._who(ALICE)],
                caption="Golden hour",
            ),
        )
        yield 1, lambda: self._who(BEN).posts_story("Three hearts, nine brains: be an octopus", [owner])

    def _ways(self) -> Iterator[Step]:
        alice, daniel, emma = self._who(ALICE), self._who(DANIEL), self._who(EMMA)
        owner, group = self.owner, self.group
        yield 2, lambda: alice.send_location(group, *HUT, name="Chamanna Cluozza", address="Zernez")
        yield (
            3,
            lambda: self._say("poll", emma.send_poll(group, "When do we start?", ["6:00", "7:00", "8:00"])),
        )
        yield 0, emma.goes_online
        yield 2, lambda: alice.votes(self.said["poll"], ["6:00"])
        yield 2, lambda: daniel.votes(self.said["poll"], ["8:00"])
        yield 2, lambda: daniel.records(owner)
        yield 4, lambda: self._voice(daniel, owner)
        yield (
            2,
            lambda: emma.send_document(
                group,
                demo_media.paper(
                    "Packing list", ["2 litres of water", "Sun cream", "A map that doesn't lie", "Snacks"]
                ),
                "packing-list.pdf",
                caption="Version 3",
                pageCount=1,
            ),
        )
        yield 1, emma.goes_offline
        yield 2, lambda: self._song(self._who(BEN), group)
        yield 2, lambda: daniel.send_contact(owner, "Taxi Zernez", "447700900199")
        yield 2, lambda: alice.send_live_location(owner, *HUT, caption="On my way", sequence=1)
        yield (
            2,
            lambda: alice.send_live_location(owner, HUT[0] + 0.002, HUT[1], caption="On my way", sequence=2),
        )

    def _end(self) -> Iterator[Step]:
        ben, daniel, emma, owner, group = (
            self._who(BEN),
            self._who(DANIEL),
            self._who(EMMA),
            self.owner,
            self.group,
        )
        yield 3, lambda: self._say("typo", ben.send_text(owner, "I'll be there at severn"))
        yield 2, lambda: ben.edit(self.said["typo"], "I'll be there at seven")
        yield 2, lambda: self._say("slip", daniel.send_text(group, "Is Ben always like this?"))
        yield 2, lambda: daniel.delete(self.said["slip"])
        yield (
            2,
            lambda: emma.send_text(owner, "The cabin's door code is 4711. Gone tomorrow!", ephemeral=86_400),
        )
        yield (
            2,
            lambda: emma.send_text(
                owner, "Tell everyone: bring cash, the hut takes no cards", forwarded=True
            ),
        )

    def _who(self, role: Any) -> Person:
        return self.cast[role.name]

    def _say(self, name: str, sent: Sent) -> None:
        self.said[name] = sent

    def _picture(self, person: Person, to: Any, caption: str, words: str) -> Sent:
        picture = demo_media.landscape(self.chance, words)
        return person.send_image(to, picture.data, caption=caption, **picture.details)

    def _send_video(self) -> None:
        film = demo_media.video(self.chance)
        thumbnail = demo_media.video_thumbnail(self.chance)
        self._who(CHIARA).send_video(
            self.group, film.data, caption="Sunrise, sped up", seconds=film.seconds, width=480, height=272,
            JPEGThumbnail=thumbnail,
        )  # fmt: skip

    def _voice(self, person: Person, to: Any) -> None:
        note = demo_media.voice_note(self.chance)
        person.send_voice_note(to, note.data, seconds=note.seconds, waveform=note.waveform)

    def _song(self, person: Person, to: Any) -> None:
        tune = demo_media.song(self.chance)
        person.send_audio(to, tune.data, seconds=tune.seconds)

    def _hand_over_history(self) -> None:
        for blob in demo_history.blobs(self.owner, self.cast.values(), self.group, self.chance):
            self.owner.hands_over_history(blob)
