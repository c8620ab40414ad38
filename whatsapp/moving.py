"""Moving the files of messages from MEDIA_DIR into the store that the settings name now.

It can be stopped and begun again at any time, and while a hub is running: what the store has already is left
as it is, and a file here goes only when it was asked for and the store's copy has been read back.
"""

import hashlib
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from django.core.files import File

from whatsapp import media_files, storage
from whatsapp.models import Media

log = logging.getLogger(__name__)

FILES_AT_ONCE = 8
PATHS_AT_ONCE = 500


class Outcome(StrEnum):
    """What became of a file."""

    COPIED = "copied"
    THERE = "there"  # the store had it
    MISSING = "missing"  # it is in neither place
    DAMAGED = "damaged"  # it is not what was downloaded, and stays where it is


@dataclass(frozen=True, slots=True)
class Moved:
    path: str
    outcome: Outcome
    size: int = 0  # bytes
    is_deleted: bool = False  # here


class Damaged(Exception):
    """What the store gives back is not what was put into it."""


def move_media(*, delete: bool) -> Iterator[Moved]:
    """Copies each file that a row names and that the store lacks, and yields what became of it. With
    `delete`, files here are removed once the store's copy has been read back and found to be the same. Raises
    OSError, Damaged."""
    last = ""
    with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
        while portion := named_files(last):
            last = portion[-1][0]
            yield from threads.map(partial(move_one, delete=delete), portion)


def named_files(after: str) -> list[tuple[str, str | None]]:
    """(path, SHA-256) of files that rows name, in the order of their paths, from the one after that path."""
    rows = Media.objects.filter(file_path__gt=after).order_by("file_path")
    return list(dict(rows.values_list("file_path", "file_hash")[:PATHS_AT_ONCE]).items())


def move_one(named: tuple[str, str | None], *, delete: bool) -> Moved:
    """In a thread, without the database."""
    path, digest = named
    here = media_files.full_path(path)
    size = here.stat().st_size if here.is_file() else None
    stored_size = media_files.size_of(path)
    if size is None:
        return Moved(path, Outcome.MISSING if stored_size is None else Outcome.THERE, stored_size or 0)
    if stored_size == size and not delete:
        return Moved(path, Outcome.THERE, size)
    found = hash_of(here)
    if found != (digest or found):
        log.warning("The file %s is not the one that was downloaded", path)
        return Moved(path, Outcome.DAMAGED, size)
    is_there = stored_size == size and stored_hash_of(path) == found
    if not is_there:
        with here.open("rb") as file:
            storage.media().save(path, File(file))
        if stored_hash_of(path) != found:
            raise Damaged(f"The store gives back other bytes for {path} than it was given.")
    if delete:
        here.unlink()
    return Moved(path, Outcome.THERE if is_there else Outcome.COPIED, size, is_deleted=delete)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stored_hash_of(path: str) -> str:
    digest = hashlib.sha256()
    file = storage.media().find(path)
    with closing(file.part(0, file.size)) as part:
        for piece in part:
            digest.update(piece)
    return digest.hexdigest()
