"""The protobuf of each kind of message, as WhatsApp's own apps build it. Nothing is sent here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from typing import Any

from whatsapp.protobuf import waCommon, waE2E
from whatsapp.simulator.jid import Jid

Message = Any

#: The part of a message that can carry context (a quote, mentions, forwarding), by the message's field.
_WITH_CONTEXT = (
    "extendedTextMessage",
    "imageMessage",
    "videoMessage",
    "audioMessage",
    "documentMessage",
    "stickerMessage",
    "locationMessage",
    "liveLocationMessage",
    "contactMessage",
    "pollCreationMessage",
    "pollCreationMessageV3",
)


def context(
    *,
    quoted: Message | None = None,
    quoted_id: str = "",
    quoted_sender: Jid | None = None,
    mentions: Iterable[Jid] = (),
    forwarded: bool = False,
    ephemeral: int = 0,
) -> Any:
    """What a message says beside its content: what it answers, whom it mentions, whether it was forwarded."""
    info = waE2E.ContextInfo(mentionedJID=[str(jid) for jid in mentions])
    if quoted_id:
        info.stanzaID = quoted_id
        info.participant = str(quoted_sender)
        if quoted is not None:
            info.quotedMessage.CopyFrom(quoted)
    if forwarded:
        info.isForwarded, info.forwardingScore = True, 1
    if ephemeral:
        info.expiration, info.ephemeralSettingTimestamp = ephemeral, int(time.time())
    return info


def text(body: str, info: Any | None = None) -> Message:
    """Plain text, or text with a context."""
    if info is None or not info.ListFields():
        return waE2E.Message(conversation=body)
    return waE2E.Message(extendedTextMessage=waE2E.ExtendedTextMessage(text=body, contextInfo=info))


def with_context(message: Message, info: Any) -> Message:
    """The message with this context as well."""
    if message.conversation:
        return text(message.conversation, info)
    for name in _WITH_CONTEXT:
        if message.HasField(name):
            getattr(message, name).contextInfo.MergeFrom(info)
    return message


def uploaded(upload: Any) -> dict[str, Any]:
    """The fields by which a message names a file on the media server."""
    return {
        "URL": upload.url,
        "directPath": upload.DirectPath,
        "mediaKey": upload.MediaKey,
        "fileEncSHA256": upload.FileEncSHA256,
        "fileSHA256": upload.FileSHA256,
        "fileLength": upload.FileLength,
        "mediaKeyTimestamp": int(time.time()),
    }


def image(upload: Any, **details: Any) -> Message:
    """A picture: mimetype, caption, width, height, JPEGThumbnail."""
    return waE2E.Message(imageMessage=waE2E.ImageMessage(**uploaded(upload), **_set(details)))


def video(upload: Any, **details: Any) -> Message:
    """A video: mimetype, caption, seconds, width, height, gifPlayback."""
    return waE2E.Message(videoMessage=waE2E.VideoMessage(**uploaded(upload), **_set(details)))


def audio(upload: Any, **details: Any) -> Message:
    """A recording: mimetype, seconds; PTT makes it a voice note, with a waveform of 64 heights."""
    return waE2E.Message(audioMessage=waE2E.AudioMessage(**uploaded(upload), **_set(details)))


def document(upload: Any, **details: Any) -> Message:
    """A file: mimetype, fileName, title, pageCount. With a caption it is wrapped, as the apps do."""
    content = waE2E.Message(documentMessage=waE2E.DocumentMessage(**uploaded(upload), **_set(details)))
    if not details.get("caption"):
        return content
    return waE2E.Message(documentWithCaptionMessage=waE2E.FutureProofMessage(message=content))


def sticker(upload: Any, **details: Any) -> Message:
    """A WebP sticker: mimetype, width, height, isAnimated."""
    return waE2E.Message(stickerMessage=waE2E.StickerMessage(**uploaded(upload), **_set(details)))


def view_once(message: Message) -> Message:
    """The picture or video so that it can be opened once."""
    for name in ("imageMessage", "videoMessage", "audioMessage"):
        if message.HasField(name):
            getattr(message, name).viewOnce = True
    return waE2E.Message(viewOnceMessageV2=waE2E.FutureProofMessage(message=message))


def disappearing(message: Message, seconds: int) -> Message:
    """The message as it is sent in a chat with disappearing messages."""
    with_context(message, context(ephemeral=seconds))
    return message


def location(latitude: float, longitude: float, name: str, address: str) -> Message:
    """A place."""
    place = waE2E.LocationMessage(
        degreesLatitude=latitude, degreesLongitude=longitude, name=name, address=address
    )
    return waE2E.Message(locationMessage=place)


def live_location(latitude: float, longitude: float, caption: str, sequence: int) -> Message:
    """A place that moves; each later one has a higher sequence number."""
    place = waE2E.LiveLocationMessage(
        degreesLatitude=latitude,
        degreesLongitude=longitude,
        accuracyInMeters=12,
        caption=caption,
        sequenceNumber=sequence,
    )
    return waE2E.Message(liveLocationMessage=place)


def contact(name: str, number: str) -> Message:
    """Somebody's card."""
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;waid={number}:+{number}\nEND:VCARD"
    return waE2E.Message(contactMessage=waE2E.ContactMessage(displayName=name, vcard=vcard))


