"""neonize's events as bytes, with defaults: what the callback would be given."""

from typing import Any

from whatsapp.jids import is_group, jid_message
from whatsapp.protobuf import neonize_pb2, waE2E

ALICE = "15550101@s.whatsapp.net"
BOB = "15550102@s.whatsapp.net"
OLIVIA = "15550100@s.whatsapp.net"
FLAGS = (
    "IsEphemeral",
    "IsViewOnce",
    "IsViewOnceV2",
    "IsViewOnceV2Extension",
    "IsDocumentWithCaption",
    "IsLottieSticker",
    "IsEdit",
)


def build_source(
    sender: str = ALICE, chat: str | None = None, *, from_me: bool = False, alternative: str = ""
) -> neonize_pb2.MessageSource:
    chat = chat or sender
    return neonize_pb2.MessageSource(
        Chat=jid_message(chat),
        Sender=jid_message(sender),
        IsFromMe=from_me,
        IsGroup=is_group(chat),
        SenderAlt=jid_message(alternative),
        RecipientAlt=jid_message(""),
        BroadcastListOwner=jid_message(""),
    )


def build_message(
    message_id: str = "3EB0A1",
    text: str = "hello",
    *,
    content: waE2E.Message | None = None,
    sender: str = ALICE,
    chat: str | None = None,
    from_me: bool = False,
    alternative: str = "",
    timestamp: int = 1_700_000_000,
    push_name: str = "Alice",
    edit: str = "",
    **flags: Any,
) -> bytes:
    """A Message event (code 17). `timestamp` is in Unix seconds."""
    info = neonize_pb2.MessageInfo(
        MessageSource=build_source(sender, chat, from_me=from_me, alternative=alternative),
        ID=message_id,
        ServerID=0,
        Type="text",
        Pushname=push_name,
        Timestamp=timestamp * 1000,
        Category="",
        Multicast=False,
        MediaType="",
        Edit=edit,
    )
    message = content if content is not None else waE2E.Message(conversation=text)
    event = neonize_pb2.Message(
        Info=info,
        Message=message,
        Raw=message,
        UnavailableRequestID="",
        RetryCount=0,
        **{**dict.fromkeys(FLAGS, False), **flags},
    )
    return bytes(event.SerializeToString())


def build_edit(target: str, text: str, *, moment: int = 1_700_000_060, **details: Any) -> bytes:
    """An edit of the message `target`; `moment` is when, in Unix seconds."""
    protocol = waE2E.ProtocolMessage(
        type=waE2E.ProtocolMessage.MESSAGE_EDIT,
        key={"ID": target, "fromMe": True, "remoteJID": ALICE},
        editedMessage=waE2E.Message(conversation=text),
        timestampMS=moment * 1000,
    )
    details = {"message_id": f"EDIT-{target}-{moment}", "timestamp": moment, "edit": "1"} | details
    return build_message(content=waE2E.Message(protocolMessage=protocol), **details)


def build_revoke(target: str, *, participant: str = "", **details: Any) -> bytes:
    """A deletion for everyone of the message `target`."""
    key = {"ID": target, "fromMe": not participant, "remoteJID": ALICE}
    if participant:
        key["participant"] = participant
    protocol = waE2E.ProtocolMessage(type=waE2E.ProtocolMessage.REVOKE, key=key)
    details = {"message_id": f"DEL-{target}", "edit": "8" if participant else "7"} | details
    return build_message(content=waE2E.Message(protocolMessage=protocol), **details)


def build_receipt(
    *message_ids: str,
    kind: int = neonize_pb2.Receipt.READ,
    sender: str = ALICE,
    timestamp: int = 1_700_000_100,
) -> bytes:
    """A Receipt event (code 18)."""
    receipt = neonize_pb2.Receipt(
        MessageSource=build_source(sender), MessageIDs=message_ids, Timestamp=timestamp, Type=kind
    )
    return bytes(receipt.SerializeToString())
