"""A database that an earlier hub has made becomes one of this hub, with all that is in it."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests import releases
from tests.servers import SQLITE, migrate
from tests.tools import about_sqlite

FILES = sorted(Path(releases.__file__).parent.glob("*.db.gz"))
LOOK = """
import json
import django; django.setup()
from whatsapp import doctor
from whatsapp.models import Message
from whatsapp.search import search
found = [one.message_id for one in search(Message.objects.all(), "lighthouse")]
parts = ("database", "search and counts", "secrets")
wrong = [one.what for part in parts for one in doctor.EXAMINATIONS[part](part) if one.level != "good"]
print(json.dumps([len(found), wrong, Message.objects.all().count()]))
"""


def rows_in(path: Path) -> dict[str, int]:
    """The hub's own tables, and how many rows they have; not those that triggers or migrate keep."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        ours = [
            name
            for (name,) in tables
            if name.startswith("whatsapp_") and "_fts" not in name and "_names" not in name
        ]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ours}


@about_sqlite
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_it_goes_on_with_the_database_of_an_earlier_hub(file: Path, tmp_path: Path) -> None:
    database = tmp_path / SQLITE
    database.write_bytes(gzip.decompress(file.read_bytes()))
    before = rows_in(database)
    assert all(before.values()), "each table has a row"

    migrate(tmp_path)

    after = rows_in(database)
    assert {name: after.get(name) for name in before} == before
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "DATA_DIR": str(tmp_path)}
    looked = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    found, wrong, messages = json.loads(looked.stdout)
    # What a random key of the other machine has sealed can't be opened on this one.
    assert [one for one in wrong if "encrypted with another key" not in one] == []
    assert (found, messages) == (1, before["whatsapp_message"])
