"""Where neonize keeps an account's credentials, and what its store knows that its library doesn't tell.

The store is a file beside the hub's own database; where that is a PostgreSQL, a schema in it, so that another
machine can go on with the session. Each account has a store of its own, as the library takes the first device
that it finds.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

from django.db import connection, transaction

from whatsapp.changes import LONGEST_PAUSE_MS
from whatsapp.models import Account

DEVICES, SECRETS, VERSIONS = "whatsmeow_device", "whatsmeow_message_secrets", "whatsmeow_version"

LOOK_UP = """
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
row = database.execute(sys.argv[2], [bytes.fromhex(word) for word in sys.argv[3:]]).fetchone()
print(row[0] if row else "")
"""

# Of libpq's parameters those that the library's driver knows too (github.com/lib/pq, connector.go).
CONNECTING = (
    *("host", "port", "dbname", "user", "connect_timeout", "target_session_attrs"),
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslnegotiation"),
)


class Credentials(Protocol):
    """An account's store of credentials."""

    @property
    def address(self) -> str:
        """What neonize is told; may have a password in it."""

    @property
    def is_closed_by_library(self) -> bool:
        """Whether what a line has opened of the store costs nothing once the line is closed."""

    def prepare(self) -> None:
        """Makes room for the store, which the library fills."""

    def is_linked(self) -> bool:
        """Whether the store holds a device that a phone has linked."""

    def message_with_secret(self, secret: bytes) -> str | None:
        """The id of the message that carries `secret`, if the library got as far as sending it.

        whatsmeow writes a message's secret down right before the message goes out (send.go), and gives it an
        id of its own choice that we learn only afterwards. So after a crash the store tells the two cases
        apart.
        """

    def forget(self) -> None:
        """Deletes the store."""


@dataclass(frozen=True, slots=True)
class InFile:
    """A SQLite file.

    A process of its own looks into it: were this one to open and close the file, it would drop the locks that
    the library's SQLite holds on it, as POSIX locks belong to processes.
    """

    path: Path
    is_closed_by_library = True

    @property
    def address(self) -> str:
        return str(self.path)

    def prepare(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def is_linked(self) -> bool:
        return self._first("jid", DEVICES) is not None

    def message_with_secret(self, secret: bytes) -> str | None:
        return self._first("message_id", SECRETS, secret)

    def forget(self) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()

    def _first(self, column: str, table: str, key: bytes | None = None) -> str | None:
        """The column of the table's first row (with that key); None where there is no row or no store. Raises
        SubprocessError."""
        if not self.path.exists():
            return None
        statement = f"SELECT {column} FROM {table}" + (" WHERE key = ?" if key else "")
        words = [sys.executable, "-I", "-c", LOOK_UP, str(self.path), statement]
        if key:
            words.append(key.hex())
        found = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
        return found.stdout.strip() or None


@dataclass(frozen=True, slots=True)
class InSchema:
    """A schema of the hub's PostgreSQL."""

    name: str
    # The library leaves its connections open.
    is_closed_by_library = False

    @property
    def address(self) -> str:
        """The library takes it for a SQLite file's name first (`getDB` in goneonize's main.go). With a slash
        before the database's it is one in a folder that isn't there, and no such file is made."""
        connection.ensure_connection()
        info = connection.connection.info
        known = {"host": info.host, "dbname": info.dbname, **info.get_parameters(), "password": info.password}
        parameters = {name: known[name] for name in (*CONNECTING, "password") if known.get(name)}
        # All others are settings of the server's.
        parameters |= {
            "sslmode": parameters.get("sslmode", "prefer"),
            "search_path": self.name,
            "idle_in_transaction_session_timeout": str(LONGEST_PAUSE_MS),
        }
        database = quote(parameters.pop("dbname"), safe="")
        return f"postgres:///{database}?{urlencode(parameters, quote_via=quote)}"

    def prepare(self) -> None:
        """The library looks for its table of versions in all schemas (`TableExists` in go.mau.fi/util's
        dbutil), and makes none where another account's is. So it finds one here."""
        schema = connection.ops.quote_name(self.name)
        with transaction.atomic(), connection.cursor() as cursor:
            if not self._has(VERSIONS):
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                cursor.execute(f"CREATE TABLE {schema}.{VERSIONS} (version INTEGER, compat INTEGER)")

    def is_linked(self) -> bool:
        return self._first("jid", DEVICES) is not None

    def message_with_secret(self, secret: bytes) -> str | None:
        return self._first("message_id", SECRETS, secret)

    def forget(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(self.name)} CASCADE")

    def _first(self, column: str, table: str, key: bytes | None = None) -> str | None:
        """The column of the table's first row (with that key); None where there is no row or no store."""
        if not self._has(table):
            return None
        statement = f"SELECT {column} FROM {connection.ops.quote_name(self.name)}.{table}"
        with connection.cursor() as cursor:
            cursor.execute(statement + (" WHERE key = %s" if key else ""), [key] if key else [])
            row = cursor.fetchone()
        return row[0] if row else None

    def _has(self, table: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{self.name}".{table}'])
            return bool(cursor.fetchone()[0])


def credentials_of(account: Account) -> Credentials:
    if connection.vendor == "postgresql":
        return InSchema(f"neonize_{account.pk}")
    return InFile(account.folder / "neonize.db")


def remove_all(account: Account) -> None:
    """Deletes what the sessions of an account that is gone have kept on this machine, and its credentials."""
    credentials_of(account).forget()
    shutil.rmtree(account.folder, ignore_errors=True)
