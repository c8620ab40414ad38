"""Stickers: WebP of 512 by 512 pixels, still or moving, not larger than WhatsApp takes."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from whatsapp.preparation import NotSuitable, Prepared
from whatsapp.preparation.containers import moving_stream, open_recording
from whatsapp.preparation.pictures import FORMATS, open_picture, require_fair_size
from whatsapp.preparation.videos import frames_at, upright

SIDE = 512  # pixels
STICKER_TYPE = "image/webp"
LARGEST_STILL = 100 * 1024  # bytes
LARGEST_MOVING = 500 * 1024
LONGEST = 10_000  # milliseconds
SHORTEST_FRAME = 66  # milliseconds: fifteen frames a second
LAST_FRAME = 100  # milliseconds, where the file doesn't say
LARGEST_MOVING_PICTURE = 8_000_000  # pixels of each frame

STILL_QUALITIES = (90, 75, 55, 35, 15, 1)
# How good each frame is, and which are left out: every one is shown, every second, ...
MOVING_QUALITIES = ((75, 1), (50, 1), (25, 1), (40, 2), (15, 2), (20, 3), (5, 3), (1, 4))
MUCH_TOO_LARGE = 4  # times: then the next but one is tried


@dataclass(slots=True)
class Frame:
    picture: Image.Image  # 512 by 512, RGBA
    milliseconds: int


def prepare_sticker(path: Path) -> Prepared:
    if not is_picture(path):
        return moving(path, list(film_frames(path)))
    with open_picture(path) as picture:
        if getattr(picture, "n_frames", 1) > 1 and picture.format in ("GIF", "WEBP", "PNG", "AVIF"):
            if is_ready(picture, path, LARGEST_MOVING):
                return ready(path, is_animated=True)
            return moving(path, list(picture_frames(picture)))
        if is_ready(picture, path, LARGEST_STILL):
            picture.load()
            return ready(path, is_animated=False)
        return still(path, squared(ImageOps.exif_transpose(picture)))


def is_picture(path: Path) -> bool:
    """Whether it is a picture, or may be a video."""
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except UnidentifiedImageError:
        return False
    except Image.DecompressionBombError:
        return True


def is_ready(picture: Image.Image, path: Path, limit: int) -> bool:
    return picture.format == "WEBP" and picture.size == (SIDE, SIDE) and path.stat().st_size <= limit


def ready(path: Path, *, is_animated: bool) -> Prepared:
    return Prepared(str(path), STICKER_TYPE, SIDE, SIDE, is_animated=is_animated)


def still(path: Path, picture: Image.Image) -> Prepared:
    for quality in STILL_QUALITIES:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= LARGEST_STILL:
            return ready(written(path, out), is_animated=False)
    raise NotSuitable(f"This picture can't be made as small as a sticker has to be: {LARGEST_STILL} bytes.")


def moving(path: Path, frames: list[Frame]) -> Prepared:
    if not frames:
        raise NotSuitable("There are no pictures in this file.")
    if len(frames) == 1:
        return still(path, frames[0].picture)
    too_large = 0.0  # times
    for quality, step in MOVING_QUALITIES:
        if too_large > MUCH_TOO_LARGE:
            too_large = 0
            continue
        out = io.BytesIO()
        shown = thinned(frames, step)
        shown[0].picture.save(
            out,
            "WEBP",
            save_all=True,
            append_images=[frame.picture for frame in shown[1:]],
            duration=[frame.milliseconds for frame in shown],
            loop=0,
            quality=quality,
            method=2,
        )
        if out.tell() <= LARGEST_MOVING:
            return ready(written(path, out), is_animated=True)
        too_large = out.tell() / LARGEST_MOVING
    raise NotSuitable(f"This can't be made as small as a moving sticker has to be: {LARGEST_MOVING} bytes.")


def thinned(frames: list[Frame], step: int) -> list[Frame]:
    """Every `step`-th frame, shown for as long as those it stands for."""
    return [
        Frame(frames[start].picture, sum(frame.milliseconds for frame in frames[start : start + step]))
        for start in range(0, len(frames), step)
    ]


def written(path: Path, out: io.BytesIO) -> Path:
    target = path.with_name("converted.webp")
    target.write_bytes(out.getvalue())
    return target


def picture_frames(picture: Image.Image) -> Iterator[Frame]:
    """The frames of a GIF, WebP or the like: at most fifteen a second, of ten seconds at most."""
    require_small_frames(*picture.size)
    times, waiting = 0, 0
    pending: Frame | None = None
    for frame in ImageSequence.Iterator(picture):
        duration = int(frame.info.get("duration") or LAST_FRAME)
        times += duration
        require_short(times)
        if pending is not None and waiting < SHORTEST_FRAME:
            waiting += duration
            pending.milliseconds = waiting
            continue
        if pending is not None:
            yield pending
        pending, waiting = Frame(squared(frame), duration), duration
    if pending is not None:
        yield pending


def film_frames(path: Path) -> Iterator[Frame]:
    """The frames of a video: at most fifteen a second, of ten seconds at most."""
    with open_recording(path) as file:
        stream = moving_stream(file)
        if stream is None:
            raise NotSuitable("This is neither a picture nor a video.")
        require_small_frames(stream.codec_context.width, stream.codec_context.height)
        pending: tuple[float, Frame] | None = None
        for seconds, frame in frames_at(file, stream):
            now = seconds * 1000
            require_short(now)
            if pending is not None:
                shown = now - pending[0]
                if shown < SHORTEST_FRAME:
                    continue
                pending[1].milliseconds = round(shown)
                yield pending[1]
            pending = now, Frame(squared(upright(frame)), LAST_FRAME)
        if pending is not None:
            yield pending[1]


def require_small_frames(width: int, height: int) -> None:
    require_fair_size(width, height)
    if width * height > LARGEST_MOVING_PICTURE:
        raise NotSuitable(
            f"The pictures of a moving sticker may have {LARGEST_MOVING_PICTURE // 1_000_000} million pixels."
        )


def require_short(milliseconds: float) -> None:
    if milliseconds > LONGEST:
        raise NotSuitable(f"A sticker moves for {LONGEST // 1000} seconds at the most.")


def squared(picture: Image.Image) -> Image.Image:
    """The whole picture within a transparent square."""
    small = ImageOps.contain(picture.convert("RGBA"), (SIDE, SIDE))
    square = Image.new("RGBA", (SIDE, SIDE))
    square.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    return square
