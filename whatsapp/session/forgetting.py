"""Takes a person out of what neonize keeps: keys, names, secrets of messages. It makes anew what it needs."""

import contextlib
import os
import sqlite3

from django.db import connection, transaction

from whatsapp.erasing import Person
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.session.credentials import DEVICES, VERSIONS, InFile, InSchema, credentials_of
from whatsapp.session.moving import tables_in

OWN = (DEVICES, VERSIONS)  # of the account, and not of those whom it knows
TEXT_OF = {"text": "{}", "character varying": "{}", "bytea": "encode({}, 'escape')"}


def forget(account: Account, whom: Person) -> int:
    """Returns how many rows went. Raises lock.Taken while the account's session runs, which has them open."""
    held = lock.hold(account)
    try:
        store = credentials_of(account)
        if isinstance(store, InSchema):
            return forget_in_schema(store, whom)
        assert isinstance(store, InFile)
        return forget_in_file(store, whom)
    finally:
        os.close(held)


def forget_in_file(store: InFile, whom: Person) -> int:
    if not store.path.exists():
        return 0
    gone = 0
    with contextlib.closing(sqlite3.connect(store.path)) as file:
        file.create_function("names", 1, whom.is_named_in)
        tables = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = file.execute("SELECT name FROM pragma_table_info(?)", [table]).fetchall()
            if table not in OWN:
                named = " OR ".join(f'names("{column}")' for (column,) in columns)
                gone += file.execute(f'DELETE FROM "{table}" WHERE {named}').rowcount
        file.commit()
        file.execute("VACUUM")  # what was deleted is still there where it was, until then
    return gone


def forget_in_schema(store: InSchema, whom: Person) -> int:
    gone, schema = 0, connection.ops.quote_name(store.name)
    with transaction.atomic(), connection.cursor() as cursor:
        for table, types in tables_in(store.name).items():
            texts = [
                TEXT_OF[kind].format(connection.ops.quote_name(column))
                for column, kind in types.items()
                if kind in TEXT_OF
            ]
            if table not in OWN and texts:
                named = " OR ".join(f"{text} ~ %s" for text in texts)
                cursor.execute(
                    f"DELETE FROM {schema}.{table} WHERE {named}", [whom.numbers.pattern] * len(texts)
                )
                gone += cursor.rowcount
    return gone
