"""What a file itself tells: width, height, duration, and a small picture of it.

Files come from strangers: none of this may fail on one, or take long. What can't be read stays unknown. Only
formats are read that are pictures and recordings themselves: of the others that the libraries know, some run
a program (PostScript), and some open other files and addresses (playlists).
"""

import io
import logging
from dataclasses import dataclass
from typing import Any

import av
from PIL import Image

from whatsapp.preparation import NotSuitable, containers
from whatsapp.preparation.containers import UNREADABLE
from whatsapp.preparation.pictures import FORMATS

log = logging.getLogger(__name__)

THUMBNAIL = (192, 192)  # pixels at the most
THUMBNAIL_QUALITY = 70
LARGEST_PICTURE = 64_000_000  # pixels: what is larger is not unpacked


@dataclass(frozen=True, slots=True)
class Facts:
    """Pixels, seconds and a JPEG; None for what the file doesn't have or tell."""

    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumbnail: bytes | None = None


def facts_of(data: bytes, mime_type: str) -> Facts:
    """What is to be known of the file."""
    family = mime_type.partition("/")[0]
    try:
        if family == "image":
            return picture_facts(data)
        if family in ("video", "audio"):
            return recording_facts(data)
    except (NotSuitable, *UNREADABLE) as error:
        log.info("A file of type %s can't be looked into: %s", mime_type, error)
    return Facts()


def picture_facts(data: bytes) -> Facts:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > LARGEST_PICTURE:
            return Facts(width, height)
        picture.draft("RGB", THUMBNAIL)  # lets a JPEG be unpacked small
        return Facts(width, height, thumbnail=small_jpeg(picture))


def recording_facts(data: bytes) -> Facts:
    with containers.opened(io.BytesIO(data)) as file:
        duration = round(file.duration / av.time_base) if file.duration else None
        stream = next((one for one in file.streams.video if one.codec_context is not None), None)
        if stream is None:
            return Facts(duration=duration)
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > LARGEST_PICTURE:
            return Facts(width, height, duration)
        frame: Any = next(iter(file.decode(stream)), None)
        thumbnail = small_jpeg(frame.to_image()) if frame is not None else None
        return Facts(width, height, duration, thumbnail)


def small_jpeg(picture: Image.Image) -> bytes:
    picture.thumbnail(THUMBNAIL)
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()
