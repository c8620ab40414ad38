"""Pictures: JPEG and PNG go as they are, all else that can be read becomes JPEG.

What cameras write into a picture, such as where it was taken, does not go with it: WhatsApp's own apps don't
send that either.
"""

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from whatsapp.preparation import NotSuitable, Prepared

# Those of Pillow's formats that are pictures and nothing else: none of them runs a program or opens a file.
FORMATS = (
    "JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "ICO", "PPM",
)  # fmt: skip
LARGEST_PICTURE = 64_000_000  # pixels
THUMBNAIL = (100, 100)  # pixels at the most, as WhatsApp's own clients make them
THUMBNAIL_QUALITY = 60
QUALITY = 90

# What a picture has that is sent as it is.
SHOWN_BY_CLIENTS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
ORIENTATION = 0x0112  # the EXIF tag


def open_picture(path: Path) -> Image.Image:
    """The picture, not yet unpacked. Raises NotSuitable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is stricter
        try:
            picture = Image.open(path, formats=FORMATS)
        except UnidentifiedImageError as error:
            raise NotSuitable(why_no_picture(path)) from error
        except Image.DecompressionBombError as error:
            raise too_many_pixels() from error
    require_fair_size(*picture.size)
    return picture


def why_no_picture(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIC pictures can't be read here: send it as JPEG or PNG."
    return "This is not a picture that can be read: send JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF."


def require_fair_size(width: int, height: int) -> None:
    """Raises NotSuitable for what would take too much memory when it is unpacked."""
    if width * height > LARGEST_PICTURE:
        raise too_many_pixels()
    if not width or not height:
        raise NotSuitable("This picture is empty.")


def too_many_pixels() -> NotSuitable:
    return NotSuitable(f"This picture has more than {LARGEST_PICTURE // 1_000_000} million pixels.")


def prepare_image(path: Path) -> Prepared:
    with open_picture(path) as picture:
        mime_type = SHOWN_BY_CLIENTS.get(picture.format or "")
        if mime_type is not None and not is_annotated(picture):
            width, height = shown_size(picture)
            picture.draft("RGB", THUMBNAIL)  # lets a JPEG be unpacked small
            return Prepared(str(path), mime_type, width, height, thumbnail=thumbnail_of(picture))
        turned = ImageOps.exif_transpose(picture)
    if mime_type == "image/png":
        target = path.with_name("converted.png")
        turned.save(target, "PNG", exif=b"")
    else:
        mime_type, target, turned = "image/jpeg", path.with_name("converted.jpg"), on_white(turned)
        turned.save(target, "JPEG", quality=QUALITY)
    return Prepared(str(target), mime_type, turned.width, turned.height, thumbnail=thumbnail_of(turned))


def is_annotated(picture: Image.Image) -> bool:
    """Whether it has EXIF or XMP data."""
    return bool(picture.getexif()) or any(
        name in picture.info for name in ("exif", "xmp", "XML:com.adobe.xmp")
    )


def shown_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height after it is turned as its EXIF data says."""
    width, height = picture.size
    return (height, width) if picture.getexif().get(ORIENTATION) in (5, 6, 7, 8) else (width, height)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture as RGB, with white where it is transparent."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat


def thumbnail_of(picture: Image.Image) -> bytes:
    """A small JPEG. Unpacks the picture, and so raises OSError when it is not all there."""
    small = ImageOps.exif_transpose(picture)
    small.thumbnail(THUMBNAIL)
    out = io.BytesIO()
    on_white(small).save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()
