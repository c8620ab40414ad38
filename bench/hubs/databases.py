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
            index = size_of_index(database)
    return Size(
        round(path.stat().st_size / MIB, 1),
        round(index, 1),
        {name: round(size, 1) for name, size in tables.items()},
    )


def sizes_of_tables(database: sqlite3.Connection) -> dict[str, float]:
    pages = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC"
    try:
        rows = database.execute(pages).fetchall()
    except sqlite3.OperationalError:  # no such table
        return {}
    return {name: size / MIB for name, size in rows}


def size_of_index(database: sqlite3.Connection) -> float:
    """What is in the full-text index's own tables, without what SQLite needs to keep it in order."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    its_own = [name for (name,) in tables if name.startswith(f"{INDEX}_")]
    return sum(size_of_values(database, name) for name in its_own) / MIB


def size_of_values(database: sqlite3.Connection, table: str) -> int:
    columns = [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", [table])]
    lengths = " + ".join(f"coalesce(length(CAST({name} AS BLOB)), 0)" for name in columns)
    (size,) = database.execute(f"SELECT coalesce(sum({lengths}), 0) FROM {table}").fetchone()
    return int(size)
