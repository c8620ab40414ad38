"""The dictionary of WhatsApp's binary XML: words that are sent as one or two bytes.

The simulator ships no table. It learns the words from the installed library (see ``learning.py``) and keeps
them beside its certificates, one file for each version of neonize.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

#: Single bytes 1 to 235 are words; 236 to 239 each open a dictionary of 256 more.
SINGLE_COUNT = 235
DOUBLE_DICTIONARIES = 4
DOUBLE_COUNT = 256


@dataclass(frozen=True)
class Tokens:
    """The words in the order of their bytes: first the single ones, then the four dictionaries."""

    words: tuple[str, ...] = ()

    def single(self, byte: int) -> str:
        """The word of one byte."""
        return self._word(byte - 1)

    def double(self, dictionary: int, byte: int) -> str:
        """The word of one byte in one of the four dictionaries."""
        return self._word(SINGLE_COUNT + dictionary * DOUBLE_COUNT + byte)

    def _word(self, index: int) -> str:
        if not 0 <= index < len(self.words):
            raise ValueError(f"there is no word number {index} in the dictionary")
        return self.words[index]


def cache_path(directory: Path) -> Path:
    """Where the words of the installed neonize are kept."""
    return directory / f"tokens-neonize-{version('neonize')}.json"


def load(directory: Path) -> Tokens | None:
    """The words learned earlier, None if they are still to be learned."""
    path = cache_path(directory)
    return Tokens(tuple(json.loads(path.read_text()))) if path.exists() else None


def save(directory: Path, words: list[str]) -> Tokens:
    """Keeps the words for the next time."""
    path = cache_path(directory)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(words))
    draft.replace(path)
    return Tokens(tuple(words))
