"""A hub on PostgreSQL is backed up by PostgreSQL's own tools, and put back into another database."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.servers import NotInstalled, own_database
from tests.tools import lacking, program

FILL = """
import django; django.setup()
from tests.whatsapp.admin.rows import ROWS, TABLES
from whatsapp.models import Account, Connection
for model in TABLES:
    if model not in (Account, Connection):
        ROWS[model](1)
account = Account.default()
account.folder.mkdir(parents=True, exist_ok=True)
account.spool.write_bytes(b"waiting")
"""
LOOK = """
import django; django.setup()
from tests.whatsapp.admin.rows import TABLES
from whatsapp import doctor
from whatsapp.models import Account, Event
from whatsapp.events import append
print({model._meta.db_table: model._base_manager.count() for model in TABLES})
print([one.what for part in ("database", "search and counts") for one in doctor.EXAMINATIONS[part](part)
       if one.level != "good"])
newest = Event.objects.newest_id()
print(append(Account.default(), "wa.call", {}).pk - newest, Account.default().spool.read_bytes())
"""


def environment(folder: Path, *, is_empty: bool = False) -> dict[str, str]:
    folder.mkdir()
    try:
        database = own_database(folder, is_empty=is_empty)
    except NotInstalled as error:
        lacking(str(error))
    own = {
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "hub.settings",
    }
    return {**os.environ, **own, **database}


def run(own: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        env=own,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def said(own: dict[str, str], *words: str) -> str:
    done = run(own, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_comes_back_into_another_database(tmp_path: Path) -> None:
    program("pg_dump")
    old = environment(tmp_path / "old")
    said(old, "-c", FILL)
    before = said(old, "-c", LOOK.rpartition("newest =")[0])
    file = str(tmp_path / "backup.tar")
    said(old, "manage.py", "backup", file)

    new = environment(tmp_path / "new", is_empty=True)
    said(new, "manage.py", "restore", file)

    counts, wrong, step = said(new, "-c", LOOK).splitlines()
    assert [counts, wrong] == before.splitlines()
    assert wrong == "[]"
    assert step == "1 b'waiting'"
    refused = run(new, "manage.py", "restore", file)
    assert refused.returncode == 1
    assert "The database of DATABASE_URL is not empty" in refused.stderr


NEWER = """#!/bin/sh
test "$1" = --version && echo "pg_restore (PostgreSQL) 99.1 (Debian 99.1-1)" && exit
{pg_restore} "$@" || exit
for word; do
    case $word in --file=*) sed -i "1i SET nobody_knows_this_yet = 0;" "${{word#--file=}}";; esac
done
"""


def test_it_comes_back_by_a_tool_that_is_newer_than_the_server(tmp_path: Path) -> None:
    """Such a one sets what the server has never heard of: version 17 does so with transaction_timeout."""
    tool = tmp_path / "tools" / "pg_restore"
    tool.parent.mkdir()
    tool.write_text(NEWER.format(pg_restore=program("pg_restore")))
    tool.chmod(0o755)
    old = environment(tmp_path / "old")
    said(old, "-c", FILL)
    before = said(old, "-c", LOOK.rpartition("newest =")[0])
    file = str(tmp_path / "backup.tar")
    said(old, "manage.py", "backup", file)

    new = environment(tmp_path / "new", is_empty=True)
    path = os.pathsep.join([str(tool.parent), os.environ["PATH"]])
    said(new | {"PATH": path}, "manage.py", "restore", file)
    assert said(new, "-c", LOOK.rpartition("newest =")[0]) == before


def test_a_backup_of_sqlite_is_not_put_into_postgresql(tmp_path: Path) -> None:
    new = environment(tmp_path / "new", is_empty=True)
    old = {**new, "DATABASE_URL": "", "DATA_DIR": str(tmp_path / "old")}
    said(old, "manage.py", "migrate", "-v0")
    said(old, "manage.py", "backup", str(tmp_path / "backup.tar"))
    refused = run(new, "manage.py", "restore", str(tmp_path / "backup.tar"))
    assert refused.returncode == 1
    assert "leave DATABASE_URL empty" in refused.stderr


def test_a_tool_that_is_missing_is_named(tmp_path: Path) -> None:
    own = environment(tmp_path / "hub")
    missing = run(own | {"PATH": ""}, "manage.py", "backup", str(tmp_path / "backup.tar"))
    assert missing.returncode == 1
    assert "pg_dump is not there (Debian: postgresql-client)" in missing.stderr
    assert not (tmp_path / "backup.tar").exists()
