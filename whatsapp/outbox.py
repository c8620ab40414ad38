"""Files that wait to be sent: each in a folder of its own below OUTBOX_DIR, until its act has ended.

Nobody else may read them (0600). A file is written here piece by piece as it comes in, is never in memory as
a whole, and is there again after a restart. Where files are stored in a bucket, it goes on into a folder of
the same name there once it has been made fit, for the session may be kept by another machine.
"""

import base64
import hashlib
import logging
import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from django.conf import settings
from django.core.files import File

from whatsapp import preferences, storage
from whatsapp.models import Action
from whatsapp.preparation import Prepared

log = logging.getLogger(__name__)

RECEIVED = "received"  # what the client gave
THUMBNAIL = "thumbnail.jpg"
HANDED_OVER = "act"  # an empty file: the folder is an act's now
UNFINISHED = (Action.Status.QUEUED, Action.Status.SENDING)
MEGABYTE = 1024 * 1024


class FileTooLarge(Exception):
    """A file is larger than MAX_MEDIA_SIZE_MB; the message says so in a sentence."""

    def __init__(self) -> None:
        super().__init__(
            f"The file is too large: MAX_MEDIA_SIZE_MB allows {preferences.get('maxMediaSizeMB')} MB."
        )


def size_limit() -> int | None:
    """How many bytes a file may have; None when any number."""
    return int(preferences.get("maxMediaSizeMB")) * MEGABYTE or None


def root() -> Path:
    """The folder of all folders; it is made when it is not there."""
    path = Path(settings.OUTBOX_DIR)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def folder_of(name: str) -> Path:
    """The folder of that name. Raises ValueError for what is no name of ours."""
    if not is_ours(name):
        raise ValueError(f"{name!r} is not the name of a file of the outbox")
    return root() / name


def is_ours(name: str) -> bool:
    return len(name) == 32 and name.isalnum() and name.isascii()


class Draft:
    """A file that is being taken in. As a context manager it takes its folder away at the end, unless an act
    has it then."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(16)
        self.size = 0
        self.is_begun = False
        self.is_stored = False  # in a bucket, too
        self._hash = hashlib.sha256()
        self._limit = size_limit()
        self._file: IO[bytes] | None = None

    @property
    def folder(self) -> Path:
        return folder_of(self.name)

    @property
    def path(self) -> Path:
        return self.folder / RECEIVED

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hex."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Appends `data`. Raises FileTooLarge, and OSError when the disk doesn't take it."""
        if self._limit is not None and self.size + len(data) > self._limit:
            raise FileTooLarge
        self._opened().write(data)
        self.size += len(data)
        self._hash.update(data)

    def require_room(self, size: int) -> None:
        """Raises FileTooLarge when a file of `size` bytes is too large, before any of it has come."""
        if self._limit is not None and size > self._limit:
            raise FileTooLarge

    def close(self) -> None:
        """All of it has come: it is safe on disk."""
        file = self._opened()
        file.flush()
        os.fsync(file.fileno())
        file.close()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self.is_begun = True
            self.folder.mkdir(mode=0o700)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(handle, "wb")
        return self._file

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if not self.is_begun:
            return
        is_handed_over = (self.folder / HANDED_OVER).exists()
        if self.is_stored and not is_handed_over:
            remove(self.name)
        elif self.is_stored or not is_handed_over:
            shutil.rmtree(self.folder, ignore_errors=True)


def file_of(draft: Draft, prepared: Prepared) -> dict[str, Any]:
    """What an act's payload says of the file that it is to send, once all of it is safe. Raises OSError when
    it can't be stored."""
    path = Path(prepared.path)
    digest = draft.sha256 if path == draft.path else secure(path)
    files = [path]
    if prepared.thumbnail is not None:
        thumbnail = draft.folder / THUMBNAIL
        thumbnail.write_bytes(prepared.thumbnail)
        secure(thumbnail)
        files.append(thumbnail)
    if not storage.is_in_folders():
        draft.is_stored = True
        for one in files:
            with one.open("rb") as file:
                storage.outbox().save(f"{draft.name}/{one.name}", File(file))
    return {
        "name": draft.name,
        "path": path.name,
        "sha256": digest,
        "size": path.stat().st_size,
        "mime_type": prepared.mime_type,
        "width": prepared.width,
        "height": prepared.height,
        "duration": prepared.duration,
        "waveform": base64.b64encode(prepared.waveform).decode() if prepared.waveform else None,
        "is_animated": prepared.is_animated,
    }


def secure(path: Path) -> str:
    """Sees that a file is on disk and nobody else's to read. Returns its SHA-256, in hex."""
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def hand_over(name: str) -> None:
    """Leaves a folder to its act. It goes when the act is done; an hour after it failed, when it can't be
    tried again any more; or when it is cancelled."""
    (folder_of(name) / HANDED_OVER).touch(mode=0o600)


def read(name: str, path: str) -> bytes:
    """A file of the folder of that name. Raises FileNotFoundError, and OSError when it can't be known what is
    there."""
    folder = folder_of(name)
    try:
        return storage.outbox().read(f"{name}/{path}")
    except FileNotFoundError:
        if storage.is_in_folders():
            raise
        return (folder / path).read_bytes()  # it was taken in before there was a bucket


def remove(name: str) -> None:
    """Deletes a folder of the outbox, if it is there. What can't be deleted now is an orphan later on."""
    shutil.rmtree(folder_of(name), ignore_errors=True)
    if storage.is_in_folders():
        return
    try:
        for path in stored_files(name):
            storage.outbox().delete(path)
    except OSError as error:
        log.warning("A file can't be removed from the outbox yet: %s", error.strerror or error)


def stored_files(name: str) -> list[str]:
    """Where the files of the folder of that name are in the bucket."""
    return [f"{name}/{file}" for file in storage.outbox().listdir(name)[1]]


def name_in(payload: dict[str, Any]) -> str | None:
    """The folder that an act's payload speaks of; None when it is not about a file."""
    file = payload.get("file")
    return file.get("name") if isinstance(file, dict) else None


def awaited_names() -> set[str]:
    """The folders that acts still need."""
    acts = Action.objects.filter(status__in=UNFINISHED, payload__has_key="file")
    payloads = acts.values_list("payload", flat=True)
    return {name for payload in payloads.iterator() if (name := name_in(payload)) is not None}


def remove_orphans(older_than: float) -> int:
    """Deletes folders that no act needs and that were last changed before that moment (Unix seconds).
    Returns how many. Raises OSError when it can't be known what is there."""
    folders = [path for path in root().iterdir() if is_ours(path.name)]
    old = {path.name for path in folders if path.stat().st_mtime < older_than}
    if not storage.is_in_folders():
        old |= {
            name for name in storage.outbox().listdir("")[0] if is_ours(name) and is_old(name, older_than)
        }
    if not old:
        return 0
    orphans = old - awaited_names()
    for name in orphans:
        remove(name)
    return len(orphans)


def is_old(name: str, older_than: float) -> bool:
    """Whether all files of that folder were stored in the bucket before that moment."""
    changed = (storage.outbox().get_modified_time(path) for path in stored_files(name))
    return all(moment.timestamp() < older_than for moment in changed)
