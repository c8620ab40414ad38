"""Hubs' data folders and databases: loaded once, then used by one group of measurements after another."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

DATABASE = "whatsapp-hub.db"
INDEX = "whatsapp_message_fts"  # the full-text index; its own tables begin so
MIB = 2**20

SIZES_ON_POSTGRESQL = """
    SELECT relname, pg_table_size(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') ORDER BY 2 DESC
"""


@dataclass(frozen=True, slots=True)
class Size:
    """In MiB. `tables` are tables and indexes with what they take, the largest first; empty where this SQLite
    can't tell (it is compiled without dbstat)."""

    whole: float
    index: float
    tables: dict[str, float]


class Databases(Protocol):
    """Where the databases of the hubs are whose data folders are given."""

    def settings(self, folder: Path) -> dict[str, str]:
        """What the hub needs to be told, after which there is a database."""

    def copy(self, source: Path, target: Path) -> None:
        """Copies the data of a hub that does not run."""

    def size_of(self, folder: Path) -> Size:
        """How large the database of a hub is that does not run."""

    def remove(self, folder: Path) -> None:
        """Removes all of a hub that does not run."""


class SQLite:
    """Each is a file in its folder."""

    def settings(self, folder: Path) -> dict[str, str]:
        return {}

    def copy(self, source: Path, target: Path) -> None:
        copy_folder(source, target)

    def size_of(self, folder: Path) -> Size:
        """What waits in the write-ahead log is put in its place first."""
        return size_of(folder)

    def remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """Each is one of its own on a server. `url` is that of any database there; its user may make more."""

    url: str

    def settings(self, folder: Path) -> dict[str, str]:
        name = self._name(folder)
        with self._connected() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(
                    SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(Identifier(name))
                )
        return {"DATABASE_URL": self._url(name)}

    def copy(self, source: Path, target: Path) -> None:
        self.remove(target)
        copy_folder(source, target)
        names = Identifier(self._name(target)), Identifier(self._name(source))
        with self._connected() as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))

    def size_of(self, folder: Path) -> Size:
        with psycopg.connect(self._url(self._name(folder)), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            (whole,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
            rows = connection.execute(SIZES_ON_POSTGRESQL).fetchall()
        tables = {name: round(size / MIB, 1) for name, size in rows}
        index = sum(size for name, size in tables.items() if name.startswith(INDEX))
        return Size(round(whole / MIB, 1), round(index, 1), tables)

    def remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        name = Identifier(self._name(folder))
        with self._connected() as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _name(self, folder: Path) -> str:
        return f"bench_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"

    def _url(self, name: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)


def copy_folder(source: Path, target: Path) -> None:
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
