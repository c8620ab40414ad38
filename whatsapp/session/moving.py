"""Takes an account's link to its phone along when a hub moves to a PostgreSQL."""

import contextlib
import logging
import sqlite3
from typing import Any

from django.db import connection, transaction

from whatsapp.models import Account
from whatsapp.session.credentials import DEVICES, VERSIONS, Credentials, InFile, InSchema
from whatsapp.session.library import ClientFactory

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 1000
# Others refer to these.
FIRST = (DEVICES, "whatsmeow_app_state_version")


def take_link_along(account: Account, credentials: Credentials) -> None:
    """Moves what the file of this machine has into the account's schema, if that has none and the file is of
    the device that is linked. The file goes: it must not be used any more."""
    file = InFile(account.folder / "neonize.db")
    if not isinstance(credentials, InSchema) or not file.path.exists():
        return
    if account.device is None or credentials.is_linked():
        return
    credentials.prepare()
    ClientFactory.get_all_devices_from_db(credentials.address)  # makes the tables
    with contextlib.closing(sqlite3.connect(file.path)) as old:
        if not is_of(old, account.device):
            log.warning("%s is not of the device %s: it stays where it is", file.path, account.device)
            return
        try:
            with transaction.atomic():
                count = copy(old, credentials)
        except LookupError as error:
            log.error("The link in %s can't be moved: %s. Scan a new code.", file.path, error)
            return
    file.forget()
    log.info("Moved the link to the phone (%d rows) from %s into the database", count, file.path)


def is_of(old: sqlite3.Connection, device: str) -> bool:
    return [jid for (jid,) in old.execute(f"SELECT jid FROM {DEVICES}")] == [device]


def copy(old: sqlite3.Connection, credentials: InSchema) -> int:
    """All rows of all tables. Returns how many. Raises LookupError when the two are of different versions of
    the library."""
    schema, count = connection.ops.quote_name(credentials.name), 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version FROM {schema}.{VERSIONS}")
        versions = cursor.fetchone(), old.execute(f"SELECT version FROM {VERSIONS}").fetchone()
        if versions[0] != versions[1]:
            raise LookupError(f"the library's tables are of versions {versions[1]} and {versions[0]}")
        for table, types in tables_in(credentials.name).items():
            columns = ", ".join(types)
            marks = ", ".join(["%s"] * len(types))
            rows = old.execute(f"SELECT {columns} FROM {table}")
            while some := rows.fetchmany(ROWS_AT_ONCE):
                values = [[as_type(*pair) for pair in zip(row, types.values(), strict=True)] for row in some]
                cursor.executemany(f"INSERT INTO {schema}.{table} ({columns}) VALUES ({marks})", values)
                count += len(some)
    return count


def tables_in(schema: str) -> dict[str, dict[str, str]]:
    """Table → column → type, of the library's; those that others refer to come first."""
    found: dict[str, dict[str, str]] = {table: {} for table in FIRST}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name <> %s ORDER BY table_name, ordinal_position",
            [schema, VERSIONS],
        )
        for table, column, data_type in cursor.fetchall():
            found.setdefault(table, {})[column] = data_type
    return found


def as_type(value: Any, data_type: str) -> Any:
    """SQLite has no booleans, and takes texts for bytes."""
    if value is None:
        return None
    if data_type == "boolean":
        return bool(value)
    if data_type == "bytea":
        return value.encode() if isinstance(value, str) else bytes(value)
    return value
