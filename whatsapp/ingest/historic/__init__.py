"""The pieces of a history as handlers, one module for each kind of piece."""

from collections.abc import Callable

from whatsapp.ingest import blob
from whatsapp.ingest.address import Address
from whatsapp.ingest.blob import Kind, Piece
from whatsapp.ingest.content.values import name as name_of
from whatsapp.ingest.content.values import text
from whatsapp.ingest.handlers.messages import IncomingMessage
from whatsapp.ingest.historic.call import LoggedCall
from whatsapp.ingest.historic.conversation import Conversation
from whatsapp.ingest.historic.message import HistoricMessage
from whatsapp.ingest.historic.people import Pair, PastParticipants, PushName
from whatsapp.ingest.historic.values import address_of, to_seconds
from whatsapp.ingest.registry import Appliable, Arrival
from whatsapp.ingest.webmessage import as_event
from whatsapp.jids import STATUS_JID, bounded, without_device
from whatsapp.models import Account
from whatsapp.protobuf import waE2E, waHistorySync, waWeb

Reader = Callable[[Piece, Account, int], list[Appliable]]


def read_piece(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    """What the piece has to say; `received_at` is when its history came, in Unix milliseconds.

    Raises what the parser raises.
    """
    return READERS[piece.kind](piece, account, received_at)


def read_pair(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    pair = waHistorySync.PhoneNumberToLIDMapping.FromString(piece.data)
    phone, lid = address_of(pair.pnJID), address_of(pair.lidJID)
    return [Pair(Address(phone.phone, lid.lid))] if phone.phone and lid.lid else []


def read_push_name(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    name = waHistorySync.Pushname.FromString(piece.data)
    address = address_of(name.ID)
    return [PushName(address, name_of(name.pushname))] if address else []


def read_conversation(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    chat = blob.conversation(piece.data)
    jid = without_device(text(chat.ID) or "")
    if not jid:
        raise ValueError("the conversation has no JID")
    return [Conversation(chat, jid, received_at // 1000, piece.is_empty)]


def read_message(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    if piece.kind is Kind.STORY:
        web, chat = waWeb.WebMessageInfo.FromString(piece.data), waHistorySync.Conversation(ID=STATUS_JID)
    else:
        web = waHistorySync.HistorySyncMsg.FromString(piece.data).message
        chat = blob.conversation(piece.chat)
    incoming = IncomingMessage.parse(as_event(web, chat, account), Arrival(b"", received_at))
    me = Address.of(account.jid or "", account.lid or "")
    reactions = [read_reaction(one, web, chat, account) for one in web.reactions if one.key.ID]
    return [HistoricMessage(incoming, web, me), *reactions]


def read_reaction(
    reaction: waWeb.Reaction,
    target: waWeb.WebMessageInfo,
    chat: waHistorySync.Conversation,
    account: Account,
) -> IncomingMessage:
    """A reaction that hangs on its target, as the message that it once was."""
    moment = max(reaction.senderTimestampMS, 0)
    web = waWeb.WebMessageInfo(
        key=reaction.key,
        messageTimestamp=to_seconds(moment) or target.messageTimestamp,
        participant=reaction.key.participant,
        message=waE2E.Message(
            reactionMessage=waE2E.ReactionMessage(
                key=target.key, text=reaction.text, senderTimestampMS=moment
            )
        ),
    )
    return IncomingMessage.parse(as_event(web, chat, account), Arrival(b"", 0))


def read_call(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    record = waHistorySync.HistorySync().callLogRecords.add()
    record.ParseFromString(piece.data)
    if not text(record.callID):
        raise ValueError("the call has no id")
    return [LoggedCall(record, received_at // 1000)]


def read_past_participants(piece: Piece, account: Account, received_at: int) -> list[Appliable]:
    past = waHistorySync.PastParticipants.FromString(piece.data)
    removed = waHistorySync.PastParticipant.REMOVED
    gone = [
        (address_of(one.userJID), one.leaveReason == removed, to_seconds(one.leaveTS))
        for one in past.pastParticipants
    ]
    return [PastParticipants(bounded(text(past.groupJID) or ""), [one for one in gone if one[0]])]


READERS: dict[Kind, Reader] = {
    Kind.ADDRESSES: read_pair,
    Kind.PUSH_NAME: read_push_name,
    Kind.CONVERSATION: read_conversation,
    Kind.MESSAGE: read_message,
    Kind.STORY: read_message,
    Kind.CALL: read_call,
    Kind.PAST_PARTICIPANTS: read_past_participants,
}
