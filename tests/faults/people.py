"""People who write to the hub's owner all the while: texts, pictures, reactions, edits, deletions."""

from __future__ import annotations

import hashlib
import io
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PIL import Image

if TYPE_CHECKING:
    from whatsapp.simulator.mail import Sent
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

PER_SECOND = 10.0
LATELY = 20  # messages that somebody comes back to
EMOJI = ("👍", "❤️", "😂", "😮", "🙏")

Kind = Literal["text", "image", "edit", "deletion", "reaction"]
KINDS: dict[Kind, int] = {"text": 10, "image": 2, "edit": 3, "deletion": 1, "reaction": 2}


@dataclass(frozen=True)
class Deed:
    """One thing that somebody did, and the hub has to know. `about` is the message that it changes, `text`
    what there is to see, `digest` the SHA-256 of the file."""

    kind: Kind
    by: Person
    sent: Sent
    at: float
    text: str = ""
    about: str = ""
    digest: str = ""

    @property
    def id(self) -> str:
        return self.sent.id


def photo(chance: random.Random) -> bytes:
    """One that nobody has seen, of some thirty kilobytes."""
    width, height = 160, 128
    file = io.BytesIO()
    Image.frombytes("RGB", (width, height), chance.randbytes(width * height * 3)).save(file, "JPEG")
    return file.getvalue()


class People:
    """What they did is in `deeds`, from the first."""

    def __init__(self, people: list[Person], to: Phone, chance: random.Random) -> None:
        self._people, self._to, self._chance = people, to, chance
        self.deeds: list[Deed] = []
        self._deleted: set[str] = set()
        self._read: set[str] = set()
        self.turn = threading.Lock()  # of who writes something by their phones
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failed: Exception | None = None

    def start(self) -> None:
        self._stop.clear()
        self.failed = None
        self._thread = threading.Thread(target=self._live, name="people", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self.failed is not None:
            raise self.failed

    def _live(self) -> None:
        try:
            while not self._stop.wait(1 / PER_SECOND):
                with self.turn:
                    self._act()
        except Exception as error:  # told by `stop`
            self.failed = error

    def _act(self) -> None:
        person = self._chance.choice(self._people)
        (kind,) = self._chance.choices(list(KINDS), list(KINDS.values()))
        at = time.time()
        earlier = [one for one in self.deeds[-LATELY:] if one.by is person and self._is_there(one)]
        if kind in ("edit", "deletion", "reaction") and not earlier:
            kind = "text"
        self.deeds.append(self._do(kind, person, earlier, at))
        self._reads(person)

    def _is_there(self, deed: Deed) -> bool:
        return deed.kind == "text" and deed.id not in self._deleted

    def _do(self, kind: Kind, person: Person, earlier: list[Deed], at: float) -> Deed:
        number = len(self.deeds)
        if kind == "text":
            text = f"number {number}"
            return Deed(kind, person, person.send_text(self._to, text), at, text)
        if kind == "image":
            data, text = photo(self._chance), f"picture {number}"
            sent = person.send_image(self._to, data, caption=text)
            return Deed(kind, person, sent, at, text, digest=hashlib.sha256(data).hexdigest())
        about = self._chance.choice(earlier)
        if kind == "edit":
            text = f"edited {number}"
            return Deed(kind, person, person.edit(about.sent, text), at, text, about.id)
        if kind == "reaction":
            text = self._chance.choice(EMOJI)
            return Deed(kind, person, person.react(about.sent, text), at, text, about.id)
        self._deleted.add(about.id)
        return Deed(kind, person, person.delete(about.sent), at, about=about.id)

    def _reads(self, person: Person) -> None:
        """What the owner has written to them meanwhile."""
        unread = [one for one in person.received if one.sender.user == self._to.jid.user and one.text]
        for message in unread[-1:]:
            if message.id not in self._read:
                self._read.add(message.id)
                person.reads(message)
