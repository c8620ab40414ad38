"""Where the files of messages are, and what they are called.

A file is named after its hash, so one that is sent often is stored once, and nothing that a stranger chose
becomes part of a path.
"""

import hashlib
import mimetypes
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pylibmagic  # noqa: F401  (python-magic needs libmagic; this brings it where the system has none)
from django.conf import settings

# isort: split
import magic

OCTETS = "application/octet-stream"

# What libmagic says of a container whose kind only the sender knows; the sender's word counts then.
CONTAINERS = {
    OCTETS: "",
    "application/zip": "application/",
    "application/x-ole-storage": "application/",
    "application/CDFV2": "application/",
    "application/json": "application/",
    "application/ogg": "audio/",
    "video/mp4": "audio/",
    "video/3gpp": "audio/",
    "text/plain": "text/",
}

# Kinds that a browser would run: the sender's word never makes a file one of these.
ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml")


def detect_mime_type(data: bytes, declared: str | None) -> str:
    """The type of a file by its content; where that is only a container's, by its sender's word."""
    found = str(magic.from_buffer(data[:65536], mime=True))
    word = (declared or "").strip()
    base = word.partition(";")[0].strip().lower()
    if base == found:
        return word
    family = CONTAINERS.get(found)
    if base and family is not None and base.startswith(family) and base not in ACTIVE:
        return word
    return found


def store(data: bytes, mime_type: str, timestamp: int) -> tuple[str, str]:
    """Writes a file below MEDIA_DIR, in the folder of its message's day. Returns its path from there and
    its SHA-256, in hex.

    The file appears under its name only when all of it is on disk.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = place_of(digest, mime_type, timestamp)
    target = Path(settings.MEDIA_DIR) / path
    if not is_there(target, len(data)):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return path, digest


def keep(source: Path, digest: str, mime_type: str, timestamp: int) -> tuple[str, bool]:
    """Puts the file at `source` below MEDIA_DIR as `store` does, without reading it into memory.

    Returns its path from there, and whether it was not there before.
    """
    path = place_of(digest, mime_type, timestamp)
    target = Path(settings.MEDIA_DIR) / path
    if is_there(target, source.stat().st_size):
        return path, False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with source.open("rb") as file, draft.open("wb") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return path, True


def is_there(target: Path, size: int) -> bool:
    """Whether the file of that many bytes is there already. It then counts as new, so that it is not taken
    for one that nothing needs (`whatsapp.orphans`) before its row is written."""
    if not (target.exists() and target.stat().st_size == size):
        return False
    os.utime(target)
    return True


def place_of(digest: str, mime_type: str, timestamp: int) -> str:
    """Where a file lies, from MEDIA_DIR."""
    day = datetime.fromtimestamp(timestamp, UTC).strftime("%Y/%m/%d")
    return f"{day}/{digest[:32]}{extension(mime_type)}"


def extension(mime_type: str) -> str:
    """The usual file extension of that type, with its dot."""
    return mimetypes.guess_extension(mime_type.partition(";")[0].strip()) or ".bin"


def full_path(file_path: str) -> Path:
    """The file's place on disk. Raises ValueError for a path that leads out of MEDIA_DIR."""
    root = Path(settings.MEDIA_DIR).resolve()
    path = (root / file_path).resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"{file_path!r} is not below MEDIA_DIR")
    return path
