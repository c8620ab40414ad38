"""Asks the library and WhatsApp for what no event tells, and puts the answers into the inbox.

Each question has its own pace. A new connection asks all of them again, and some events make one due at once:
they say that something has changed, but not what it is now.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from google.protobuf.message import Message as Protobuf

from whatsapp import preferences
from whatsapp.ingest import codes
from whatsapp.ingest.inbox import Inbox
from whatsapp.models import Account
from whatsapp.session.library import NeonizeError
from whatsapp.session.line import Line
from whatsapp.session.worker import Worker

log = logging.getLogger(__name__)

SECONDS_AFTER_REFUSAL = 10.0  # doubled with each further one, up to the question's own pace

Ask = Callable[["Asking", Line], Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and every how many seconds; `more` is the pause when an answer says that there is more
    to ask."""

    ask: Ask
    every: float
    more: float = 1.0


QUESTIONS: dict[str, Question] = {}

# Events that make questions due: what they tell of has changed, or there is more of it.
PROMPTS = {
    codes.PRIVACY_SETTINGS: ("privacy",),  # neonize doesn't fill in the new settings
    codes.PICTURE: ("profiles", "group_pictures"),
    codes.OFFLINE_SYNC_COMPLETED: ("contacts", "chat_settings"),
    codes.HISTORY_SYNC: ("contacts", "addresses"),
    codes.JOINED_GROUP: ("invite_codes", "group_pictures"),
}


def question(every: float, more: float = 1.0) -> Callable[[Ask], Ask]:
    """Makes the decorated function a question. It returns something true when there is more to ask."""

    def register(ask: Ask) -> Ask:
        QUESTIONS[ask.__name__] = Question(ask, every, more)
        return ask

    return register


@dataclass(slots=True)
class Memory:
    """What was asked for on this connection; a new one begins with none."""

    due: dict[str, float] = field(default_factory=dict)  # question → time.monotonic()
    followed: set[str] = field(default_factory=set)  # whose presence we hear of
    is_online: bool | None = None  # to others; None: not said yet
    refusals: dict[str, int] = field(default_factory=dict)  # question → how many in a row
    last_address_key: int = 0


class Asking(Worker):
    """Asks one question after another, each when it is due, while the line is up."""

    name = "asking"
    pause = 0.5  # questions fall due by the clock, not by news

    def __init__(self, account: Account, inbox: Inbox, line: Callable[[], Line | None]) -> None:
        super().__init__()
        self.account = account
        self.inbox = inbox
        self.line = line
        self.memory = Memory()
        self.contacts: dict[str, bytes] = {}  # as the library last told; it forgets none on a new connection

    def begin_anew(self) -> None:
        """WhatsApp has a new connection of ours: what it was asked on the last one counts no more."""
        self.memory = Memory()

    def prompt(self, code: int) -> None:
        """Makes due what an event of this kind says has changed."""
        for name in PROMPTS.get(code, ()):
            self.memory.due[name] = 0.0

    def step(self) -> bool:
        line = self.line()
        if line is None:
            return False
        now = time.monotonic()
        due = self.memory.due
        wanted = preferences.get("trackPresence")
        if self.memory.is_online not in (None, wanted) and "presence" not in self.memory.refusals:
            due["presence"] = 0.0
        name = next((name for name in QUESTIONS if due.get(name, 0.0) <= now), None)
        if name is None:
            return False
        chosen = QUESTIONS[name]
        due[name] = now + chosen.every
        try:
            more = chosen.ask(self, line)
        except NeonizeError as error:
            refusals = self.memory.refusals[name] = self.memory.refusals.get(name, 0) + 1
            due[name] = now + min(chosen.every, SECONDS_AFTER_REFUSAL * 2 ** (refusals - 1))
            log.info("No answer yet for %s: %s", name.replace("_", " "), reason_of(error))
        else:
            self.memory.refusals.pop(name, None)
            if more:
                due[name] = time.monotonic() + chosen.more
        return True

    def answer(self, code: int, answer: Protobuf | list[Any] | dict[str, Any]) -> None:
        """Puts an answer into the inbox."""
        if isinstance(answer, Protobuf):
            self.inbox.receive(code, answer.SerializePartialToString())
        else:
            self.inbox.receive(code, orjson.dumps(answer))


def reason_of(error: NeonizeError) -> str:
    """What the library says; some of its errors hold bytes."""
    words = error.args[0] if error.args else ""
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
