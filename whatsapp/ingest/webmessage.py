"""A message of a history as the event that neonize would have sent, had the message come live.

So a message is understood in one way, whichever way it came. Source of who is the sender: whatsmeow's
ParseWebMessage.
"""

from whatsapp.ingest.address import Address
from whatsapp.ingest.content.values import text
from whatsapp.jids import is_group, is_lid, is_phone, jid_message, without_device
from whatsapp.models import Account
from whatsapp.protobuf import neonize_pb2, waE2E, waHistorySync, waWeb

StubType = waWeb.WebMessageInfo.StubType


def as_event(
    web: waWeb.WebMessageInfo, chat: waHistorySync.Conversation, account: Account
) -> neonize_pb2.Message:
    """The event; its `SourceWebMsg` keeps what a live message doesn't have. Raises ValueError."""
    chat_jid = without_device(text(chat.ID) or text(web.key.remoteJID) or "")
    if not chat_jid:
        raise ValueError("the message does not say in which chat it is")
    sender = sender_of(web, chat_jid, account)
    peer = peer_of(chat, chat_jid)
    me = Address.of(account.jid or "", account.lid or "")
    own = web.key.fromMe
    event = neonize_pb2.Message(
        Info=neonize_pb2.MessageInfo(
            MessageSource=neonize_pb2.MessageSource(
                Chat=jid_message(chat_jid),
                Sender=jid_message(sender),
                SenderAlt=jid_message(alternative(sender, me if own else peer)),
                RecipientAlt=jid_message(alternative(chat_jid, peer)),
                IsFromMe=own,
                IsGroup=is_group(chat_jid),
            ),
            ID=web.key.ID,
            Timestamp=web.messageTimestamp * 1000,
            Pushname=web.pushName,
            ServerID=web.newsletterServerID,
        ),
    )
    if web.HasField("message"):
        event.Message.CopyFrom(web.message)
        if web.messageSecret and not event.Message.messageContextInfo.messageSecret:
            event.Message.messageContextInfo.messageSecret = web.messageSecret
        apply_edit(event)
    event.SourceWebMsg.CopyFrom(web)
    event.SourceWebMsg.ClearField("message")
    return event


def sender_of(web: waWeb.WebMessageInfo, chat_jid: str, account: Account) -> str:
    if web.key.fromMe:
        return without_device(text(web.originalSelfAuthorUserJIDString) or account.jid or "")
    participant = text(web.participant) or text(web.key.participant)
    if participant:
        return without_device(participant)
    # What WhatsApp itself writes into a group has no sender: it is shown to us.
    return (account.jid or "") if is_group(chat_jid) else chat_jid


def peer_of(chat: waHistorySync.Conversation, chat_jid: str) -> Address:
    """The person at the other end of a direct chat, by both addresses where the phone knows them."""
    every = (text(chat.pnJID), text(chat.lidJID), text(chat.newJID), text(chat.oldJID))
    return Address.of(chat_jid, *(without_device(jid) for jid in every if jid))


def alternative(jid: str, person: Address) -> str:
    """The person's other address; empty where `jid` is not theirs, or the only one."""
    if jid not in (person.phone, person.lid):
        return ""
    if is_phone(jid):
        return person.lid
    return person.phone if is_lid(jid) else ""


def apply_edit(event: neonize_pb2.Message) -> None:
    """A history has an edited message as its edit: under the edit's id, with the new body."""
    message = (
        event.Message.editedMessage.message if event.Message.HasField("editedMessage") else event.Message
    )
    protocol = message.protocolMessage
    is_edit = protocol.HasField("type") and protocol.type == waE2E.ProtocolMessage.MESSAGE_EDIT
    if is_edit and protocol.key.ID:
        event.Info.ID = protocol.key.ID
        edited = waE2E.Message()
        edited.CopyFrom(protocol.editedMessage)
        event.Message.CopyFrom(edited)


def stub_text(web: waWeb.WebMessageInfo) -> str:
    """What WhatsApp itself wrote into a chat, in its own words: `group change subject: Friends`."""
    words = StubType.Name(web.messageStubType).lower().replace("_", " ")
    parameters = ", ".join(filter(None, (text(one) for one in web.messageStubParameters)))
    return f"{words}: {parameters}" if parameters else words
