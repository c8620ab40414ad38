"""Does what queued acts say, over the line: one function for each kind."""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from django.conf import settings
from django.db import DatabaseError, transaction

from whatsapp import actions
from whatsapp.ingest import codes
from whatsapp.jids import is_group, jid_message
from whatsapp.models import Account, Action, InboxEvent, Message
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.credentials import message_with_secret
from whatsapp.session.library import MarkReadError, SendMessageError
from whatsapp.session.line import Line
from whatsapp.session.worker import AFTER_TROUBLE_SECONDS, Worker

log = logging.getLogger(__name__)

# What whatsmeow says when the line was not there, or went, before the message could go out.
NO_LINE = ("websocket not connected", "websocket disconnected before", "client is nil", "not logged in")
MOST_ATTEMPTS = 10

Performer = Callable[["Acts", Line, Action], None]
_performers: dict[str, Performer] = {}


class Refused(Exception):
    """The act can't be done; the message says why, in one sentence."""


def performs(kind: str) -> Callable[[Performer], Performer]:
    """Makes the decorated function the one that does acts of `kind`."""

    def register(performer: Performer) -> Performer:
        _performers[kind] = performer
        return performer

    return register


class Acts(Worker):
    """Takes acts in their order and does them, while the line is up."""

    name = "acts"

    def __init__(
        self,
        account: Account,
        line: Callable[[], Line | None],
        credentials: Path,
        *,
        media_kinds: bool = False,
    ) -> None:
        """Of the two of an account, the one for `media_kinds` does acts with a file, the other the rest."""
        super().__init__()
        self.media_kinds = media_kinds
        self.account = account
        self.line = line
        self.credentials = credentials

    def begin(self) -> None:
        """Settles what an earlier process had begun when it died."""
        for action in Action.objects.interrupted().filter(account=self.account):
            if (action.kind in actions.MEDIA_KINDS) is not self.media_kinds:
                continue
            if action.kind in actions.CONNECTION_KINDS:
                actions.finish(action, Action.Status.FAILED, error="The session process ended: ask again.")
            elif (message_id := message_with_secret(self.credentials, secret_of(action))) is None:
                actions.requeue(action)
            else:
                actions.finish(
                    action,
                    Action.Status.FAILED,
                    message_id=message_id,
                    error="The session process ended while this was on its way: it may have arrived. "
                    "A receipt will tell, and change this status.",
                )

    def step(self) -> bool:
        line = self.line()
        if line is None:
            return False
        action = actions.claim(self.account, connection_kinds=False, media_kinds=self.media_kinds)
        if action is None:
            return False
        try:
            perform = _performers.get(action.kind)
            if perform is None:
                raise Refused(f"The hub doesn't know how to {action.kind!r}.")
            perform(self, line, action)
        except Refused as error:
            actions.finish(action, Action.Status.FAILED, error=str(error))
        except (SendMessageError, MarkReadError) as error:
            no_line = any(words in str(error) for words in NO_LINE)
            self._settle(action, f"WhatsApp: {error}", again=no_line)
        except DatabaseError as error:
            log.error("Act %s could not be done: %s", action.pk, error)
            self._settle(action, "The database was in trouble for too long.", again=True)
        except Exception as error:
            log.exception("Act %s failed", action.pk)
            self._settle(action, f"The hub failed ({type(error).__name__}); its log says more.", again=False)
        return True

    def _settle(self, action: Action, error: str, *, again: bool) -> None:
        """Ends an act that went wrong; or puts it back, where `again` says so and nothing has gone out."""
        message_id = message_with_secret(self.credentials, secret_of(action))
        if again and message_id is None and action.attempts < MOST_ATTEMPTS:
            actions.requeue(action)
            return
        actions.finish(action, Action.Status.FAILED, message_id=message_id, error=error)

    def send(self, line: Line, action: Action, message: waE2E.Message) -> None:
        """Sends a message, and hands it to ingest like any other, in the transaction that says it is sent.

        From WhatsApp's yes on, this is the only place that knows of it: it is written down however long
        the database takes.
        """
        jid = action.payload["jid"]
        message.messageContextInfo.messageSecret = secret_of(action)
        sent = line.send(jid, message)
        event = as_event(self.account, jid, message, sent)
        key = {"remoteJid": jid, "fromMe": True, "id": sent.ID}
        while True:
            try:
                with transaction.atomic():
                    InboxEvent.objects.create(
                        account=self.account,
                        code=codes.MESSAGE,
                        data=event,
                        received_at=sent.Timestamp * 1000,
                    )
                    actions.finish(action, Action.Status.SENT, result={"key": key}, message_id=sent.ID)
                return
            except DatabaseError as error:
                log.error("Message %s was sent, but can't be written down yet: %s", sent.ID, error)
                if self.pause_for(AFTER_TROUBLE_SECONDS):
                    raise  # what is left to know of it is in the library's store


