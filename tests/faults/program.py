"""A program that uses the hub all the while: it asks for acts, each under an Idempotency-Key, until they are
taken."""

from __future__ import annotations

import base64
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from tests.faults.people import EMOJI, People, photo

if TYPE_CHECKING:
    from tests.demo_hub import Hub
    from whatsapp.simulator.person import Person

PER_SECOND = 3.0
SETTLED_SECONDS = 3.0  # after so long, the hub mostly knows what people did
PATIENCE = 40.0  # for one answer

KINDS = {"text": 6, "image": 2, "react": 1, "edit": 1, "read": 1, "star": 1}
SENDING = ("text", "image", "react", "edit")  # something of these comes to the other person


@dataclass
class Act:
    """What was asked for; `mark` is the text that the other person sees of it, `about` the message meant."""

    kind: str
    key: str
    to: Person
    body: dict[str, Any]
    mark: str = ""
    about: str = ""
    data: bytes = b""
    id: int | None = None
    refusals: list[str] = field(default_factory=list)
    is_moot: bool = False  # the message that it is about is not there yet, or too old to be edited

    @property
    def path(self) -> str:
        return (
            f"/api/actions/send/{self.kind}"
            if self.kind in ("text", "image")
            else f"/api/actions/{self.kind}"
        )


class Program:
    """What it asked for is in `acts`, from the first; `wrong` are answers that no program expects."""

    def __init__(
        self, hub: Callable[[], Hub], people: People, to: list[Person], chance: random.Random
    ) -> None:
        self._hub, self._people, self._to, self._chance = hub, people, to, chance
        self.acts: list[Act] = []
        self.wrong: list[str] = []
        self.refusals: Counter[str] = Counter()
        self._stop = threading.Event()
        self._give_up = threading.Event()
        self._thread: threading.Thread | None = None
        self.failed: Exception | None = None

    def start(self) -> None:
        self._stop.clear()
        self._give_up.clear()
        self.failed = None
        self._thread = threading.Thread(target=self._work, name="program", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """When the last act is taken."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join(60)
        self._give_up.set()
        if self.failed is not None:
            raise self.failed
        assert not self._thread.is_alive()

    def _work(self) -> None:
        try:
            while not self._stop.wait(1 / PER_SECOND):
                act = self._next()
                self.ask(act)
                if not act.is_moot:
                    self.acts.append(act)
        except Exception as error:  # told by `stop`
            self.failed = error

    def _next(self) -> Act:
        (kind,) = self._chance.choices(list(KINDS), list(KINDS.values()))
        number = len(self.acts)
        before = time.time() - SETTLED_SECONDS
        heard = [one for one in self._people.deeds[-40:] if one.kind == "text" and one.at < before]
        own = [one for one in self.acts[-10:] if one.kind == "text" and one.about]
        if (kind in ("react", "read", "star") and not heard) or (kind == "edit" and not own):
            kind = "text"
        to = self._chance.choice(self._to)
        act = Act(kind, f"{self._chance.getrandbits(64):x}", to, {"jid": to.number})
        if kind == "text":
            act.mark = act.body["text"] = f"act {number} {act.key}"
        elif kind == "image":
            act.data = photo(self._chance)
            act.mark = act.body["caption"] = f"picture of act {number} {act.key}"
            act.body["base64"] = base64.b64encode(act.data).decode()
        elif kind == "edit":
            earlier = self._chance.choice(own)
            act.to, act.about = earlier.to, earlier.about
            act.mark = f"edited by act {number} {act.key}"
            act.body = {"jid": act.to.number, "message_id": act.about, "text": act.mark}
        else:
            deed = self._chance.choice(heard)
            act.to, act.about = deed.by, deed.id
            act.body = {"jid": act.to.number, "message_id": act.about}
            if kind == "react":
                act.body["emoji"] = self._chance.choice(EMOJI)
            elif kind == "read":
                act.body = {"jid": act.to.number, "message_ids": [act.about]}
        return act

    def ask(self, act: Act) -> None:
        """Until the hub has taken it, as a program does that has to be sure: with the same key each time."""
        while not self._give_up.is_set():
            try:
                answer = self._post(act)
            except requests.RequestException as error:
                self._refused(act, f"no answer ({type(error).__name__})")
            else:
                if self._is_taken(act, answer):
                    return
            self._give_up.wait(0.2)

    def _post(self, act: Act) -> requests.Response:
        hub = self._hub()
        headers = {"x-api-key": hub.key, "Idempotency-Key": act.key}
        # Every other one waits for what comes of it, as far as the hub lets it.
        query = "queue=true" if len(self.acts) % 2 else "queue=true&wait=sent&timeout=2"
        return requests.post(f"{hub.url}{act.path}?{query}", json=act.body, headers=headers, timeout=PATIENCE)

    def _is_taken(self, act: Act, answer: requests.Response) -> bool:
        try:
            told = answer.json()
        except requests.JSONDecodeError as error:
            self._refused(
                act, f"{answer.status_code} {dict(answer.headers)}: {answer.content[:200]!r} {error}"
            )
            return False
        if "action_id" in told:
            act.id = told["action_id"]
            if act.kind == "text" and told.get("key"):
                act.about = told["key"]["id"]
            return True
        if answer.status_code == 400 and told["error"].startswith("message_id"):
            act.is_moot = True
            return True
        self._refused(act, f"{answer.status_code}: {told['error']}")
        if answer.status_code < 500:
            self.wrong.append(f"{act.path}: {answer.status_code} {told}")
            act.is_moot = True
            return True
        return False

    def _refused(self, act: Act, why: str) -> None:
        act.refusals.append(why)
        self.refusals[why] += 1
