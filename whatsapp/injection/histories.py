"""A corpus as the histories that a phone hands over after it was linked.

Facts as in `whatsapp.simulator.history`: a chat's messages stand from the newest to the oldest, and carry who
has had and seen them; a reaction hangs on the message that it is about, where that is in the same history.
"""

from dataclasses import dataclass, field

from whatsapp.ingest import codes
from whatsapp.injection import corpus, wire
from whatsapp.jids import is_group
from whatsapp.protobuf import neonize_pb2, waCommon, waHistorySync, waWeb

STATUSES = {"delivered": waWeb.WebMessageInfo.DELIVERY_ACK, "read": waWeb.WebMessageInfo.READ}


@dataclass(slots=True)
class HistoricPart(corpus.Part):
    """Some consecutive records, whose messages and receipts are one history."""

    chats: dict[str, list[waWeb.WebMessageInfo]] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)  # of chats that are addressed by LID
    known: dict[str, waWeb.WebMessageInfo] = field(default_factory=dict)

    def take_message(self, record: wire.Record, me: str) -> None:
        chat = record["chat_lid"] or record["chat"]
        reaction = record["reaction"]
        from_me = record["from_me"]
        # On our own reactions a phone doesn't write who we are, and a hub that is not linked doesn't know.
        if reaction and not from_me and (target := self.known.get(reaction["target_id"])):
            moment = record["ts"] * 1000
            target.reactions.add(key=key_of(record), text=reaction["emoji"], senderTimestampMS=moment)
            return
        web = waWeb.WebMessageInfo(
            key=key_of(record),
            message=wire.CONTENTS[record["kind"]](record),
            messageTimestamp=record["ts"],
            status=waWeb.WebMessageInfo.SERVER_ACK,
            pushName=record["push_name"] or "",
        )
        if from_me:
            web.originalSelfAuthorUserJIDString = me
        elif web.key.participant:
            web.participant = web.key.participant
        self.known[record["id"]] = web
        self.chats.setdefault(chat, []).append(web)
        if record["chat_lid"]:
            self.phones[chat] = record["chat"]

    def take_receipt(self, record: wire.Record, me: str) -> None:
        status, second = STATUSES[record["status"]], record["ts"]
        web = self.known.get(record["message_id"])
        if web is None:
            return  # of a reaction
        receipt = next((one for one in web.userReceipt if one.userJID == record["user"]), None)
        receipt = receipt or web.userReceipt.add(userJID=record["user"])
        if record["status"] == "read":
            receipt.readTimestamp = second
        else:
            receipt.receiptTimestamp = second
        web.status = max(web.status, status)

    def history(self) -> corpus.Event:
        """All of it as one event of neonize's."""
        blob = waHistorySync.HistorySync(
            syncType=waHistorySync.HistorySync.RECENT, chunkOrder=1, progress=100
        )
        for chat, messages in self.chats.items():
            newest = messages[-1].messageTimestamp
            conversation = blob.conversations.add(
                ID=chat, conversationTimestamp=newest, lastMsgTimestamp=newest
            )
            if chat in self.phones:
                conversation.pnJID = self.phones[chat]
            for order in range(len(messages), 0, -1):
                conversation.messages.add(message=messages[order - 1], msgOrderID=order)
        return codes.HISTORY_SYNC, neonize_pb2.HistorySync(Data=blob).SerializeToString()


def key_of(record: wire.Record) -> waCommon.MessageKey:
    chat = record["chat_lid"] or record["chat"]
    key = waCommon.MessageKey(remoteJID=chat, fromMe=record["from_me"], ID=record["id"])
    if is_group(chat) and not record["from_me"]:
        key.participant = record["sender"]
    return key