@performs(actions.SEND_TEXT)
def send_text(acts: Acts, line: Line, action: Action) -> None:
    payload = action.payload
    quoted_id = payload.get("quoted_id")
    if quoted_id is None:
        acts.send(line, action, waE2E.Message(conversation=payload["text"]))
        return
    context = quote(acts.account, payload["jid"], quoted_id)
    text = waE2E.ExtendedTextMessage(text=payload["text"], contextInfo=context)
    acts.send(line, action, waE2E.Message(extendedTextMessage=text))


@performs(actions.MARK_READ)
def mark_read(acts: Acts, line: Line, action: Action) -> None:
    """Tells each sender, and our other devices; then the chat itself, as of the newest of the messages."""
    jid, ids = action.payload["jid"], action.payload["message_ids"]
    found = Message.objects.in_chat(jid).filter(account=acts.account, message_id__in=ids, from_me=False)
    rows = list(found.values_list("sender__jid", "message_id", "timestamp", "chat__jid"))
    missing = set(ids) - {message_id for _, message_id, _, _ in rows}
    if missing:
        raise Refused(f"message_ids: there is no message {sorted(missing)[0]!r} of others in the chat {jid}.")
    senders: dict[str, list[str]] = {}
    for sender, message_id, _, _ in rows:
        senders.setdefault(sender, []).append(message_id)
    for sender, of_sender in senders.items():
        line.mark_read(jid, sender, of_sender)
    read = {"jid": rows[0][3], "at": max(timestamp for _, _, timestamp, _ in rows)}
    with transaction.atomic():
        InboxEvent.objects.create(
            account=acts.account,
            code=codes.CHAT_READ,
            data=orjson.dumps(read),
            received_at=int(time.time() * 1000),
        )
        actions.finish(action, Action.Status.DONE)


def quote(account: Account, jid: str, message_id: str) -> waE2E.ContextInfo:
    """What makes a message an answer to the stored message `message_id` of the chat."""
    quoted = (
        Message.objects.in_chat(jid)
        .filter(account=account, message_id=message_id)
        .select_related("sender")
        .first()
    )
    if quoted is None:
        raise Refused(f"quoted_id: there is no message {message_id!r} in the chat {jid}.")
    context = waE2E.ContextInfo(stanzaID=quoted.message_id, participant=quoted.sender.jid)
    if quoted.raw:
        context.quotedMessage.CopyFrom(neonize_pb2.Message.FromString(bytes(quoted.raw)).Message)
    return context


def as_event(account: Account, jid: str, message: waE2E.Message, sent: neonize_pb2.SendResponse) -> bytes:
    """The message that we sent, as neonize would deliver it to another of our devices; without what ingest
    does not ask for."""
    source = neonize_pb2.MessageSource(
        Chat=jid_message(jid),
        Sender=jid_message(account.jid or ""),
        SenderAlt=jid_message(account.lid or ""),
        IsFromMe=True,
        IsGroup=is_group(jid),
    )
    info = neonize_pb2.MessageInfo(
        MessageSource=source,
        ID=sent.ID,
        ServerID=sent.ServerID,
        Pushname=account.push_name or "",
        Timestamp=sent.Timestamp * 1000,
    )
    return bytes(neonize_pb2.Message(Info=info, Message=message).SerializePartialToString())


def secret_of(action: Action) -> bytes:
    """The secret that goes into an act's message, by which the message is found again after a crash."""
    name = f"action {action.pk} {action.created_at}"
    return hmac.new(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).digest()
