"""Invented events as neonize would hand them over: protobuf bytes, or JSON of the hub's own kinds."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from whatsapp.jids import is_group, jid_message
from whatsapp.protobuf import neonize_pb2, waE2E

Record = dict[str, Any]

# What neonize says of wrappers that it has taken off: there were none.
NO_WRAPPERS = dict.fromkeys(
    (
        "IsEphemeral",
        "IsViewOnce",
        "IsViewOnceV2",
        "IsViewOnceV2Extension",
        "IsDocumentWithCaption",
        "IsLottieSticker",
        "IsEdit",
    ),
    False,
)
RECEIPTS = {"delivered": neonize_pb2.Receipt.DELIVERED, "read": neonize_pb2.Receipt.READ}


def message_event(
    message_id: str,
    content: waE2E.Message,
    *,
    chat: str,
    sender: str,
    from_me: bool,
    timestamp: int,
    push_name: str = "",
    sender_alt: str = "",
    recipient_alt: str = "",
) -> bytes:
    """A message (event 17); `timestamp` in Unix seconds. neonize hands the content over twice."""
    event = neonize_pb2.Message(
        Info=neonize_pb2.MessageInfo(
            MessageSource=source(
                chat, sender, from_me=from_me, sender_alt=sender_alt, recipient_alt=recipient_alt
            ),
            ID=message_id,
            ServerID=0,
            Type="text",
            Pushname=push_name,
            Timestamp=timestamp * 1000,
            Category="",
            Multicast=False,
            MediaType="",
            Edit="",
        ),
        Message=content,
        Raw=content,
        UnavailableRequestID="",
        RetryCount=0,
        **NO_WRAPPERS,
    )
    return bytes(event.SerializeToString())


def source(
    chat: str, sender: str, *, from_me: bool = False, sender_alt: str = "", recipient_alt: str = ""
) -> neonize_pb2.MessageSource:
    return neonize_pb2.MessageSource(
        Chat=jid_message(chat),
        Sender=jid_message(sender),
        IsFromMe=from_me,
        IsGroup=is_group(chat),
        SenderAlt=jid_message(sender_alt),
        RecipientAlt=jid_message(recipient_alt),
        BroadcastListOwner=jid_message(""),
    )


# Records of a corpus. KeyError: a record lacks a field.


def recorded_message(record: Record, me: str) -> bytes:
    """A chat that has a `chat_lid` is addressed by it, with the phone JID beside."""
    chat, from_me = record["chat"], record["from_me"]
    sender = me if from_me else record["sender"]
    alternatives: dict[str, str] = {}
    if lid := record["chat_lid"]:
        alternatives = {"recipient_alt": chat} if from_me else {"sender_alt": sender}
        chat, sender = lid, me if from_me else lid
    return message_event(
        record["id"],
        CONTENTS[record["kind"]](record),
        chat=chat,
        sender=sender,
        from_me=from_me,
        timestamp=record["ts"],
        push_name=record["push_name"] or "",
        **alternatives,
    )


def recorded_receipt(record: Record, me: str) -> bytes:
    receipt = neonize_pb2.Receipt(
        MessageSource=source(record["chat"], record["user"]),
        MessageIDs=[record["message_id"]],
        Timestamp=record["ts"],
        Type=RECEIPTS[record["status"]],
    )
    return bytes(receipt.SerializeToString())


def recorded_contacts(records: list[Record]) -> bytes:
    """All of them as one answer of the library's store."""
    entries = [
        neonize_pb2.Contact(
            JID=jid_message(record["jid"]),
            Info=neonize_pb2.ContactInfo(
                Found=True,
                FirstName="",
                FullName=record["name"],
                PushName=record["push_name"],
                BusinessName="",
            ),
        )
        for record in records
    ]
    answer = neonize_pb2.ContactsGetAllContactsReturnFunction(Contact=entries)
    return bytes(answer.SerializePartialToString())


