"""Sends files: hands each to WhatsApp's media server, and then the message that says where it is.

The file was made fit before its act was queued (whatsapp/preparation). Its message becomes a row like any
other, and the file itself is stored beforehand, so that it need not be downloaded again.
"""

import base64
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whatsapp import actions, leases, media_files, outbox, storage
from whatsapp.models import Action
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.deeds.registry import Lane, Refused, performs
from whatsapp.session.deeds.stored import quote
from whatsapp.session.library import MediaType, NeonizeError, SendMessageError
from whatsapp.session.line import NO_LINE, Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
FIRST_PAUSE = 1.0  # seconds; three times as long after each failure


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of file is handed over, and what makes a message of it."""

    media_type: MediaType
    compose: Callable[[dict[str, Any], dict[str, Any]], waE2E.Message]


def send_media(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    quoted_id = payload.get("quoted_id")
    recipient = acts.recipients.address(line, payload["jid"])
    context = quote(acts.account, payload["jid"], quoted_id) if quoted_id else None
    form = FORMS[action.kind]
    data, thumbnail = taken_from_outbox(acts, payload["file"])
    uploaded = upload(acts, line, data, form.media_type)
    fields = fields_of(payload["file"], uploaded, thumbnail)
    if context is not None:
        fields["contextInfo"] = context
    is_new = keep(action, data)
    del data  # it may be large, and the message be long on its way
    try:
        acts.send(line, action, form.compose(fields, payload), recipient)
    except BaseException:
        if is_new:
            forget(payload["file"]["stored"])
        raise


def attempts(acts: "Acts") -> Iterator[bool]:
    """So many turns, with growing pauses in between; True says that it is the last."""
    pause = FIRST_PAUSE
    for attempt in range(1, MOST_ATTEMPTS + 1):
        yield attempt == MOST_ATTEMPTS
        acts.pause_for(pause)
        pause *= 3


def taken_from_outbox(acts: "Acts", file: dict[str, Any]) -> tuple[bytes, bytes | None]:
    """The file and its thumbnail, if it has one; if need be at the third attempt."""
    for is_last in attempts(acts):
        try:
            return outbox.read(file["name"], file["path"]), thumbnail_of(file)
        except FileNotFoundError as error:
            raise Refused("The file is not in the outbox any more.") from error
        except OSError as error:
            if acts.is_stopping:
                raise SendMessageError(f"{NO_LINE[0]}: {error}") from error
            if is_last:
                raise Refused(f"The file can't be read: {error.strerror or error}.") from error
            log.warning("A file of the outbox can't be read yet: %s", error)
    raise AssertionError("the last attempt returns or raises")


def thumbnail_of(file: dict[str, Any]) -> bytes | None:
    try:
        return outbox.read(file["name"], outbox.THUMBNAIL)
    except FileNotFoundError:
        return None


def upload(acts: "Acts", line: Line, data: bytes, media_type: MediaType) -> neonize_pb2.UploadResponse:
    """Hands the file over, if need be at the third attempt."""
    for is_last in attempts(acts):
        try:
            return line.upload(data, media_type)
        except NeonizeError as error:
            if any(words in str(error) for words in NO_LINE) or acts.is_stopping:
                # Nothing has gone out: the act waits for the next line.
                raise SendMessageError(f"{NO_LINE[0]}: {error}") from error
            if is_last:
                raise Refused(f"WhatsApp doesn't take the file: {error}") from error
    raise AssertionError("the last attempt returns or raises")


def keep(action: Action, data: bytes) -> bool:
    """Puts the file where those of messages are, and notes that on the act. Returns whether it is new.

    Where it can't be stored now, it goes out all the same, and is downloaded later like any other.
    """
    file = action.payload["file"]
    try:
        file["stored"], is_new = media_files.path_of(file["sha256"]), False
        if file["stored"] is None:
            now = int(time.time())
            file["stored"], is_new = media_files.keep(data, file["sha256"], file["mime_type"], now)
    except OSError as error:
        log.warning("The file of act %s can't be stored yet: %s", action.pk, error)
        file["stored"], is_new = None, False
    with leases.fenced(action.account):
        action.save(update_fields=["payload", "updated_at"])
    return is_new


def forget(path: str) -> None:
    """Deletes a file that was stored in vain. What can't be deleted now is an orphan later on."""
    try:
        storage.media().delete(path)
    except OSError as error:
        log.warning("The file %s can't be deleted yet: %s", path, error)


def fields_of(
    file: dict[str, Any], uploaded: neonize_pb2.UploadResponse, thumbnail: bytes | None
) -> dict[str, Any]:
    """The fields that every message with a file has; a thumbnail where there is one."""
    fields: dict[str, Any] = {
        "URL": uploaded.url,
        "directPath": uploaded.DirectPath,
        "mediaKey": uploaded.MediaKey,
        "mediaKeyTimestamp": int(time.time()),
        "fileEncSHA256": uploaded.FileEncSHA256,
        "fileSHA256": uploaded.FileSHA256,
        "fileLength": uploaded.FileLength,
        "mimetype": file["mime_type"],
    }
    if thumbnail is not None:
        fields["JPEGThumbnail"] = thumbnail
    return fields


def given(**values: Any) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def image(fields: dict[str, Any], payload: dict[str, Any]) -> waE2E.Message:
    file = payload["file"]
    more = given(width=file["width"], height=file["height"], caption=payload.get("caption"))
    return waE2E.Message(imageMessage=waE2E.ImageMessage(**fields, **more))


def video(fields: dict[str, Any], payload: dict[str, Any]) -> waE2E.Message:
    file = payload["file"]
    more = given(
        width=file["width"],
        height=file["height"],
        seconds=file["duration"],
        caption=payload.get("caption"),
        gifPlayback=file["is_animated"] or None,
    )
    return waE2E.Message(videoMessage=waE2E.VideoMessage(**fields, **more))


def audio(fields: dict[str, Any], payload: dict[str, Any]) -> waE2E.Message:
    file = payload["file"]
    waveform = base64.b64decode(file["waveform"]) if file["waveform"] else None
    more = given(seconds=file["duration"], PTT=payload["ptt"], waveform=waveform)
    return waE2E.Message(audioMessage=waE2E.AudioMessage(**fields, **more))


def document(fields: dict[str, Any], payload: dict[str, Any]) -> waE2E.Message:
    """With a caption it is wrapped, as WhatsApp's own clients do."""
    name, caption = payload["filename"], payload.get("caption")
    part = waE2E.DocumentMessage(**fields, fileName=name, title=name, **given(caption=caption))
    content = waE2E.Message(documentMessage=part)
    if not caption:
        return content
    return waE2E.Message(documentWithCaptionMessage=waE2E.FutureProofMessage(message=content))


def sticker(fields: dict[str, Any], payload: dict[str, Any]) -> waE2E.Message:
    file = payload["file"]
    part = waE2E.StickerMessage(
        **fields, width=file["width"], height=file["height"], isAnimated=file["is_animated"]
    )
    return waE2E.Message(stickerMessage=part)


FORMS = {
    actions.SEND_IMAGE: Form(MediaType.MediaImage, image),
    actions.SEND_VIDEO: Form(MediaType.MediaVideo, video),
    actions.SEND_AUDIO: Form(MediaType.MediaAudio, audio),
    actions.SEND_DOCUMENT: Form(MediaType.MediaDocument, document),
    actions.SEND_STICKER: Form(MediaType.MediaImage, sticker),
}
for _kind in FORMS:
    performs(_kind, Lane.FILES)(send_media)
