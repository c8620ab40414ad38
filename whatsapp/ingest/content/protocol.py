"""`protocolMessage`: edits, deletions, settings and the talk between devices."""

from collections.abc import Callable

from whatsapp.ingest.content.parser import parse_content
from whatsapp.ingest.content.records import Content, Edit, MessageType, Revoke
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import LAST_MILLISECOND, has, key, label, number
from whatsapp.protobuf import waE2E


@kind("protocolMessage")
def protocol(part: waE2E.ProtocolMessage) -> Content:
    word = label(part, "type")
    if word in ACTS:
        return ACTS[word](part)
    return Content(MessageType.PROTOCOL, is_protocol=True, protocol_type=word)


def revoke(part: waE2E.ProtocolMessage) -> Content:
    target = key(part)
    if target is None:
        return Content(MessageType.UNKNOWN, protocol_type="revoke")
    return Content(MessageType.REVOKED, revoke=Revoke(target), target=target, protocol_type="revoke")


def edit(part: waE2E.ProtocolMessage) -> Content:
    target = key(part)
    if target is None or not has(part, "editedMessage"):
        return Content(MessageType.UNKNOWN, target=target, protocol_type="message_edit")
    content = parse_content(part.editedMessage)
    return Content(
        MessageType.EDITED,
        content.body,
        edit=Edit(target, content, number(part, "timestampMS", LAST_MILLISECOND)),
        target=target,
        protocol_type="message_edit",
    )


def ephemeral_setting(part: waE2E.ProtocolMessage) -> Content:
    return Content(
        MessageType.PROTOCOL,
        is_protocol=True,
        protocol_type="ephemeral_setting",
        ephemeral_setting=number(part, "ephemeralExpiration") or 0,
    )


def story_mention(part: waE2E.ProtocolMessage) -> Content:
    return Content(MessageType.STORY, target=key(part), protocol_type="status_mention_message")


ACTS: dict[str, Callable[[waE2E.ProtocolMessage], Content]] = {
    "ephemeral_setting": ephemeral_setting,
    "message_edit": edit,
    "revoke": revoke,
    "status_mention_message": story_mention,
}
