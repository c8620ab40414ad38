"""Where files are: in folders, of this machine or of a volume that several share, or in an S3 bucket.

Both are Django storages (STORAGES in the settings) that keep what `FileStore` says on top: `media` has the
files of messages, `outbox` those that wait to be sent. S3's libraries are loaded only where a bucket is set.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol, cast

from django.core.files.storage import storages

from whatsapp.storage.folder import FolderStorage

__all__ = ["FileStore", "Found", "Part", "is_in_folders", "media", "media_folder", "outbox"]


class Part(Protocol):
    """A part of a file in pieces, which any thread may take one by one. `close` it when done."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def close(self) -> None: ...


class Found(Protocol):
    """A file that is there, and its bytes."""

    @property
    def size(self) -> int: ...

    def part(self, start: int, length: int) -> Part:
        """The bytes from `start`, `length` of them, of which only a piece is in memory."""


class FileStore(Protocol):
    """Files by their names, with folders in them. A file is whole or not there; one of the same name is
    replaced.

    What goes wrong is an OSError whose `strerror` is fit for people; a file that isn't there, a
    FileNotFoundError; a name that leads out of the store, Django's SuspiciousOperation.
    """

    # As Django has them
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str: ...
    def delete(self, name: str) -> None: ...
    def exists(self, name: str) -> bool: ...
    def size(self, name: str) -> int: ...
    def get_modified_time(self, name: str) -> datetime: ...

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, links being neither; none where there is no
        such folder."""

    # And more
    def read(self, name: str) -> bytes:
        """All of a file."""

    def find(self, name: str) -> Found: ...

    def renew(self, name: str) -> None:
        """Makes a file as new as one that is written now."""

    def remove_drafts(self, before: float) -> int:
        """Deletes what writing has left unfinished before that moment (Unix seconds). Returns how many."""

    def trouble(self) -> str | None:
        """Why the store can't be used, in a sentence; None when it can."""

    def why_empty(self) -> str:
        """What to ask the owner when files that should be there are not, none of them."""


def media() -> FileStore:
    """The files of messages, by the day of each: see `whatsapp.media_files`."""
    return cast(FileStore, storages["media"])


def outbox() -> FileStore:
    """Files that wait to be sent, for whichever machine sends them: see `whatsapp.outbox`."""
    return cast(FileStore, storages["outbox"])


def is_in_folders() -> bool:
    """Whether files are in folders that this process may read and write by their paths."""
    return isinstance(storages["media"], FolderStorage)


def media_folder() -> FolderStorage:
    """The files of messages below MEDIA_DIR, wherever new ones go."""
    return FolderStorage("MEDIA_DIR")
