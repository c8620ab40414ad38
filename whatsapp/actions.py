"""The acts. Each writes a row; the session process does what the row says, and writes what came of it.

API, dashboard and commands all call these functions. None of them speaks to WhatsApp.
"""

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from whatsapp import events, outbox, wakeup
from whatsapp.models import Account, Action

SEND_TEXT = "send_text"
SEND_IMAGE = "send_image"
SEND_VIDEO = "send_video"
SEND_AUDIO = "send_audio"
SEND_DOCUMENT = "send_document"
SEND_STICKER = "send_sticker"
MARK_READ = "mark_read"
RESTART = "restart"
NEW_QR = "new_qr"
LOGOUT = "logout"
PAIR = "pair"

# Acts on the line itself; the session's main thread does them, connected or not.
CONNECTION_KINDS = (RESTART, NEW_QR, LOGOUT, PAIR)

# Acts that hand WhatsApp a file first, which takes its time: others don't wait for them. In their payload are
# `jid`, `quoted_id`, `file` (see `outbox.file_of`), the `caption` of an image, video or document, the
# `filename` of a document, `ptt` of audio, and the `digest` of the request.
MEDIA_KINDS = (SEND_IMAGE, SEND_VIDEO, SEND_AUDIO, SEND_DOCUMENT, SEND_STICKER)

UNFINISHED = (Action.Status.QUEUED, Action.Status.SENDING)


def send_text(account: Account, jid: str, text: str, quoted_id: str | None = None) -> Action:
    """Queues a text message to `jid`, as an answer to the message `quoted_id` where that is given."""
    return queue(account, SEND_TEXT, {"jid": jid, "text": text, "quoted_id": quoted_id})


def mark_read(account: Account, jid: str, message_ids: list[str]) -> Action:
    """Queues telling WhatsApp that these messages of the chat are read; the chat's unread count follows."""
    return queue(account, MARK_READ, {"jid": jid, "message_ids": message_ids})


def restart(account: Account) -> Action:
    """Queues closing the line and connecting anew. The phone stays linked."""
    return queue(account, RESTART)


def new_qr(account: Account) -> Action:
    """Queues forgetting the credentials and showing a new code. A linked device is logged out first."""
    return queue(account, NEW_QR)


def logout(account: Account) -> Action:
    """Queues unlinking this device from the phone. What is stored stays."""
    return queue(account, LOGOUT)


def pair(account: Account, phone: str) -> Action:
    """Queues asking for a pairing code; its result is `{"code": "ABCD-EFGH"}`. `phone` is digits only."""
    return queue(account, PAIR, {"phone": phone})


def queue(account: Account, kind: str, payload: dict[str, Any] | None = None) -> Action:
    return Action.objects.create(account=account, kind=kind, payload=payload or {})


def wait_for(action: Action, timeout: float) -> Action:
    """The act once it is finished, or as it is after `timeout` seconds."""
    until = time.monotonic() + timeout
    while True:
        seen = wakeup.now()
        action.refresh_from_db()
        left = until - time.monotonic()
        if action.status not in UNFINISHED or left <= 0:
            return action
        wakeup.wait(seen, min(left, 1.0))


# What the session process does with the rows


def claim(account: Account, connection_kinds: bool, media_kinds: bool = False) -> Action | None:
    """The oldest queued act on the line, with a file, or of any other kind; taken so that no one else does
    it. None when there is none."""
    queued = Action.objects.queued().filter(account=account)
    if connection_kinds:
        queued = queued.filter(kind__in=CONNECTION_KINDS)
    elif media_kinds:
        queued = queued.filter(kind__in=MEDIA_KINDS)
    else:
        queued = queued.exclude(kind__in=(*CONNECTION_KINDS, *MEDIA_KINDS))
    for action in queued[:10]:
        taken = (
            Action.objects.queued()
            .filter(pk=action.pk)
            .update(status=Action.Status.SENDING, attempts=action.attempts + 1, updated_at=timezone.now())
        )
        if taken:
            mine: Action = Action.objects.select_related("account").get(pk=action.pk)
            return mine
    return None


def finish(
    action: Action,
    status: str,
    *,
    result: dict[str, Any] | None = None,
    message_id: str | None = None,
    error: str | None = None,
) -> None:
    """Writes what came of an act, and tells listeners. Call it in a transaction with what it changed.

    A file that waited in the outbox for the act is no longer needed then.
    """
    action.status, action.result, action.error = status, result, error
    action.message_id = message_id
    action.finished_at = timezone.now()
    with transaction.atomic():
        action.save(update_fields=["status", "result", "error", "message_id", "finished_at", "updated_at"])
        events.append(
            action.account,
            events.ACTION_UPDATED,
            {"id": action.pk, "kind": action.kind, "status": status, "error": error},
        )
        if (name := outbox.name_in(action.payload)) is not None:
            transaction.on_commit(lambda: outbox.remove(name))


def requeue(action: Action) -> None:
    """Puts back an act that is known not to have been done."""
    action.status = Action.Status.QUEUED
    action.save(update_fields=["status", "updated_at"])
