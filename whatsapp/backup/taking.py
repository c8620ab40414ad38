"""Takes a backup.

Database and spools are of one moment: an event is in the one or in the other. Files come after, and are added
for ever: all that the database names is among them.
"""

import contextlib
import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils import timezone

from whatsapp import storage
from whatsapp.backup import archive
from whatsapp.backup.databases import copy_file, nothing_is_taken_in, snapshot
from whatsapp.models import Account
from whatsapp.sealing import KEY_FILE
from whatsapp.storage.folder import DRAFTS
from whatsapp.versions import migrations_of_database

FORMAT = 1
MANIFEST, SUMS = "manifest.json", "sha256.json"
DATABASE, SESSIONS, MEDIA, OUTBOX, SECRETS = "database", "auth", "media", "outbox", "secrets"
CREDENTIALS, SPOOL = "neonize.db", "inbox.spool"
ENV = "env"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of. `migrations` are the names of all that the database has had."""

    format: int
    version: str
    made_at: str
    database: str  # sqlite or postgresql
    migrations: list[str]
    accounts: list[str]
    has_files: bool  # those of messages are elsewhere, in a bucket, where it hasn't
    has_secrets: bool


class Taker:
    """Adds to a backup, and notes the SHA-256 of what it adds."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.sums: dict[str, str] = {}

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        summed = Summed(file)
        self.tar.addfile(entry, summed)
        if not name.startswith(f"{MEDIA}/"):  # these are many, and named after their sums
            self.sums[name] = summed.sum.hexdigest()

    def add_bytes(self, name: str, data: bytes) -> None:
        self.add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self.add(name, file, os.fstat(file.fileno()).st_size)

    def add_folder(self, name: str, folder: Path) -> None:
        """All files in it, but for those that are being written. One that goes meanwhile was to go."""
        for path in files_in(folder):
            with contextlib.suppress(FileNotFoundError):
                self.add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)


class Summed(io.RawIOBase):
    """A file that is summed up as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sum.update(data)
        return data


def files_in(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names if not fnmatch(name, DRAFTS))


def take(path: Path, passphrase: str | None) -> Manifest:
    """Writes a backup to `path`, where no file may be. With a passphrase it is encrypted, and has the owner's
    secrets, too. Raises OSError and databases.NotDone."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as drafts:
        database = Path(drafts) / "database"
        with moment() as (write, spools):
            manifest = manifest_of_now(list(spools), has_secrets=passphrase is not None)
            write(database)
        with archive.writing(path, passphrase) as tar:
            taker = Taker(tar)
            taker.add_bytes(MANIFEST, json.dumps(asdict(manifest)).encode())
            taker.add_file(DATABASE, database)
            database.unlink()
            for account, spool in spools.items():
                add_session(taker, account, spool, Path(drafts) / "credentials")
            if passphrase:
                add_secrets(taker)
            taker.add_folder(OUTBOX, Path(settings.OUTBOX_DIR))
            if manifest.has_files:
                taker.add_folder(MEDIA, Path(settings.MEDIA_DIR))
            taker.add_bytes(SUMS, json.dumps(taker.sums).encode())
    return manifest


@contextlib.contextmanager
def moment() -> Iterator[tuple[Callable[[Path], None], dict[Account, bytes]]]:
    """What writes the database, and the spools of all accounts, as both are now."""
    with contextlib.ExitStack() as stack:
        with nothing_is_taken_in():
            write = stack.enter_context(snapshot())
            spools = {account: spool_of(account) for account in Account.objects.all()}
        yield write, spools


def spool_of(account: Account) -> bytes:
    """What is in the account's spool. Its session may add to it meanwhile, and may once cut off what was
    taken in right before: a look at that moment doesn't count."""
    before = read(account.spool)
    while not (now := read(account.spool)).startswith(before):
        before = now
    return now


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def manifest_of_now(accounts: list[Account], *, has_secrets: bool) -> Manifest:
    return Manifest(
        format=FORMAT,
        version=settings.VERSION,
        made_at=timezone.now().isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=migrations_of_database(),
        accounts=[account.name for account in accounts],
        has_files=storage.is_in_folders(),
        has_secrets=has_secrets,
    )


def add_session(taker: Taker, account: Account, spool: bytes, draft: Path) -> None:
    """What the account's session keeps in its folder. On PostgreSQL its credentials are in the database."""
    credentials = account.folder / CREDENTIALS
    if credentials.exists():
        copy_file(credentials, draft)
        taker.add_file(f"{SESSIONS}/{account.name}/{CREDENTIALS}", draft)
        draft.unlink()
    if spool:
        taker.add_bytes(f"{SESSIONS}/{account.name}/{SPOOL}", spool)


def add_secrets(taker: Taker) -> None:
    """The key that the database's secrets are sealed with, and the settings."""
    for name, path in ((KEY_FILE, settings.DATA_DIR / KEY_FILE), (ENV, settings.ENV_FILE)):
        if path.is_file():
            taker.add_file(f"{SECRETS}/{name}", path)
