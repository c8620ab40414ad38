"""Pictures, videos, sound, files and stickers."""

from typing import Any

from google.protobuf.message import Message as Protobuf

from whatsapp.ingest.content.records import Content, MediaContent, MessageType
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import INT64_MAX, has, identifier, number, text
from whatsapp.protobuf import waE2E

KINDS = {
    "ImageMessage": "image",
    "VideoMessage": "video",
    "AudioMessage": "audio",
    "DocumentMessage": "document",
    "StickerMessage": "sticker",
    "StickerPackMessage": "sticker-pack",
}


@kind("imageMessage")
def image(part: waE2E.ImageMessage) -> Content:
    return Content(MessageType.IMAGE, text(part.caption), media=attachment(part))


@kind("videoMessage")
def video(part: waE2E.VideoMessage) -> Content:
    return Content(MessageType.VIDEO, text(part.caption), media=attachment(part))


@kind("ptvMessage")
def video_note(part: waE2E.VideoMessage) -> Content:
    return Content(MessageType.VIDEO, text(part.caption), media=attachment(part, is_video_note=True))


@kind("audioMessage")
def audio(part: waE2E.AudioMessage) -> Content:
    return Content(MessageType.AUDIO, media=attachment(part))


@kind("documentMessage")
def document(part: waE2E.DocumentMessage) -> Content:
    return Content(MessageType.DOCUMENT, text(part.caption), media=attachment(part))


@kind("stickerMessage")
def sticker(part: waE2E.StickerMessage) -> Content:
    return Content(MessageType.STICKER, media=attachment(part))


@kind("stickerPackMessage")
def sticker_pack(part: waE2E.StickerPackMessage) -> Content:
    return Content(MessageType.STICKER, text(part.caption) or text(part.name), media=attachment(part))


@kind("albumMessage")
def album(part: waE2E.AlbumMessage) -> Content:
    """Only a heading: its pictures follow as messages of their own, with this one as their parent."""
    return Content(MessageType.ALBUM)


def attachment(part: Protobuf, path: str = "", *, is_video_note: bool = False) -> MediaContent:
    """The description of a media part. `path` leads to it from the part that is being read."""

    def read(*names: str) -> Any:
        """What the first of these fields that isn't empty holds; None when all are."""
        return next((value for name in names if has(part, name) and (value := getattr(part, name))), None)

    return MediaContent(
        kind=KINDS[part.DESCRIPTOR.name],
        part=path,
        mime_type=identifier(read("mimetype")),
        size=number(part, "fileLength", INT64_MAX),
        filename=text(read("fileName", "title")),
        duration=number(part, "seconds"),
        width=number(part, "width"),
        height=number(part, "height"),
        is_voice_note=bool(read("PTT")),
        is_video_note=is_video_note,
        is_animated=bool(read("gifPlayback", "isAnimated", "isLottie")),
        is_downloadable=bool(read("directPath", "URL")),
        thumbnail=read("JPEGThumbnail", "pngThumbnail"),
        sha256=read("fileSHA256"),
    )


def header_attachment(part: Protobuf, path: str = "") -> MediaContent | None:
    """The picture, video or file at the head of a message with buttons; None when it has none."""
    for name in ("imageMessage", "videoMessage", "documentMessage"):
        if has(part, name):
            return attachment(getattr(part, name), f"{path}.{name}" if path else name)
    return None
