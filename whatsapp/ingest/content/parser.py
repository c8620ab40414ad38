"""From a protobuf message to `Content`: unwrap, read the part by its kind, add what surrounds every kind."""

from typing import Any

from whatsapp.ingest.content.records import Content, MessageType, complete
from whatsapp.ingest.content.registry import build
from whatsapp.ingest.content.values import data, has, identifier, key, label, number, text, texts
from whatsapp.ingest.content.wrapping import Unwrapped, unwrap
from whatsapp.protobuf import waE2E

VIEWED_ONCE = frozenset({MessageType.IMAGE, MessageType.VIDEO, MessageType.AUDIO, MessageType.UNKNOWN})


def parse_content(message: waE2E.Message) -> Content:
    """What the message says and does. Never fails on a message that protobuf could parse."""
    unwrapped = unwrap(message)
    content, part = build(unwrapped.message)
    _add_context(content, part)
    _add_message_context(content, unwrapped)
    _add_wrappers(content, part, unwrapped)
    return content


def _add_context(content: Content, part: Any) -> None:
    """Adds the reply, forwarding, mentions and timer that the part's contextInfo tells."""
    if part is None or not has(part, "contextInfo"):
        return
    context: waE2E.ContextInfo = part.contextInfo
    quoted = build(unwrap(context.quotedMessage).message)[0] if has(context, "quotedMessage") else None
    score = number(context, "forwardingScore") or 0
    duration = number(context, "expiration")
    complete(
        content,
        quoted_id=identifier(context.stanzaID),
        quoted_body=quoted.body if quoted else None,
        quoted_type=quoted.message_type if quoted else None,
        quoted_participant=text(context.participant),
        quoted_remote_jid=text(context.remoteJID),
        is_forwarded=context.isForwarded or score > 0,
        forward_score=score,
        is_ephemeral=bool(duration),
        ephemeral_duration=duration or None,
        mentions=texts(context.mentionedJID),
    )


def _add_message_context(content: Content, unwrapped: Unwrapped) -> None:
    """Adds what the messageContextInfo tells: the innermost one that has it, as they may sit on any layer."""
    for layer in unwrapped.layers:
        if not has(layer, "messageContextInfo"):
            continue
        info = layer.messageContextInfo
        association = info.messageAssociation
        complete(
            content,
            message_secret=data(info.messageSecret) or content.message_secret,
            parent=key(association, "parentMessageKey") or content.parent,
            association=label(association, "associationType") or content.association,
            pin_duration=_pin_duration(content, info) or content.pin_duration,
        )


def _pin_duration(content: Content, info: waE2E.MessageContextInfo) -> int | None:
    if content.message_type is not MessageType.PIN:
        return None
    return number(info, "messageAddOnDurationInSecs")


def _add_wrappers(content: Content, part: Any, unwrapped: Unwrapped) -> None:
    """Adds what the way in says: ephemeral, view once, a comment, sent from another device."""
    complete(content, message=unwrapped.message)
    # Bots also wrap buttons and lists in view once, to get them shown; those can be seen again.
    marked = unwrapped.is_view_once or (part is not None and has(part, "viewOnce") and part.viewOnce)
    if marked and content.message_type in VIEWED_ONCE:
        complete(content, message_type=MessageType.VIEW_ONCE, is_view_once=True)
    if not unwrapped.wrappers:
        return
    is_ephemeral = content.is_ephemeral or "ephemeralMessage" in unwrapped.wrappers
    complete(content, wrappers=unwrapped.wrappers, is_ephemeral=is_ephemeral)
    if content.media is not None and "lottieStickerMessage" in unwrapped.wrappers:
        complete(content.media, is_animated=True)
    device_sent = unwrapped.around("deviceSentMessage")
    if device_sent is not None:
        complete(content, sent_to=text(device_sent.deviceSentMessage.destinationJID))
    comment = unwrapped.around("commentMessage")
    if comment is not None:
        target = key(comment.commentMessage, "targetMessageKey")
        complete(content, message_type=MessageType.COMMENT, target=target)
