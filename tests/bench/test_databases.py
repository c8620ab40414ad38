"""What a database takes, and copies of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.hubs import databases
from bench.hubs.databases import copy, size_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub's folder with a database that is mostly full-text index."""
    made = tmp_path / "hub"
    made.mkdir()
    with closing(sqlite3.connect(made / "whatsapp-hub.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE whatsapp_message (id INTEGER PRIMARY KEY, body TEXT)")
        database.execute("CREATE VIRTUAL TABLE whatsapp_message_fts USING fts5(body)")
        words = [(" ".join(f"w{number}x{place}" for place in range(200)),) for number in range(1_000)]
        database.executemany("INSERT INTO whatsapp_message_fts (body) VALUES (?)", words)
        database.execute("INSERT INTO whatsapp_message (body) VALUES (?)", ["x" * 100_000])
        database.commit()
    return made


def test_the_index_is_weighed_with_all_of_its_tables(folder: Path) -> None:
    size = size_of(folder)
    assert size.whole == pytest.approx((folder / "whatsapp-hub.db").stat().st_size / 2**20, abs=0.1)
    assert 0.8 * size.whole < size.index < size.whole


def test_where_sqlite_can_not_tell_what_tables_take_their_content_is_added_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = size_of(folder)
    monkeypatch.setattr(databases, "sizes_of_tables", lambda database: {})
    size = size_of(folder)
    assert (size.whole, size.tables) == (known.whole, {})
    assert size.index == pytest.approx(known.index, rel=0.15)


def test_a_copy_has_the_data_and_neither_logs_nor_sockets(folder: Path, tmp_path: Path) -> None:
    (folder / "output").write_text("said")
    (folder / "whatsapp-hub.db-news").mkdir()
    (folder / "auth").mkdir()
    target = tmp_path / "copy"
    target.mkdir()
    (target / "old").touch()
    copy(folder, target)
    assert sorted(path.name for path in target.iterdir()) == ["auth", "whatsapp-hub.db"]
    assert size_of(target) == size_of(folder)
