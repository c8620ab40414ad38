"""What keeps a hub from starting is said in one sentence, and leaves what is stored as it is."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.demo_hub import ROOT, free_port
from tests.servers import SQLITE, database_of
from tests.tools import about_sqlite


@about_sqlite
def test_a_database_of_a_newer_hub_is_left_alone(tmp_path: Path) -> None:
    database_of(tmp_path)
    with closing(sqlite3.connect(tmp_path / SQLITE)) as database, database:
        row = ("whatsapp", "9999_later", "2030-01-01")
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", row)
    before = (tmp_path / SQLITE).read_bytes()
    environment = {"DATA_DIR": str(tmp_path), "ENV_FILE": str(tmp_path / ".env"), "PORT": str(free_port())}
    done = subprocess.run(
        [sys.executable, "-m", "hub.start"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "The hub can't start: its database is of a newer hub than 0.1.0, which has made"
    )
    assert "whatsapp.9999_later" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / SQLITE).read_bytes() == before