def poll(name: str, options: Iterable[str], selectable: int) -> Message:
    """A question with options. The secret is what votes are encrypted with."""
    question = waE2E.PollCreationMessage(name=name, selectableOptionsCount=selectable)
    for option in options:
        question.options.add(optionName=option)
    message = waE2E.Message(
        messageContextInfo=waE2E.MessageContextInfo(messageSecret=secrets.token_bytes(32))
    )
    # The apps send a question with one choice as version 3, one with several as version 1.
    getattr(message, "pollCreationMessageV3" if selectable == 1 else "pollCreationMessage").CopyFrom(question)
    return message


def key(chat: Jid, message_id: str, from_me: bool, participant: Jid | None) -> Any:
    """What names another message."""
    names = waCommon.MessageKey(remoteJID=str(chat), fromMe=from_me, ID=message_id)
    if participant:
        names.participant = str(participant)
    return names


def reaction(target: Any, emoji: str) -> Message:
    """A reaction to a message; an empty one takes it back."""
    now = time.time_ns() // 1_000_000
    return waE2E.Message(reactionMessage=waE2E.ReactionMessage(key=target, text=emoji, senderTimestampMS=now))


def edit(target: Any, new: Message) -> Message:
    """New content for a message."""
    change = waE2E.ProtocolMessage(
        key=target,
        type=waE2E.ProtocolMessage.MESSAGE_EDIT,
        editedMessage=new,
        timestampMS=time.time_ns() // 1_000_000,
    )
    content = waE2E.Message(protocolMessage=change)
    return waE2E.Message(editedMessage=waE2E.FutureProofMessage(message=content))


def revoke(target: Any) -> Message:
    """Deletes a message for everyone."""
    change = waE2E.ProtocolMessage(key=target, type=waE2E.ProtocolMessage.REVOKE)
    return waE2E.Message(protocolMessage=change)


def text_of(message: Message) -> str:
    """The words of a message: its text, caption or name, also inside a wrapper. Empty if it has none."""
    for wrapper in ("ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "documentWithCaptionMessage"):
        if message.HasField(wrapper):
            return text_of(getattr(message, wrapper).message)
    if message.HasField("deviceSentMessage"):
        return text_of(message.deviceSentMessage.message)
    if message.HasField("editedMessage"):
        return text_of(message.editedMessage.message.protocolMessage.editedMessage)
    return str(
        message.conversation
        or message.extendedTextMessage.text
        or message.imageMessage.caption
        or message.videoMessage.caption
        or message.documentMessage.caption
        or message.reactionMessage.text
        or message.pollCreationMessage.name
        or message.pollCreationMessageV3.name
        or message.protocolMessage.editedMessage.conversation
    )


def has_content(message: Message) -> bool:
    """Whether it is more than the sender key that comes, as an event of its own, before a group's message."""
    content = {field.name for field, _value in message.ListFields()}
    return bool(content - {"senderKeyDistributionMessage", "messageContextInfo"})


def media_of(message: Message) -> Any:
    """The part of a message that names a file; LookupError if there is none."""
    for wrapper in ("viewOnceMessageV2", "documentWithCaptionMessage", "ephemeralMessage"):
        if message.HasField(wrapper):
            return media_of(getattr(message, wrapper).message)
    for name in ("imageMessage", "videoMessage", "audioMessage", "documentMessage", "stickerMessage"):
        if message.HasField(name):
            return getattr(message, name)
    raise LookupError("the message has no file")


def _set(details: dict[str, Any]) -> dict[str, Any]:
    """The details that were given: protobuf would take an empty one as present."""
    return {name: value for name, value in details.items() if value not in (None, "", 0)}