def recorded_addresses(records: list[Record]) -> bytes:
    """Which phone JID and LID are one person's."""
    return orjson.dumps([[record["jid"], record["lid"]] for record in records if record["lid"]])


def recorded_groups(records: list[Record]) -> bytes:
    """All of them as one answer of WhatsApp's."""
    groups = [
        neonize_pb2.GroupInfo(
            JID=jid_message(record["jid"]),
            OwnerJID=jid_message(record["owner"]),
            GroupName=neonize_pb2.GroupName(Name=record["subject"]),
            GroupCreated=record["created"],
            Participants=[
                neonize_pb2.GroupParticipant(
                    JID=jid_message(one["jid"]),
                    IsAdmin=one["admin"] is not None,
                    IsSuperAdmin=one["admin"] == "superadmin",
                )
                for one in record["participants"]
            ],
        )
        for record in records
    ]
    return bytes(neonize_pb2.GetJoinedGroupsReturnFunction(Group=groups).SerializePartialToString())


# What the messages say


def text(record: Record) -> waE2E.Message:
    quoted = record["quoted"]
    if not quoted and not record["forwarded"]:
        return waE2E.Message(conversation=record["text"])
    context = waE2E.ContextInfo()
    if quoted:
        context.stanzaID, context.participant = quoted["id"], quoted["sender"]
        context.quotedMessage.conversation = quoted["text"] or ""
    if record["forwarded"]:
        context.isForwarded, context.forwardingScore = True, 1
    extended = waE2E.ExtendedTextMessage(text=record["text"], contextInfo=context)
    return waE2E.Message(extendedTextMessage=extended)


def reaction(record: Record) -> waE2E.Message:
    reaction, chat = record["reaction"], record["chat"]
    key: dict[str, Any] = {
        "ID": reaction["target_id"],
        "fromMe": reaction["target_from_me"],
        "remoteJID": record["chat_lid"] or chat,
    }
    if is_group(chat) and reaction["target_sender"]:
        key["participant"] = reaction["target_sender"]
    return waE2E.Message(
        reactionMessage=waE2E.ReactionMessage(
            key=key, text=reaction["emoji"], senderTimestampMS=record["ts"] * 1000
        )
    )


def image(record: Record) -> waE2E.Message:
    return waE2E.Message(imageMessage=waE2E.ImageMessage(**file_of(record), **caption_of(record)))


def video(record: Record) -> waE2E.Message:
    seconds = record["media"]["seconds"]
    return waE2E.Message(
        videoMessage=waE2E.VideoMessage(seconds=seconds, **file_of(record), **caption_of(record))
    )


def audio(record: Record) -> waE2E.Message:
    seconds = record["media"]["seconds"]
    return waE2E.Message(audioMessage=waE2E.AudioMessage(seconds=seconds, PTT=True, **file_of(record)))


def document(record: Record) -> waE2E.Message:
    name = record["media"]["filename"]
    return waE2E.Message(documentMessage=waE2E.DocumentMessage(fileName=name, **file_of(record)))


def sticker(record: Record) -> waE2E.Message:
    return waE2E.Message(stickerMessage=waE2E.StickerMessage(**file_of(record)))


def caption_of(record: Record) -> dict[str, Any]:
    return {"caption": record["text"]} if record["text"] else {}


def file_of(record: Record) -> dict[str, Any]:
    """There is no file anywhere, so there is no word of where it lies: the hub doesn't try to fetch it."""
    media = record["media"]
    digest = hashlib.sha256(record["id"].encode()).digest()
    fields = {"mimetype": media["mime"], "fileLength": media["size"], "fileSHA256": digest}
    if media["width"]:
        fields |= {"width": media["width"], "height": media["height"]}
    if size := media["thumb_bytes"]:
        fields["JPEGThumbnail"] = (digest * (size // len(digest) + 1))[:size]
    return fields


CONTENTS: dict[str, Callable[[Record], waE2E.Message]] = {
    "text": text,
    "reaction": reaction,
    "image": image,
    "video": video,
    "audio": audio,
    "document": document,
    "sticker": sticker,
}
