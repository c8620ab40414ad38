"""Files that wait to be sent: each in a folder of its own below DATA_DIR/outbox, until its act has ended.

Nobody else may read them (0600). A file is written here piece by piece as it comes in, is never in memory as
a whole, and is there again after a restart.
"""

import base64
import hashlib
import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from django.conf import settings

from whatsapp import preferences
from whatsapp.models import Action
from whatsapp.preparation import Prepared

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
    path = Path(settings.DATA_DIR) / "outbox"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def folder_of(name: str) -> Path:
    """The folder of that name. Raises ValueError for what is no name of ours."""
    if not (len(name) == 32 and name.isalnum() and name.isascii()):
        raise ValueError(f"{name!r} is not the name of a file of the outbox")
    return root() / name


class Draft:
    """A file that is being taken in. As a context manager it takes its folder away at the end, unless an act
    has it then."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(16)
        self.size = 0
        self.is_begun = False
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
        if self.is_begun and not (self.folder / HANDED_OVER).exists():
            remove(self.name)


def file_of(draft: Draft, prepared: Prepared) -> dict[str, Any]:
    """What an act's payload says of the file that it is to send, once all of it is safe on disk."""
    path = Path(prepared.path)
    digest = draft.sha256 if path == draft.path else secure(path)
    if prepared.thumbnail is not None:
        (draft.folder / THUMBNAIL).write_bytes(prepared.thumbnail)
        secure(draft.folder / THUMBNAIL)
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


def remove(name: str) -> None:
    """Deletes a folder of the outbox, if it is there."""
    shutil.rmtree(folder_of(name), ignore_errors=True)


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
    Returns how many."""
    old = [path for path in root().iterdir() if path.is_dir() and path.stat().st_mtime < older_than]
    if not old:
        return 0
    awaited = awaited_names()
    orphans = [path for path in old if path.name not in awaited]
    for path in orphans:
        shutil.rmtree(path, ignore_errors=True)
    return len(orphans)
