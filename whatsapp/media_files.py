"""Where the files of messages are, and what they are called.

A file is named after its hash, so one that is sent often is stored once, and nothing that a stranger chose
becomes part of a path.
"""

import hashlib
import mimetypes
from datetime import UTC, datetime
from pathlib import Path

import pylibmagic  # noqa: F401  (python-magic needs libmagic; this brings it where the system has none)
from django.core.files.base import ContentFile

from whatsapp import storage
from whatsapp.models import Media

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
    """Stores a file in the folder of its message's day. Returns its path in the store and its SHA-256, in
    hex."""
    digest = hashlib.sha256(data).hexdigest()
    path, _ = keep(data, digest, mime_type, timestamp)
    return path, digest


def keep(data: bytes, digest: str, mime_type: str, timestamp: int) -> tuple[str, bool]:
    """The same of a file whose SHA-256 is known. Returns its path in the store, and whether it was not there
    before.

    One that was there counts as new then, so that it is not taken for one that nothing needs
    (`whatsapp.orphans`) before its row is written.
    """
    path = place_of(digest, mime_type, timestamp)
    files = storage.media()
    if size_of(path) == len(data):
        files.renew(path)
        return path, False
    files.save(path, ContentFile(data))
    return path, True


def size_of(path: str) -> int | None:
    """The bytes of the file at that path in the store; None when there is no file."""
    try:
        return storage.media().size(path)
    except FileNotFoundError:
        return None


def path_of(digest: str) -> str | None:
    """Where a file with that SHA-256 is stored already; None when there is none. It counts as new then, as in
    `keep`: the row that names it may go, with its account, before another is written."""
    known = Media.objects.filter(file_hash=digest, file_path__isnull=False)
    path: str | None = known.values_list("file_path", flat=True).first()
    if path is None or not storage.media().exists(path):
        return None
    try:
        storage.media().renew(path)
    except FileNotFoundError:
        return None
    return path


def place_of(digest: str, mime_type: str, timestamp: int) -> str:
    """Where a file lies in the store."""
    day = datetime.fromtimestamp(timestamp, UTC).strftime("%Y/%m/%d")
    return f"{day}/{digest[:32]}{extension(mime_type)}"


def extension(mime_type: str) -> str:
    """The usual file extension of that type, with its dot."""
    return mimetypes.guess_extension(mime_type.partition(";")[0].strip()) or ".bin"


def full_path(file_path: str) -> Path:
    """The file's place below MEDIA_DIR, for files that are in folders. Raises SuspiciousFileOperation for a
    path that leads out of it."""
    return Path(storage.media_folder().path(file_path))
