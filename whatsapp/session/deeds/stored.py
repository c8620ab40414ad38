"""Stored messages that an act is about."""

from whatsapp.jids import is_group, jid_text
from whatsapp.models import Account, Message
from whatsapp.protobuf import neonize_pb2, waCommon, waE2E
from whatsapp.session.deeds.registry import Refused


def find_message(account: Account, jid: str, message_id: str, field: str = "message_id") -> Message:
    """The message of the chat. Raises Refused, naming `field`."""
    found: Message | None = (
        Message.objects.in_chat(jid)
        .filter(account=account, message_id=message_id)
        .select_related("sender", "chat")
        .first()
    )
    if found is None:
        raise Refused(f"{field}: There is no message {message_id!r} in the chat {jid}.")
    return found


def protobuf_of(message: Message) -> neonize_pb2.Message | None:
    """The message as it came; None where that is not kept."""
    return neonize_pb2.Message.FromString(bytes(message.raw)) if message.raw else None


def sender_of(message: Message) -> str:
    """The address by which the chat knows the sender: in some groups that is the LID."""
    event = protobuf_of(message)
    return (jid_text(event.Info.MessageSource.Sender) if event is not None else "") or message.sender.jid


def key_of(message: Message, jid: str) -> waCommon.MessageKey:
    """What names the message to others in the chat `jid`."""
    key = waCommon.MessageKey(remoteJID=jid, fromMe=message.from_me, ID=message.message_id)
    if not message.from_me and is_group(jid):
        key.participant = sender_of(message)
    return key


def quote(account: Account, jid: str, message_id: str) -> waE2E.ContextInfo:
    """What makes a message an answer to the stored message `message_id` of the chat. Raises Refused."""
    quoted = find_message(account, jid, message_id, "quoted_id")
    context = waE2E.ContextInfo(stanzaID=quoted.message_id, participant=sender_of(quoted))
    event = protobuf_of(quoted)
    if event is not None:
        context.quotedMessage.CopyFrom(event.Message)
    return context
