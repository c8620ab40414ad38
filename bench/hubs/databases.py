"""Hubs' data folders: loaded once, then used by one group of measurements after another."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

DATABASE = "whatsapp-hub.db"
INDEX = "whatsapp_message_fts"  # the full-text index; its own tables begin so
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Size:
    """In MiB. `tables` are tables and indexes with what they take, the largest first; empty where this SQLite
    can't tell (it is compiled without dbstat)."""

    whole: float
    index: float
    tables: dict[str, float]


def copy(source: Path, target: Path) -> None:
    """A data folder of a hub that does not run."""
    shutil.rmtree(target, ignore_errors=True)
    # What processes listened on is not to be copied, and no use.
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*-news", "output", "*.log"))


def size_of(folder: Path) -> Size:
    """How large the database of a hub is that does not run. What waits in its write-ahead log is put in its
    place first."""
    path = folder / DATABASE
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = sizes_of_tables(database)
        if tables:
            index = sum(size for name, size in tables.items() if name.startswith(INDEX))
        else:
            (blocks,) = database.execute(f"SELECT sum(length(block)) FROM {INDEX}_data").fetchone()
            index = (blocks or 0) / MIB
    return Size(round(path.stat().st_size / MIB, 1), round(index, 1), tables)


def sizes_of_tables(database: sqlite3.Connection) -> dict[str, float]:
    try:
        rows = database.execute(
            "SELECT name, pgsize FROM dbstat WHERE aggregate ORDER BY pgsize DESC"
        ).fetchall()
    except sqlite3.OperationalError:  # no such table
        return {}
    return {name: round(size / MIB, 1) for name, size in rows}
