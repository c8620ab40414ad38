"""Backups: all that is stored, as it was at one moment, in one file; and what is none is not restored."""

import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.protobufs import build_message as message_bytes
from tests.tools import about_sqlite
from tests.whatsapp.admin.rows import ROWS, TABLES
from whatsapp.backup import archive, taking
from whatsapp.ingest import codes
from whatsapp.ingest.inbox import Inbox
from whatsapp.ingest.spool import Spool
from whatsapp.models import Account, Connection, Message
from whatsapp.protobuf import neonize_pb2

pytestmark = [about_sqlite, pytest.mark.django_db(transaction=True)]

PASSPHRASE = "correct horse battery"


def restore(file: Path, folder: Path, passphrase: str = "") -> subprocess.CompletedProcess[str]:
    """What the command says, of a machine on which there is no hub yet."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "ENV_FILE": str(folder / ".env"),
        "BACKUP_PASSPHRASE": passphrase,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def rows_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All tables of a hub's database, and what is in them."""
    with closing(sqlite3.connect(path)) as database:
        names = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            )
        ]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


def own_database() -> Path:
    return Path(connection.settings_dict["NAME"])


@pytest.fixture(params=[None, PASSPHRASE], ids=["plain", "encrypted"])
def passphrase(request: pytest.FixtureRequest) -> str | None:
    return request.param


def test_every_table_and_every_file_comes_back(passphrase: str | None, tmp_path: Path) -> None:
    for model in TABLES:
        if model not in (Account, Connection):
            ROWS[model](1)
    file, folder = tmp_path / "backup", tmp_path / "restored"
    taking.take(file, passphrase)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    done = restore(file, folder, passphrase or "")
    assert done.returncode == 0, done.stderr
    assert rows_in(folder / "whatsapp-hub.db") == rows_in(own_database())


# Database and spool are of one moment


@contextmanager
def taking_in(account: Account) -> Iterator[list[str]]:
    """Messages come without a pause and are taken in, by two threads as in a session; the ids of those that
    the callback has returned for."""
    inbox = Inbox(account, account.spool, told=lambda: None)
    reached: list[str] = []
    stop = threading.Event()

    def receive() -> None:
        while not stop.wait(0.001):
            name = f"M{len(reached)}"
            inbox.receive(codes.MESSAGE, message_bytes(name, timestamp=1_700_000_000 + len(reached)))
            reached.append(name)

    def drain() -> None:
        try:
            while not stop.wait(0.02) or inbox.spool.waiting(1):
                inbox.drain(20)
        finally:
            connection.close()

    threads = [threading.Thread(target=receive), threading.Thread(target=drain)]
    for thread in threads:
        thread.start()
    try:
        yield reached
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        inbox.spool.close()


def waiting_in(data: bytes, after: int, draft: Path) -> list[str]:
    """The messages in a spool that were not taken out before."""
    draft.write_bytes(data)
    spool = Spool(draft)
    try:
        events = [event for event in spool.waiting(1_000_000) if event.sequence > after]
    finally:
        spool.close()
    return [neonize_pb2.Message.FromString(event.data).Info.ID for event in events]


def test_what_has_come_is_in_the_database_or_in_the_spool_and_never_in_both(tmp_path: Path) -> None:
    account = Account.default()
    in_spools = 0
    with taking_in(account) as reached:
        for number in range(10):
            file = tmp_path / f"{number}.tar"
            before = list(reached)
            taking.take(file, None)
            with tarfile.open(file) as tar:
                tar.extract("database", tmp_path, filter="data")
                names = tar.getnames()
                spool = f"auth/{account.name}/inbox.spool"
                data = tar.extractfile(spool).read() if spool in names else b""
            with closing(sqlite3.connect(tmp_path / "database")) as database:
                stored = [name for (name,) in database.execute("SELECT message_id FROM whatsapp_message")]
                ((taken,),) = database.execute("SELECT spooled FROM whatsapp_account")
            waiting = waiting_in(data, taken, tmp_path / "spool")
            found = stored + waiting
            assert len(found) == len(set(found))
            assert set(before) <= set(found)
            in_spools += len(waiting)
    assert Message.objects.count() == len(reached)
    assert in_spools > 0


# What can't be restored


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    Account.default()
    taking.take(tmp_path / "backup.tar", None)
    return tmp_path / "backup.tar"


