"""Consistent copies of databases, while others go on writing to them."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection, connections, transaction

# libpq's variables → Django's settings of the database, and its options
VARIABLES = {f"PG{name}": name for name in ("HOST", "PORT", "USER", "PASSWORD")} | {"PGDATABASE": "NAME"}
VERSION = re.compile(r"\) (\d+)")
SETTING = re.compile(rb"^SET (\w+) = ", re.MULTILINE)
MOST_OF_HEAD = 4096  # bytes: it sets a dozen
OPTIONS = {f"PG{name.upper()}": name for name in ("sslmode", "sslcert", "sslkey", "sslrootcert")}


class NotDone(Exception):
    """A database could not be copied or put back; the message says why in a sentence."""


@contextlib.contextmanager
def nothing_is_taken_in() -> Iterator[None]:
    """While it lasts, no session takes an event out of its spool."""
    with transaction.atomic():  # on SQLite nobody else writes then
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE whatsapp_account IN SHARE MODE")
        yield


@contextlib.contextmanager
def snapshot() -> Iterator[Callable[[Path], None]]:
    """Yields what writes the hub's database, as it is now, to a file that isn't there yet."""
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        with contextlib.closing(sqlite3.connect(name, isolation_level=None)) as own:
            own.execute("BEGIN")
            own.execute("SELECT count(*) FROM sqlite_master").fetchone()  # what it sees begins with a look
            yield lambda path: copy(own, path)
        return
    own_connection = connections.create_connection("default")
    try:
        with own_connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (name,) = cursor.fetchone()
            yield lambda path: write_dump(path, name)
    finally:
        own_connection.close()


def write_dump(path: Path, snapshot_name: str) -> None:
    run("pg_dump", "--format=custom", f"--snapshot={snapshot_name}", f"--file={path}")


def put_back(dump: Path) -> None:
    """Fills the empty PostgreSQL of the settings with what `snapshot` has written. Raises NotDone."""
    owned = ("--no-owner", "--no-privileges")
    if version_of("pg_restore") <= version_of_server():
        whole = ("--single-transaction", "--exit-on-error")
        database = f"--dbname={connection.settings_dict['NAME']}"
        run("pg_restore", *owned, *whole, database, str(dump))
        return
    # One that is newer than the server begins with settings that the server may not know, and fails at them.
    script = dump.with_name(f"{dump.name}.sql")
    run("pg_restore", *owned, f"--file={script}", str(dump))
    leave_out_unknown_settings(script)
    whole = ("--single-transaction", "--set=ON_ERROR_STOP=1")
    run("psql", "--no-psqlrc", "--quiet", "--output=/dev/null", *whole, f"--file={script}")


def version_of(program: str) -> int:
    """The first number of its version."""
    said = run(program, "--version")
    found = VERSION.search(said)
    if found is None:
        raise NotDone(f"{program} does not say which version it is: {said!r}.")
    return int(found[1])


def version_of_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        return int(cursor.fetchone()[0])


def leave_out_unknown_settings(script: Path) -> None:
    """Makes comments of what a script of pg_restore's sets at its beginning and the server doesn't know."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings")
        known = {name for (name,) in cursor.fetchall()}
    with script.open("r+b") as file:
        head = file.read(MOST_OF_HEAD).partition(b"\nCREATE ")[0]
        for found in SETTING.finditer(head):
            if found[1].decode() not in known:
                file.seek(found.start())
                file.write(b"-- ")  # in the place of SET


def copy(database: sqlite3.Connection, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as target:
        database.backup(target)


def copy_file(source: Path, target: Path) -> None:
    """Copies a SQLite file that another process may be writing to."""
    with contextlib.closing(sqlite3.connect(source)) as database:
        copy(database, target)


def is_whole(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with its file."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False


def run(program: str, *words: str) -> str:
    """What one of PostgreSQL's own programs prints, on the database of the settings. Raises NotDone."""
    path = shutil.which(program)
    if path is None:
        raise NotDone(f"{program} is not there (Debian: postgresql-client).")
    database = connection.settings_dict
    told = {variable: database.get(name) for variable, name in VARIABLES.items()}
    told |= {variable: database["OPTIONS"].get(name) for variable, name in OPTIONS.items()}
    environment = os.environ | {variable: str(value) for variable, value in told.items() if value}
    done = subprocess.run(
        [path, *words, "--no-password"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotDone(f"{program} failed: {' '.join(done.stderr.split())}")
    return done.stdout
