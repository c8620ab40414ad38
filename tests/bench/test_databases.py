"""What a database takes, and copies of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bench.hubs import databases
from bench.hubs.databases import PostgreSQL, SQLite, size_of
from tests.servers import NotInstalled, database_url
from tests.tools import lacking


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
    SQLite().copy(folder, target)
    assert sorted(path.name for path in target.iterdir()) == ["auth", "whatsapp-hub.db"]
    assert size_of(target) == size_of(folder)


def test_on_postgresql_each_folder_has_a_database_of_its_own(folder: Path, tmp_path: Path) -> None:
    try:
        databases = PostgreSQL(database_url("postgres"))
    except NotInstalled as error:
        lacking(str(error))
    url = databases.settings(folder)["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE whatsapp_message_fts AS SELECT generate_series(1, 100000) AS rowid")
    target = tmp_path / "copy"
    databases.copy(folder, target)
    assert (target / "whatsapp-hub.db").exists()
    size = databases.size_of(target)
    assert size.whole > size.index == size.tables["whatsapp_message_fts"] > 3
    copied = databases.settings(target)["DATABASE_URL"]
    assert copied != url
    databases.remove(target)
    assert not target.exists()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copied)
    databases.remove(folder)
