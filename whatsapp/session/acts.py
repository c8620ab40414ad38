"""Takes acts from their queue and does what they say; `whatsapp.session.deeds` says how.

Three workers share the queue, one for each lane: new messages go in their order, each in its turn; those with
a file don't hold the others up; and all else waits for neither.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError

from whatsapp import actions, leases
from whatsapp.ingest import codes
from whatsapp.jids import is_group, jid_message
from whatsapp.models import Account, Action, InboxEvent
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session import deeds  # noqa: F401  (fills the registry)
from whatsapp.session.asking import reason_of
from whatsapp.session.claiming import claim
from whatsapp.session.credentials import Credentials
from whatsapp.session.deeds.recipients import Recipients, as_the_chat_wants
from whatsapp.session.deeds.registry import SENDING, Lane, Refused, deed, kinds_in, performs
from whatsapp.session.library import NeonizeError
from whatsapp.session.line import NO_LINE, Line
from whatsapp.session.pace import Pace
from whatsapp.session.worker import AFTER_TROUBLE_SECONDS, Worker

__all__ = ["NO_LINE", "Acts", "Lane", "Refused", "as_event", "performs", "secret_of"]

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 10
PAUSE_SECONDS = 5.0
REMEMBERED = 50  # messages sent by an earlier process that the pace takes into account


class Acts(Worker):
    """Takes acts of one lane (None: of all) in their order and does them, while the line is up."""

    name = "acts"
    pause = PAUSE_SECONDS

    def __init__(
        self,
        account: Account,
        line: Callable[[], Line | None],
        credentials: Credentials,
        lane: Lane | None = None,
        pace: Pace | None = None,
    ) -> None:
        super().__init__()
        self.account = account
        self.line = line
        self.credentials = credentials
        self.lane = lane
        self.pace = pace or Pace()
        self.recipients = Recipients(account)

    def begin(self) -> None:
        """Settles what an earlier process had begun when it died, and takes up its pace."""
        for action in Action.objects.interrupted().filter(account=self.account):
            if not self._is_mine(action):
                continue
            if action.kind in actions.CONNECTION_KINDS:
                actions.finish(action, Action.Status.FAILED, error="The session process ended: ask again.")
            elif (message_id := self._went_out(action)) is None:
                actions.requeue(action)
            else:
                actions.finish(
                    action,
                    Action.Status.FAILED,
                    message_id=message_id,
                    error="The session process ended while this was on its way: it may have arrived. "
                    "A receipt will tell, and change this status.",
                )
        if self.lane in (None, Lane.MESSAGES):
            self.pace.remember(self._sent_lately())

    def _is_mine(self, action: Action) -> bool:
        if self.lane is None:
            return True
        sending = next((lane for lane in SENDING if action.kind in kinds_in(lane)), Lane.OTHERS)
        return sending is self.lane

    def _sent_lately(self) -> list[float]:
        """When the last messages went, the oldest first; Unix seconds."""
        last = Action.objects.filter(account=self.account, message_id__isnull=False).order_by("-id")
        sent = last.values_list("kind", "finished_at")[:REMEMBERED]
        sending = kinds_in(*SENDING)
        return sorted(moment.timestamp() for kind, moment in sent if kind in sending and moment is not None)

    def step(self) -> bool:
        line = self.line()
        action = self._next() if line is not None else None
        if line is None or action is None:
            return False
        try:
            deed(action.kind).perform(self, line, action)
        except Refused as error:
            actions.finish(action, Action.Status.FAILED, error=str(error))
        except NeonizeError as error:
            reason = reason_of(error)
            no_line = any(words in reason for words in NO_LINE)
            self._settle(action, f"WhatsApp: {reason}", again=no_line)
        except DatabaseError as error:
            log.error("Act %s could not be done: %s", action.pk, error)
            self._settle(action, "The database was in trouble for too long.", again=True)
        except Exception as error:
            log.exception("Act %s failed", action.pk)
            self._settle(action, f"The hub failed ({type(error).__name__}); its log says more.", again=False)
        return True

    def _next(self) -> Action | None:
        """The oldest act whose turn it is, claimed. None when there is none, or none may go yet."""
        self.pause = PAUSE_SECONDS
        sending = kinds_in(*SENDING)
        if self.lane is not Lane.OTHERS:
            wait = self.pace.wait()
            if not wait:
                only = None if self.lane is None else kinds_in(self.lane)
                return claim(self.account, connection_kinds=False, only=only)
            self.pause = min(PAUSE_SECONDS, wait)
        if self.lane in SENDING:
            return None
        return claim(self.account, connection_kinds=False, but=sending)

    def _went_out(self, action: Action) -> str | None:
        """The id of the message that the act has sent, if it got so far; None too of acts that send nothing
        new, which may be done twice."""
        if action.kind not in kinds_in(*SENDING):
            return None
        return self.credentials.message_with_secret(secret_of(action))

    def _settle(self, action: Action, error: str, *, again: bool) -> None:
        """Ends an act that went wrong; or puts it back, where `again` says so and nothing has gone out."""
        message_id = self._went_out(action)
        if again and message_id is None and action.attempts < MOST_ATTEMPTS:
            actions.requeue(action)
            return
        actions.finish(action, Action.Status.FAILED, message_id=message_id, error=error)

    def send(self, line: Line, action: Action, message: waE2E.Message, jid: str | None = None) -> None:
        """Sends a new message to `jid` (by default the act's own), and writes it down as `transmit` does.

        Raises Refused when nobody on WhatsApp has that number.
        """
        jid = self.recipients.address(line, jid or action.payload["jid"])
        message = as_the_chat_wants(self.account, jid, message)
        message.messageContextInfo.messageSecret = secret_of(action)
        self.pace.went()
        self.transmit(line, action, message, jid)

    def transmit(self, line: Line, action: Action, message: waE2E.Message, jid: str, edit: str = "") -> None:
        """Sends what is new to the chat or changes it (`edit`, whatsmeow's EditAttribute), and hands it to
        ingest like any other message, in the transaction that says it is sent.

        From WhatsApp's yes on, this is the only place that knows of it: it is written down however long
        the database takes.
        """
        sent = line.send(jid, message)
        event = as_event(self.account, jid, message, sent, edit)
        key = {"remoteJid": jid, "fromMe": True, "id": sent.ID}
        arrival = sent.Timestamp * 1000
        self.write_down(
            action,
            [(codes.MESSAGE, event)],
            status=Action.Status.SENT,
            at=arrival,
            result={"key": key},
            message_id=sent.ID,
        )

    def write_down(
        self,
        action: Action,
        news: list[tuple[int, bytes | dict[str, Any] | list[Any]]],
        *,
        at: int,
        status: str = Action.Status.DONE,
        result: dict[str, Any] | None = None,
        message_id: str | None = None,
    ) -> None:
        """Finishes an act and gives ingest what it has changed, events by their codes, in one transaction;
        `at` is when, in Unix milliseconds. Tries until the database takes it."""
        while True:
            try:
                with leases.fenced(self.account):
                    for code, data in news:
                        InboxEvent.objects.create(
                            account=self.account,
                            code=code,
                            data=data if isinstance(data, bytes) else orjson.dumps(data),
                            received_at=at,
                        )
                    actions.finish(action, status, result=result, message_id=message_id)
                return
            except DatabaseError as error:
                log.error("Act %s was done, but can't be written down yet: %s", action.pk, error)
                if self.pause_for(AFTER_TROUBLE_SECONDS):
                    raise  # what is left to know of a message is in the library's store


def as_event(
    account: Account, jid: str, message: waE2E.Message, sent: neonize_pb2.SendResponse, edit: str = ""
) -> bytes:
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
        Edit=edit,
    )
    return bytes(neonize_pb2.Message(Info=info, Message=message).SerializePartialToString())


def secret_of(action: Action) -> bytes:
    """The secret that goes into an act's message, by which the message is found again after a crash. Each
    attempt has its own."""
    name = f"action {action.pk} {action.created_at}"
    if action.attempts > 1:
        name += f" {action.attempts}"
    return hmac.new(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).digest()
