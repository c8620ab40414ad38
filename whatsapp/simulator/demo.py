"""The demo: a phone that links the hub by itself, and contacts who live in it."""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import demo_media
from whatsapp.simulator.demo_cast import CONTACTS, OWNER, SMALL_TALK, Role
from whatsapp.simulator.demo_story import Story
from whatsapp.simulator.library import events
from whatsapp.simulator.mail import Received
from whatsapp.simulator.pairing import PairingFailed

if TYPE_CHECKING:
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.server import Simulator

log = logging.getLogger(__name__)

GROUP_NAME = "Saturday hike"

#: Seconds between two things that contacts do of their own accord.
QUIET = (12.0, 40.0)

#: The story hurries: whoever tries the hub wants to see all of it within a minute.
STORY_PACE = 0.4

#: Seconds between two looks at whether the hub shows a code.
LOOK_SECONDS = 0.5

#: Nobody answers in the group more often than this part of the time, unless asked.
GROUP_EAGERNESS = 0.35

Action = Callable[[], Any]


class Demo:
    """The cast, and an agenda of what they do next.

    ``read_qr`` returns the QR text that the hub shows now, or None while it shows none. ``pace`` stretches
    every pause: 1 is how people are, 0 is at once.
    """

    def __init__(
        self, simulator: Simulator, read_qr: Callable[[], str | None], *, seed: int = 7, pace: float = 1.0
    ) -> None:
        self._simulator = simulator
        self._read_qr = read_qr
        self._chance = random.Random(seed)  # nosec B311  # chance for play
        self._pace = pace
        self._agenda: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._refused: str | None = None
        self._next_look = 0.0
        self.told = threading.Event()
        self.owner = simulator.phone(OWNER.name, OWNER.number)
        self.cast: dict[str, Person] = {}
        for role in CONTACTS:
            person = self.cast[role.name] = simulator.person(role.name, role.number, role.addressing)
            person.account.about = role.about
            person.client.listen(events.MessageEv, self._listener(person, role))
        self.group: GroupChat = self.cast[CONTACTS[0].name].creates_group(
            GROUP_NAME, [self.owner, *list(self.cast.values())[1:]]
        )
        for role in CONTACTS:
            self.cast[role.name].changes_picture(demo_media.portrait(role.name[0], role.colour))

    def run(self, stop: threading.Event) -> None:
        """Links the hub whenever it shows a code, tells the story once, then goes on until stopped."""
        while not stop.is_set():
            if time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + LOOK_SECONDS
                self._link_if_unlinked()
            action = self._next_action()
            if action:
                self._do(action)
            else:
                stop.wait(0.1)

    def _link_if_unlinked(self) -> None:
        if self.owner.companions:
            return
        code = self._read_qr()
        if not code or code == self._refused:
            return
        try:
            companion = self.owner.scan(code)
        except (PairingFailed, ValueError, TimeoutError) as error:
            log.warning("the demo's phone could not link the hub: %s", error)
            self._refused = code
            return
        log.info("the demo's phone linked %s", companion.jid)
        for person in self.cast.values():
            self.owner.saves_contact(person, person.name)
        if not self.told.is_set():
            self._plan_story()

    def _plan_story(self) -> None:
        at = 0.0
        story = Story(self.owner, self.cast, self.group, self._chance)
        for pause, step in story.steps():
            at += pause * STORY_PACE
            self._plan(at, step)
        self._plan(at, self.told.set)
        self._plan(at + self._chance.uniform(*QUIET), self._small_talk)

    # The agenda

    def _plan(self, seconds: float, action: Action) -> None:
        with self._lock:
            heapq.heappush(self._agenda, (time.monotonic() + seconds * self._pace, next(self._order), action))

    def _next_action(self) -> Action | None:
        with self._lock:
            if self._agenda and self._agenda[0][0] <= time.monotonic():
                return heapq.heappop(self._agenda)[2]
        return None

    def _do(self, action: Action) -> None:
        try:
            action()
        except Exception:
            # A line that could not be said, because the hub was just unlinked for instance, ends nothing.
            log.exception("the demo stumbled")

    # What contacts do of their own accord, and what they answer

    def _small_talk(self) -> None:
        role, words = self._chance.choice(SMALL_TALK)
        person = self.cast[role.name]
        to = self.group if self._chance.random() < 0.5 else self.owner
        self._plan(0, person.goes_online)
        self._plan(1, lambda: person.types(to))
        self._plan(4, lambda: person.send_text(to, words))
        self._plan(6, person.goes_offline)
        self._plan(8 + self._chance.uniform(*QUIET), self._small_talk)

    def _listener(self, person: Person, role: Role) -> Callable[[Any], None]:
        def listen(event: Any) -> None:
            heard = Received.of(event)
            # Only the owner is answered, so that contacts don't keep one another going.
            if (
                heard.text
                and heard.sender in (self.owner.jid, self.owner.lid)
                and self._is_for(person, heard)
            ):
                self._plan_answer(person, role, heard)

        return listen

    def _is_for(self, person: Person, heard: Received) -> bool:
        content = heard.message
        if (
            content.HasField("reactionMessage")
            or content.HasField("protocolMessage")
            or (not self.told.is_set() and not heard.event.Info.MessageSource.Sender.Device)
        ):
            return False  # in the story, what the owner says from the phone has its answer written
        if heard.chat.is_person:
            return True
        mentioned = content.extendedTextMessage.contextInfo.mentionedJID
        return str(person.jid) in mentioned or (not mentioned and self._chance.random() < GROUP_EAGERNESS)

    def _plan_answer(self, person: Person, role: Role, heard: Received) -> None:
        chance = self._chance
        wait = chance.uniform(1, 4)
        self._plan(wait, person.goes_online)
        self._plan(wait + 0.5, lambda: person.reads(heard))
        self._plan(wait + 1, lambda: person.types(heard.chat))
        writing = 1 + chance.uniform(1, 4)
        self._plan(wait + writing, lambda: person.reply(heard, role.answer(chance, heard.text)))
        if role.habit == "picture" and chance.random() < 0.4:
            self._plan(wait + writing + 2, lambda: self._show(person, heard))
        if role.habit == "voice" and chance.random() < 0.4:
            self._plan(wait + writing + 2, lambda: self._hum(person, heard))
        self._plan(wait + writing + 6, person.goes_offline)

    def _show(self, person: Person, heard: Received) -> None:
        picture = demo_media.landscape(self._chance)
        person.send_image(heard.chat, picture.data, **picture.details)

    def _hum(self, person: Person, heard: Received) -> None:
        note = demo_media.voice_note(self._chance)
        person.send_voice_note(heard.chat, note.data, seconds=note.seconds, waveform=note.waveform)
