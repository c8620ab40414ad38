"""Who is in the demo, and how each of them talks. The numbers are reserved for fiction."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Words = Callable[[random.Random, str], str]

FACTS = (
    "honey never spoils",
    "octopuses have three hearts",
    "the Eiffel Tower grows 15 cm in summer",
    "bananas are berries, and strawberries are not",
    "a day on Venus is longer than its year",
    "sea otters hold hands while they sleep",
    "there are more trees on Earth than stars in the Milky Way",
)
QUESTIONS = (
    "What makes you say that?",
    "And what happened then?",
    "Since when?",
    "Who else knows?",
    "Would you do it again?",
    "Is that a yes?",
)
CHEERS = ("Love it!", "Yesss", "Perfect, thank you!", "Haha, same here", "Can't wait!", "You're the best")
PLANS = (
    "Let me put it on the list.",
    "Noted for Saturday.",
    "I'll book it tonight.",
    "Adding it to the plan.",
)


def tells_a_fact(chance: random.Random, heard: str) -> str:
    """Repeats what was said and knows something."""
    return f"“{_short(heard)}”? Did you know that {chance.choice(FACTS)}?"


def asks_back(chance: random.Random, heard: str) -> str:
    """Never answers without a question."""
    return f"{chance.choice(QUESTIONS)}"


def cheers(chance: random.Random, heard: str) -> str:
    """Is happy about everything."""
    return f"{chance.choice(CHEERS)} {chance.choice('🎉😄💛🙌')}"


def plans(chance: random.Random, heard: str) -> str:
    """Takes everything for something to be planned."""
    return chance.choice(PLANS)


def counts(chance: random.Random, heard: str) -> str:
    """Has numbers for everything."""
    words = len(heard.split())
    return f"That's {words} word{'s' * (words != 1)} and {len(heard)} characters, if anybody wants to know."


@dataclass(frozen=True)
class Role:
    """One contact of the demo. ``habit`` is what else may come with an answer."""

    name: str
    number: str
    about: str
    colour: tuple[int, int, int]
    answer: Words
    habit: str = ""
    addressing: str = "pn"


OWNER = Role("Olivia Martin", "12025550143", "", (70, 110, 170), cheers)

ALICE = Role("Alice Novak", "12025550161", "Out hiking", (150, 80, 140), plans)
BEN = Role("Ben Carter", "12025550172", "Ask me anything", (60, 130, 90), tells_a_fact)
CHIARA = Role("Chiara Rossi", "447700900118", "📷", (190, 110, 60), cheers, habit="picture")
DANIEL = Role("Daniel Okafor", "447700900154", "?", (80, 90, 160), asks_back, habit="voice")
EMMA = Role("Emma Lindqvist", "447700900187", "Numbers, mostly", (170, 60, 80), counts, addressing="lid")

CONTACTS = (ALICE, BEN, CHIARA, DANIEL, EMMA)

#: What contacts say when nothing else happens: who, and what.
SMALL_TALK: tuple[tuple[Role, str], ...] = (
    (ALICE, "The forecast for Saturday just got better"),
    (ALICE, "Does anybody still have my blue rucksack?"),
    (BEN, "I read that chamois can jump two metres straight up"),
    (BEN, "Fun fact of the day, anyone?"),
    (CHIARA, "The light this morning was unreal"),
    (CHIARA, "I need a new lens. I say this every month"),
    (DANIEL, "Are we really getting up at six?"),
    (DANIEL, "Who is driving?"),
    (EMMA, "11.4 kilometres, 640 metres up, 1,150 calories. Each."),
    (EMMA, "I made a spreadsheet for the snacks"),
)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
