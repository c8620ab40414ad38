"""The files of messages, as their bubbles show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from dashboard.data.faces import file_address
from whatsapp.models import Media

LARGEST_PICTURE = 1024 * 1024  # bytes of a file that is shown itself; of a larger one its thumbnail
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
# A kind of file → its template (templates/dashboard/messages/kinds).
FILES = {"image": "image", "video": "video", "audio": "audio", "sticker": "sticker"}

FILE_VALUES = (
    *("id", "kind", "mime_type", "original_filename", "file_size", "width", "height", "duration"),
    *("download_status", "download_error", "is_gone"),
)


@dataclass(frozen=True, slots=True)
class File:
    """The file of a message."""

    id: int
    kind: str
    mime_type: str
    name: str
    size: int | None
    width: int | None
    height: int | None
    duration: int | None
    status: str
    error: str | None
    is_gone: bool
    has_thumbnail: bool

    @property
    def is_there(self) -> bool:
        return self.status == Media.Status.DOWNLOADED

    @property
    def address(self) -> str:
        return file_address(self.id)

    @property
    def picture(self) -> str:
        """The address of what is shown of an image; empty for none."""
        shown = self.mime_type.partition(";")[0] in PICTURES
        if self.is_there and shown and (self.size or 0) <= LARGEST_PICTURE:
            return self.address
        return self.thumbnail or (self.address if self.is_there and shown else "")

    @property
    def thumbnail(self) -> str:
        return f"/thumbnails/{self.id}.jpg" if self.has_thumbnail else ""

    @property
    def template(self) -> str:
        name = FILES.get(self.kind, "document") if self.is_there else "missing"
        return f"dashboard/messages/kinds/{name}.html"

    @property
    def ending(self) -> str:
        """`PDF`, of its name or its type."""
        _, dot, ending = self.name.rpartition(".")
        kind = self.mime_type.partition(";")[0].rpartition("/")[2]
        return (ending if dot and len(ending) <= 5 else kind[:12]).upper()


def files_of(keys: list[int]) -> dict[int, File]:
    """Message's key → its file."""
    if not keys:
        return {}
    rows = Media.objects.filter(message__in=keys).annotate(has_thumbnail=Q(thumbnail__isnull=False))
    return {
        row["message_id"]: file_of(row) for row in rows.values("message_id", "has_thumbnail", *FILE_VALUES)
    }


def file_of(row: Mapping[str, Any]) -> File:
    return File(
        id=row["id"],
        kind=row["kind"],
        mime_type=row["mime_type"] or "",
        name=row["original_filename"] or "",
        size=row["file_size"],
        width=row["width"],
        height=row["height"],
        duration=row["duration"],
        status=row["download_status"],
        error=row["download_error"],
        is_gone=bool(row["is_gone"]),
        has_thumbnail=row["has_thumbnail"],
    )
