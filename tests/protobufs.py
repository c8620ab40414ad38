"""neonize's events as bytes, with defaults: what the callback would be given."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


def build_reaction(target: str, emoji: str, *, moment: int, **details: Any) -> bytes:
    """A reaction to the message `target`, at `moment` in Unix seconds."""
    reaction = waE2E.ReactionMessage(
        key={"ID": target, "fromMe": False, "remoteJID": ALICE}, text=emoji, senderTimestampMS=moment * 1000
    )
    details = {"message_id": f"REACT-{target}-{moment}", "timestamp": moment} | details
    return build_message(content=waE2E.Message(reactionMessage=reaction), **details)


def build_vote(
    poll: str, secret: bytes, author: str, voter: str, options: list[str], *, moment: int, **details: Any
) -> bytes:
    """A vote in a poll, encrypted as the voter's phone does it (whatsmeow's msgsecret.go)."""
    chosen = [hashlib.sha256(option.encode()).digest() for option in options]
    plain = waE2E.PollVoteMessage(selectedOptions=chosen).SerializeToString()
    purpose = f"{poll}{author}{voter}Poll Vote".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
    iv = hashlib.sha256(f"{moment} {voter}".encode()).digest()[:12]
    payload = AESGCM(key).encrypt(iv, plain, f"{poll}\0{voter}".encode())
    update = waE2E.PollUpdateMessage(
        pollCreationMessageKey={"ID": poll, "fromMe": False, "participant": author},
        vote={"encPayload": payload, "encIV": iv},
        senderTimestampMS=moment * 1000,
    )
    details = {"message_id": f"VOTE-{voter}-{moment}", "timestamp": moment, "sender": voter} | details
    return build_message(content=waE2E.Message(pollUpdateMessage=update), **details)


def partial(event: Any) -> bytes:
    """The bytes of an event without what it requires and no test cares about."""
    return bytes(event.SerializePartialToString())


def build_call(signal: Any, call_id: str, at: int, creator: str = ALICE, **details: Any) -> bytes:
    """A signal of a call (CallOffer, CallTerminate, …), at a Unix second."""
    meta = neonize_pb2.BasicCallMeta(timestamp=at, callCreator=jid_message(creator), callID=call_id)
    getattr(meta, "from").CopyFrom(jid_message(creator))
    return partial(signal(basicCallMeta=meta, **details))


def build_group_notice(group: str, at: int, by: str = ALICE, **changes: Any) -> bytes:
    """A GroupInfo event (code 22); people are named by their JIDs."""
    for name in ("Join", "Leave", "Promote", "Demote"):
        if name in changes:
            changes[name] = [jid_message(jid) for jid in changes[name]]
    return partial(
        neonize_pb2.GroupInfoEvent(JID=jid_message(group), Sender=jid_message(by), Timestamp=at, **changes)
    )


def build_group(group: str, name: str) -> neonize_pb2.GroupInfo:
    """A group's description with Alice (its admin), Bob and Olivia in it."""
    return neonize_pb2.GroupInfo(
        JID=jid_message(group),
        OwnerJID=jid_message(ALICE),
        GroupName={"Name": name},
        GroupCreated=1_600_000_000,
        Participants=[
            neonize_pb2.GroupParticipant(JID=jid_message(ALICE), IsAdmin=True, IsSuperAdmin=True),
            neonize_pb2.GroupParticipant(JID=jid_message(BOB)),
            neonize_pb2.GroupParticipant(JID=jid_message(OLIVIA)),
        ],
    )
