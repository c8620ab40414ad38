"""Passing a stored message on, its file included."""

import time
from collections.abc import Container
from typing import Any

from whatsapp import storage
from whatsapp.ingest.content import MessageType
from whatsapp.ingest.content.wrapping import unwrap
from whatsapp.models import Media, Message
from whatsapp.protobuf import waE2E
from whatsapp.session.deeds.registry import Refused
from whatsapp.session.deeds.stored import protobuf_of
from whatsapp.session.library import MediaType
from whatsapp.session.line import Line

# WhatsApp keeps files for about a month; where the hub has the file, it doesn't wait for the last days.
FILE_SECONDS = 14 * 24 * 3600

FORWARDABLE = (
    MessageType.TEXT,
    MessageType.IMAGE,
    MessageType.VIDEO,
    MessageType.AUDIO,
    MessageType.DOCUMENT,
    MessageType.STICKER,
    MessageType.CONTACT,
    MessageType.LOCATION,
    MessageType.GROUP_INVITE,
)

MEDIA_TYPES = {
    "imageMessage": MediaType.MediaImage,
    "stickerMessage": MediaType.MediaImage,
    "videoMessage": MediaType.MediaVideo,
    "audioMessage": MediaType.MediaAudio,
    "documentMessage": MediaType.MediaDocument,
}


def content_of(message: Message) -> waE2E.Message:
    """What the message said when it came, without wrappers and without what surrounds it. Raises Refused."""
    event = protobuf_of(message)
    if event is None:
        raise Refused("message_id: The hub has not kept this message whole.")
    content = waE2E.Message()
    content.CopyFrom(unwrap(event.Message).message)
    content.ClearField("messageContextInfo")
    return content


def copy_of(message: Message, line: Line) -> waE2E.Message:
    """The message as it is passed on: with its newest text, counted once more if it is somebody else's, and
    without what it answers and whom it mentions. Raises Refused."""
    if message.is_deleted:
        raise Refused("message_id: This message is deleted.")
    if message.message_type not in FORWARDABLE or message.is_view_once:
        kind = message.message_type.replace("_", " ")
        raise Refused(f"message_id: A message of the type {kind} can't be forwarded.")
    content = content_of(message)
    if content.conversation:
        text = content.conversation
        content.ClearField("conversation")
        content.extendedTextMessage.text = text
    for field, part in content.ListFields():
        if "contextInfo" not in fields_of(part):
            continue
        if message.edited_at is not None:
            name = "text" if "text" in fields_of(part) else "caption"
            setattr(part, name, message.body or "")
        score = part.contextInfo.forwardingScore + (0 if message.from_me else 1)
        part.ClearField("contextInfo")
        if score:
            part.contextInfo.isForwarded, part.contextInfo.forwardingScore = True, score
        if field.name in MEDIA_TYPES:
            renew(message, part, MEDIA_TYPES[field.name], line)
        return content
    raise Refused("message_id: There is nothing in this message that can be forwarded.")


def renew(message: Message, part: Any, kind: MediaType, line: Line) -> None:
    """Lets the message's file stay where it is as long as WhatsApp keeps it; later it is uploaded again."""
    if time.time() < (part.mediaKeyTimestamp or message.timestamp) + FILE_SECONDS:
        return
    media = Media.objects.filter(message=message, download_status=Media.Status.DOWNLOADED).first()
    if media is None or not media.file_path:
        raise Refused(
            "message_id: WhatsApp keeps the file of this message no more, and the hub has not downloaded it."
        )
    try:
        data = storage.media().read(media.file_path)
    except OSError as error:
        raise Refused(f"message_id: Its file can't be read: {error.strerror or error}.") from error
    uploaded = line.upload(data, kind)
    part.URL, part.directPath, part.mediaKey = uploaded.url, uploaded.DirectPath, uploaded.MediaKey
    part.fileEncSHA256, part.fileSHA256 = uploaded.FileEncSHA256, uploaded.FileSHA256
    part.fileLength, part.mediaKeyTimestamp = uploaded.FileLength, int(time.time())


def fields_of(part: Any) -> Container[str]:
    """The names of the fields that a part of a message can have; none of what is no part."""
    descriptor = getattr(part, "DESCRIPTOR", None)
    return descriptor.fields_by_name if descriptor is not None else ()
