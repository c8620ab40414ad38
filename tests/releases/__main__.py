"""Writes the database of this hub, with a row in every table."""

import gzip
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "ENV_FILE": os.devnull,
            "API_KEY": "only-for-its-tables",
            "DATA_DIR": folder,
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from tests.builders import build_message
        from tests.whatsapp.admin.rows import ROWS, TABLES
        from whatsapp.models import Account, Connection

        call_command("migrate", verbosity=0)
        for model in TABLES:
            if model not in (Account, Connection):
                ROWS[model](1)
        build_message("To the lighthouse")
        with closing(sqlite3.connect(f"{folder}/copy")) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            names = "SELECT name FROM django_migrations WHERE app = 'whatsapp' ORDER BY name DESC"
            (newest,) = copy.execute(names).fetchone()
        connection.close()
        target = FOLDER / f"{newest}.db.gz"
        target.write_bytes(gzip.compress(Path(f"{folder}/copy").read_bytes(), mtime=0))
        print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
