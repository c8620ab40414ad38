"""Messages about another message: reactions, pins, and what only the other message's secret opens."""

from whatsapp.ingest.content.records import Content, MessageType
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import LAST_MILLISECOND, key, label, number, secret, text
from whatsapp.protobuf import waE2E

SECRET_TYPES = {
    "message_edit": MessageType.EDITED,
    "event_edit": MessageType.EDITED,
    "poll_edit": MessageType.EDITED,
    "poll_add_option": MessageType.POLL_UPDATE,
}


@kind("reactionMessage")
def reaction(part: waE2E.ReactionMessage) -> Content:
    """A reaction without a text takes the sender's earlier one back."""
    emoji = text(part.text)
    return Content(
        MessageType.REACTION,
        reaction_emoji=emoji,
        reaction_removed=emoji is None,
        reaction_target=key(part),
        reaction_timestamp_ms=number(part, "senderTimestampMS", LAST_MILLISECOND),
    )


@kind("encReactionMessage")
def encrypted_reaction(part: waE2E.EncReactionMessage) -> Content:
    target = key(part, "targetMessageKey")
    return Content(
        MessageType.REACTION, reaction_target=target, target=target, is_encrypted=True, secret=secret(part)
    )


@kind("encCommentMessage")
def encrypted_comment(part: waE2E.EncCommentMessage) -> Content:
    return Content(
        MessageType.COMMENT, target=key(part, "targetMessageKey"), is_encrypted=True, secret=secret(part)
    )


@kind("encEventResponseMessage")
def encrypted_event_response(part: waE2E.EncEventResponseMessage) -> Content:
    target = key(part, "eventCreationMessageKey")
    return Content(MessageType.EVENT_RESPONSE, target=target, is_encrypted=True, secret=secret(part))


@kind("secretEncryptedMessage")
def encrypted(part: waE2E.SecretEncryptedMessage) -> Content:
    message_type = SECRET_TYPES.get(label(part, "secretEncType") or "", MessageType.UNKNOWN)
    target = key(part, "targetMessageKey")
    return Content(message_type, target=target, is_encrypted=True, secret=secret(part))


@kind("conditionalRevealMessage")
def conditional_reveal(part: waE2E.ConditionalRevealMessage) -> Content:
    return Content(MessageType.UNKNOWN, is_encrypted=True)


@kind("pinInChatMessage")
def pin(part: waE2E.PinInChatMessage) -> Content:
    return Content(MessageType.PIN, target=key(part), is_undo=label(part, "type") == "unpin_for_all")


@kind("keepInChatMessage")
def keep(part: waE2E.KeepInChatMessage) -> Content:
    return Content(MessageType.KEEP, target=key(part), is_undo=label(part, "keepType") == "undo_keep_for_all")
