"""Puts a backup back, into the empty data folder (and the empty PostgreSQL) of the settings.

All is written beside its place, and compared with the sums in the backup; the database takes its place last.
Until then there is no hub, and what was written may be deleted.
"""

import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.db import connection

from whatsapp.backup import archive, databases
from whatsapp.backup.taking import (
    DATABASE,
    ENV,
    FORMAT,
    MANIFEST,
    MEDIA,
    OUTBOX,
    SECRETS,
    SESSIONS,
    SUMS,
    Manifest,
)
from whatsapp.sealing import KEY_FILE
from whatsapp.versions import unknown

PARTS = (DATABASE, SESSIONS, OUTBOX, SECRETS, MEDIA)
PIECE = 1 << 20  # bytes
LARGEST_TEXT = 64 << 20  # bytes, of what describes a backup
LONGEST_NAME = 255  # bytes, of a file
NAMED_AFTER_ITS_SUM = re.compile(r"[0-9a-f]{32}")


class NotRestored(Exception):
    """The hub is as it was; the message says why in a sentence."""


def restore(path: Path, passphrase: str | None) -> Manifest:
    """Raises NotRestored, archive.BadArchive, databases.NotDone and OSError."""
    require_room()
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.DATA_DIR) as drafts:
        with archive.reading(path, passphrase) as tar:
            manifest = unpack(tar, Path(drafts))
        put_in_place(Path(drafts), manifest)
    return manifest


def require_room() -> None:
    """Raises NotRestored where there is a hub already."""
    if connection.vendor == "sqlite":
        if Path(connection.settings_dict["NAME"]).exists():
            raise NotRestored(
                f"There is a hub in {settings.DATA_DIR} already: move that folder away first, or set "
                f"DATA_DIR to another."
            )
    elif connection.introspection.table_names():
        raise NotRestored("The database of DATABASE_URL is not empty: create another.")


def unpack(tar: tarfile.TarFile, drafts: Path) -> Manifest:
    """Writes what is in the backup into `drafts`; files of messages to their places, as they are named after
    their sums. Raises NotRestored and BadArchive."""
    entries = iter(tar)
    first = next(entries, None)
    if first is None or first.name != MANIFEST:
        raise archive.BadArchive("It is no backup of a hub.")
    data = text_in(tar, first)
    manifest = manifest_in(data)
    require_fit(manifest)
    sums = {MANIFEST: hashlib.sha256(data).hexdigest()}
    for entry in entries:
        if entry.name == SUMS:
            require_same(sums, sums_in(text_in(tar, entry)))
            return manifest
        name = name_of(entry)
        sum_ = write(contents(tar, entry), place_of(name, drafts))
        if name.parts[0] != MEDIA:
            sums[entry.name] = sum_
        elif NAMED_AFTER_ITS_SUM.fullmatch(name.stem) and not sum_.startswith(name.stem):
            raise archive.BadArchive(f"It is damaged: {entry.name} is not what was stored.")
    raise archive.BadArchive("It is not whole: its end is missing.")


def name_of(entry: tarfile.TarInfo) -> PurePosixPath:
    """Its name, which is that of a part of a backup. Raises BadArchive."""
    name = PurePosixPath(entry.name)
    is_part = bool(name.parts) and name.parts[0] in PARTS and ".." not in name.parts
    can_be = all(len(part.encode()) <= LONGEST_NAME for part in name.parts) and "\0" not in entry.name
    if not (is_part and can_be):
        raise archive.BadArchive(
            f"There is {entry.name[:LONGEST_NAME]!r} in it, which is no part of a backup."
        )
    return name


def contents(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    """Its bytes; of a file with holes not, which may be many more than the backup has."""
    found = tar.extractfile(entry) if entry.isreg() and not entry.issparse() else None
    if found is None:
        raise archive.BadArchive(f"There is {entry.name!r} in it, which is no file.")
    return found


def text_in(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    if entry.size > LARGEST_TEXT:
        raise archive.BadArchive(f"It is no backup of a hub, or is damaged: {entry.name} is too large.")
    return contents(tar, entry).read()


def manifest_in(data: bytes) -> Manifest:
    try:
        manifest = Manifest(**json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise archive.BadArchive("It is no backup of a hub, or of a newer one.") from error
    texts = (manifest.version, manifest.made_at, manifest.database)
    lists = (manifest.migrations, manifest.accounts)
    if (
        not isinstance(manifest.format, int)
        or not all(isinstance(text, str) for text in texts)
        or not all(isinstance(some, list) and all(isinstance(one, str) for one in some) for some in lists)
    ):
        raise archive.BadArchive("It is no backup of a hub, or of a newer one.")
    return manifest


def sums_in(data: bytes) -> dict[str, str]:
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise archive.BadArchive(f"It is damaged: {SUMS} can't be read.") from error


def require_fit(manifest: Manifest) -> None:
    """Raises NotRestored where this hub can't go on with the backup."""
    if manifest.format > FORMAT or unknown(manifest.migrations):
        raise NotRestored(
            f"The backup is of a newer hub ({manifest.version}) than this one ({settings.VERSION}): "
            f"upgrade this one first."
        )
    if manifest.database != connection.vendor:
        raise NotRestored(
            "The backup is of a hub on SQLite: leave DATABASE_URL empty, and move the hub with "
            "`manage.py migrate_to_postgres` afterwards."
            if manifest.database == "sqlite"
            else "The backup is of a hub on PostgreSQL: set DATABASE_URL to an empty one."
        )


def require_same(sums: dict[str, str], told: dict[str, str]) -> None:
    if wrong := sorted(name for name in sums.keys() | told.keys() if sums.get(name) != told.get(name)):
        raise archive.BadArchive(f"It is damaged: {', '.join(wrong)} is not what was stored.")


def place_of(name: PurePosixPath, drafts: Path) -> Path:
    if name.parts[0] == MEDIA:
        return Path(settings.MEDIA_DIR).joinpath(*name.parts[1:])
    return drafts / name


def write(source: IO[bytes], target: Path) -> str:
    """Returns the SHA-256 of what was written."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while piece := source.read(PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def put_in_place(drafts: Path, manifest: Manifest) -> None:
    for part, folder in ((SESSIONS, settings.DATA_DIR / SESSIONS), (OUTBOX, Path(settings.OUTBOX_DIR))):
        if (drafts / part).exists():
            shutil.copytree(drafts / part, folder, dirs_exist_ok=True)
    secrets = {KEY_FILE: settings.DATA_DIR / KEY_FILE, ENV: settings.ENV_FILE}
    for name, place in secrets.items():
        found = drafts / SECRETS / name
        if found.exists() and not place.exists():
            shutil.copy(found, place)
    if manifest.database == "postgresql":
        databases.put_back(drafts / DATABASE)
        return
    if not databases.is_whole(drafts / DATABASE):
        raise archive.BadArchive("The database in it is damaged.")
    (drafts / DATABASE).rename(connection.settings_dict["NAME"])
