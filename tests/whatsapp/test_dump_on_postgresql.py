"""What PostgreSQL's own tools have dumped of a hub can be put back."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.servers import NotInstalled, own_database
from tests.tools import lacking, program

FILL = """
import django; django.setup()
from tests.builders import build_message
build_message("To the lighthouse, at Orléans")
"""
LOOK = """
import django; django.setup()
from tests.builders import build_message
from whatsapp.models import Message
from whatsapp.search import broken_parts, search
from whatsapp.tallies import missing_parts
build_message("Another lighthouse, at Orleans")
found = [one.body for one in search(Message.objects.all(), "orleans lighthouse")]
print(len(found), broken_parts(), missing_parts())
"""


def run(own: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        words, env=own, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_dump_becomes_a_hub_whose_search_and_counts_are_whole(tmp_path: Path) -> None:
    try:
        old, new = (own_database(tmp_path / name, is_empty=name == "new") for name in ("old", "new"))
    except NotInstalled as error:
        lacking(str(error))
    dump = str(tmp_path / "dump")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    run(environment | old, sys.executable, "-c", FILL)
    run(environment, program("pg_dump"), "--format=custom", f"--file={dump}", old["DATABASE_URL"])
    whole = ("--exit-on-error", "--single-transaction")
    run(environment, program("pg_restore"), *whole, f"--dbname={new['DATABASE_URL']}", dump)
    assert run(environment | new, sys.executable, "-c", LOOK) == "2 [] []\n"
