"""The fenced blocks of README and docs, and what is put into them to run them.

A test asks for its block by `block(document, language, *words)`, with texts that stand in its source: so
`test_every_block_is_run.py` can tell which blocks no test asks for, without running anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

from django.conf import settings

from tests.tools import program, run

ROOT = Path(settings.BASE_DIR)
HTTP, WEBSOCKET = "http://localhost:3100", "ws://localhost:3100"  # where the documents' hub is
FENCED = re.compile(r"^( *)(`{3,}|~{3,}) *(\S*).*?\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """`line` is that of its text's beginning; `language` is empty where none is named."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line} ({self.language or 'no language'})"


def documents() -> list[str]:
    return ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@cache
def blocks_of(document: str) -> tuple[Block, ...]:
    return blocks_in(document, (ROOT / document).read_text())


def blocks_in(document: str, text: str) -> tuple[Block, ...]:
    return tuple(
        Block(document, text.count("\n", 0, found.start(4)) + 1, found[3], dedent(found[4]))
        for found in FENCED.finditer(text)
    )


def found_in(blocks: Sequence[Block], language: str, words: Sequence[str]) -> Block:
    """The one of that language that has all of the words. Raises LookupError."""
    every = [one for one in blocks if one.language == language and all(word in one.text for word in words)]
    if len(every) != 1:
        raise LookupError(f"{len(every)} blocks in {language} have {words}: it must be one")
    return every[0]


def block(document: str, language: str, *words: str) -> str:
    """The text of the document's one block of that language that has all of the words."""
    return found_in(blocks_of(document), language, words).text


def put_in(text: str, *pairs: tuple[str, str]) -> str:
    """The text with the second of each pair in the place of the first, which must be there."""
    for word, other in pairs:
        assert word in text, f"{word!r} is not in {text!r}"
        text = text.replace(word, other)
    return text


def addressed(text: str, url: str) -> str:
    """The text with the hub's own address (`http://127.0.0.1:…`)."""
    return text.replace(HTTP, url).replace(WEBSOCKET, url.replace("http", "ws", 1))


def answers(text: str, url: str, key: str, folder: Path) -> list[Any]:
    """Runs commands of curl's; the JSON of each answer."""
    program("curl")
    quiet = re.sub(r"^curl", "curl --silent --show-error", addressed(text, url), flags=re.MULTILINE)
    left = run(["bash", "-euc", quiet], folder, API_KEY=key).strip()
    found, decoder = [], json.JSONDecoder()
    while left:
        answer, end = decoder.raw_decode(left)
        found.append(answer)
        left = left[end:].strip()
    return found