def changed(file: Path, change: Callable[[tarfile.TarInfo, bytes], bytes | None]) -> Path:
    """The backup, each part of which is what `change` makes of it; None takes it out."""
    other = file.with_name("changed.tar")
    with tarfile.open(file) as old, tarfile.open(other, "w") as new:
        for entry in old:
            data = change(entry, old.extractfile(entry).read())
            if data is not None:
                entry.size = len(data)
                new.addfile(entry, io.BytesIO(data))
    return other


def part(name: str, change: Callable[[tarfile.TarInfo, bytes], bytes | None]) -> Any:
    """Changes that part alone."""
    return lambda entry, data: change(entry, data) if entry.name == name else data


def manifest(**changes: Any) -> Any:
    return part("manifest.json", lambda entry, data: json.dumps(json.loads(data) | changes).encode())


def called(name: str) -> Any:
    """Calls the database so."""

    def rename(entry: tarfile.TarInfo, data: bytes) -> bytes:
        entry.name = name
        return data

    return part("database", rename)


def as_link(entry: tarfile.TarInfo, data: bytes) -> bytes:
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return b""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (manifest(format=2), "The backup is of a newer hub (0.1.0)"),
        (manifest(migrations=["whatsapp.9999_later"], version="9.0"), "The backup is of a newer hub (9.0)"),
        (manifest(database="postgresql"), "on PostgreSQL: set DATABASE_URL"),
        (manifest(more=1), "It is no backup of a hub, or of a newer one."),
        (part("manifest.json", lambda entry, data: None), "It is no backup of a hub."),
        (part("sha256.json", lambda entry, data: None), "its end is missing"),
        (part("database", lambda entry, data: None), "It is damaged: database is not what was stored."),
        (part("database", lambda entry, data: data[:-1] + b"x"), "It is damaged: database is not"),
        (called("../database"), "There is '../database' in it"),
        (called("media/../../database"), "There is 'media/../../database' in it"),
        (called("/etc/database"), "There is '/etc/database' in it"),
        (called("cron.d/database"), "There is 'cron.d/database' in it"),
        (part("database", as_link), "There is 'database' in it, which is no file."),
    ],
)
def test_what_is_no_whole_backup_of_this_hub_leaves_no_hub(
    backup: Path, tmp_path: Path, change: Any, why: str
) -> None:
    folder = tmp_path / "restored"
    done = restore(changed(backup, change), folder)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "whatsapp-hub.db").exists()
    assert not (tmp_path / "database").exists()


@pytest.mark.parametrize("kept", [10, 5_000, -20_000])
def test_a_backup_that_is_cut_off_is_none(tmp_path: Path, passphrase: str | None, kept: int) -> None:
    Account.default()
    taking.take(tmp_path / "backup", passphrase)
    (tmp_path / "cut").write_bytes((tmp_path / "backup").read_bytes()[:kept])
    done = restore(tmp_path / "cut", tmp_path / "restored", passphrase or "")
    assert done.returncode == 1
    assert "can't be restored" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "restored" / "whatsapp-hub.db").exists()


def test_an_encrypted_one_needs_its_passphrase_and_shows_nothing_without(tmp_path: Path) -> None:
    ROWS[Message](1)
    file = tmp_path / "backup.zip"
    taking.take(file, PASSPHRASE)
    with zipfile.ZipFile(file) as zipped:
        assert zipped.namelist() == [archive.KEY, archive.BODY]
    body = Message.objects.values_list("message_id", flat=True)[0]
    assert body.encode() not in file.read_bytes()
    for words, why in (("wrong", "The passphrase is not the one"), ("", "BACKUP_PASSPHRASE is not set")):
        done = restore(file, tmp_path / "restored", words)
        assert done.returncode == 1
        assert why in done.stderr
    changed_byte = bytearray(file.read_bytes())
    changed_byte[len(changed_byte) // 2] ^= 1
    file.write_bytes(changed_byte)
    done = restore(file, tmp_path / "restored", PASSPHRASE)
    assert done.returncode == 1
    assert "can't be restored" in done.stderr


def test_no_hub_is_written_over(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "restored"
    assert restore(backup, folder).returncode == 0
    before = (folder / "whatsapp-hub.db").read_bytes()
    done = restore(backup, folder)
    assert done.returncode == 1
    assert f"There is a hub in {folder} already" in done.stderr
    assert (folder / "whatsapp-hub.db").read_bytes() == before


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", str(tmp_path / "mine"))
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be written: "):
        call_command("backup", "/dev/full/backup.tar")
