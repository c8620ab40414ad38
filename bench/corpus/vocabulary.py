"""Invented words: frequent ones are short and rare ones long, as in any language."""

import itertools
import random

WORDS = 20_000
FREQUENT, USUAL = 60, 4_000  # how many words have one syllable; how many after them have few

ONSETS = (
    "b",
    "c",
    "d",
    "f",
    "g",
    "j",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "br",
    "ch",
    "pr",
    "tr",
    "st",
    "qu",
    "",
)
NUCLEI = ("a", "e", "i", "o", "u", "ã", "é", "ai", "ou", "ei")
CODAS = ("", "", "", "l", "m", "n", "r", "s", "z")


def vocabulary(chance: random.Random) -> list[str]:
    """WORDS different words, the most frequent first."""
    words: dict[str, None] = {}
    while len(words) < WORDS:
        if len(words) < FREQUENT:
            syllables = 1
        else:
            syllables = chance.choice((2, 2, 3) if len(words) < USUAL else (2, 3, 3, 4))
        word = "".join(syllable(chance) for _ in range(syllables))
        if len(word) >= 2:
            words.setdefault(word)
    return list(words)


def syllable(chance: random.Random) -> str:
    return chance.choice(ONSETS) + chance.choice(NUCLEI) + chance.choice(CODAS)


def zipf(count: int) -> list[float]:
    """Cumulative weights by Zipf's law: the second is half as frequent as the first, the third a third."""
    return list(itertools.accumulate(1.0 / (rank + 1) for rank in range(count)))
