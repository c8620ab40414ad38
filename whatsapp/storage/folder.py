"""Files in a folder. Several machines may share it: nothing here is known to one of them alone."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage

PIECE = 256 * 1024  # bytes
DRAFTS = ".*.part"


class FilePart:
    """The bytes of a file from `start`, `length` of them, in pieces. `close` it when done."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self.file = path.open("rb")
        self.file.seek(start)
        self.left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self.file.read(min(PIECE, self.left))
        if not piece:
            raise StopIteration
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file that is there, and its bytes."""

    path: Path
    size: int

    def part(self, start: int, length: int) -> FilePart:
        return FilePart(self.path, start, length)


class FolderStorage(FileSystemStorage):
    """A `whatsapp.storage.FileStore` in the folder that a setting names."""

    def __init__(self, setting: str) -> None:
        super().__init__()
        self._setting = setting

    @property
    def folder(self) -> Path:
        return Path(getattr(settings, self._setting))

    def path(self, name: str) -> str:
        """The file's place on disk. Raises SuspiciousFileOperation for a name that leads out."""
        if "\0" in name:
            raise SuspiciousFileOperation(f"{name!r} is no name of a file")
        root = self.folder.resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise SuspiciousFileOperation(f"{name!r} is not below {self._setting}")
        return str(path)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: Any) -> str:
        """The file appears under its name only when all of it is on disk."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
        try:
            with draft.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return name

    def exists(self, name: str) -> bool:
        """Whether it is there and a file. Raises OSError when that can't be known."""
        return Path(self.path(name)).is_file()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folders, files = [], []
        try:
            with os.scandir(self.path(path)) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
        except FileNotFoundError:
            return [], []
        return folders, files

    def read(self, name: str) -> bytes:
        return Path(self.path(name)).read_bytes()

    def find(self, name: str) -> FolderFile:
        path = Path(self.path(name))
        return FolderFile(path, path.stat().st_size)

    def renew(self, name: str) -> None:
        os.utime(self.path(name))

    def remove_drafts(self, before: float) -> int:
        removed = 0
        for path in self.folder.rglob(DRAFTS):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # it was finished meanwhile
        return removed

    def trouble(self) -> str | None:
        return None  # the start has tried the folder already

    def why_empty(self) -> str:
        return (
            f"{self._setting} is {str(self.folder)!r}, and holds none of the files that were downloaded: is "
            f"its disk mounted?"
        )
