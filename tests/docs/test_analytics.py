"""The SQL of docs/integrating.md, on a hub's database whose rows are known."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_chat,
    build_contact,
    build_message,
    build_newest_reaction,
)
from tests.docs.blocks import block
from tests.tools import about_sqlite, program, run

pytestmark = [pytest.mark.django_db(transaction=True), about_sqlite]

MINUTE, DAY = 60, 86_400
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def known_rows(transactional_db: None) -> None:
    """May 1st and 2nd, 2024: Alice is answered after 10 and 30 minutes, Bob after 5."""
    build_contact(ALICE, name="Alice Adler", notify_name="Al")
    build_contact(BOB, notify_name="Bobby")
    build_chat(FAMILY, name="Family")
    build_message("The invoice, please", chat=ALICE, at=NOON)
    build_message("And soon", chat=ALICE, at=NOON + MINUTE)
    mine = build_message("Here", chat=ALICE, at=NOON + 10 * MINUTE, from_me=True)
    build_message("A reaction", chat=ALICE, at=NOON + 11 * MINUTE, message_type="reaction")
    build_message("Thanks", chat=ALICE, at=NOON + DAY)
    build_message("Welcome", chat=ALICE, at=NOON + DAY + 30 * MINUTE, from_me=True)
    build_message("Invoices?", chat=BOB, at=NOON + DAY)
    build_message("invoice 7", chat=BOB, at=NOON + DAY + 5 * MINUTE, from_me=True)
    build_message("Anyone?", chat=FAMILY, sender=ALICE, at=NOON + DAY)
    build_message("Me", chat=FAMILY, at=NOON + DAY + MINUTE, from_me=True)
    build_newest_reaction(mine, "👍", sender=ALICE)


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Asks the hub's file, opened read-only."""
    file = Path(settings.DATA_DIR) / "whatsapp-hub.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as hub:
        yield lambda query: hub.execute(query).fetchall()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One in which `data` is the hub's."""
    (tmp_path / "data").symlink_to(settings.DATA_DIR)
    return tmp_path


def test_the_file_is_opened_by_sqlites_own_program(folder: Path) -> None:
    program("sqlite3")
    printed = run(["bash", "-euc", block("docs/integrating.md", "sh", "sqlite3 -readonly")], folder)
    assert printed == "messages\n10\n"


def test_the_file_is_opened_by_python(folder: Path) -> None:
    (folder / "count.py").write_text(block("docs/integrating.md", "python", "mode=ro"))
    assert run([program("python"), "count.py"], folder) == "text 9\nreaction 1\n"


def test_messages_by_day(ask: Ask) -> None:
    found = ask(block("docs/integrating.md", "sql", "AS received"))
    assert found == [("2024-05-01", 2, 1), ("2024-05-02", 3, 3)]


def test_who_writes_most(ask: Ask) -> None:
    found = ask(block("docs/integrating.md", "sql", "AS who"))
    assert found == [("Alice Adler", 4, "2024-05-02"), ("Bobby", 1, "2024-05-02")]


def test_how_long_people_wait(ask: Ask) -> None:
    found = ask(block("docs/integrating.md", "sql", "AS minutes"))
    assert found == [(ALICE, 2, 20.0), (BOB, 1, 5.0)]


def test_which_reactions_one_gets(ask: Ask) -> None:
    assert ask(block("docs/integrating.md", "sql", "reaction.emoji")) == [("👍", 1)]


def test_how_often_something_is_spoken_of(ask: Ask) -> None:
    build_message("invoice, still", chat=BOB, at=NOON + 31 * DAY)
    found = ask(block("docs/integrating.md", "sql", "MATCH"))
    assert found == [("2024-05", 2), ("2024-06", 1)]


def test_the_last_days_are_a_range_of_ids(ask: Ask) -> None:
    yesterday = int(time.time()) // DAY * DAY - 5 * 3600  # at 19 o'clock
    build_message("Yesterday", at=yesterday)
    build_message("Yesterday, too", at=yesterday + MINUTE)
    build_message("A month ago", at=yesterday - 31 * DAY)
    query = block("docs/integrating.md", "sql", "<< 20")
    assert ask(query) == [("19", 2)]
    assert "USING INTEGER PRIMARY KEY (rowid>?)" in str(ask(f"EXPLAIN QUERY PLAN {query}"))
