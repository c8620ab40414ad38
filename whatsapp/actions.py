"""The acts. Each writes a row; the session process does what the row says, and writes what came of it.

API, dashboard and commands all call these functions. None of them speaks to WhatsApp.
"""

import time
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from whatsapp import events, leases, metrics, outbox, wakeup
from whatsapp.changes import changes_of
from whatsapp.models import Account, Action
from whatsapp.prepared import Prepared, Slot
from whatsapp.records import action_news

SEND_TEXT = "send_text"
# With a file. Their payload has `jid`, `quoted_id`, `file` (see `outbox.file_of`), the `caption` of an
# image, video or document, the `filename` of a document, and `ptt` of audio.
SEND_IMAGE = "send_image"
SEND_VIDEO = "send_video"
SEND_AUDIO = "send_audio"
SEND_DOCUMENT = "send_document"
SEND_STICKER = "send_sticker"
# Without.
SEND_LOCATION = "send_location"
SEND_CONTACT = "send_contact"
SEND_POLL = "send_poll"
FORWARD = "forward"
REACT = "react"
EDIT = "edit"
REVOKE = "revoke"
STAR = "star"
SET_CHAT = "set_chat"
MARK_READ = "mark_read"
SET_PRESENCE = "set_presence"
SET_PROFILE_STATUS = "set_profile_status"
REJECT_CALL = "reject_call"

SET_GROUP_SUBJECT = "set_group_subject"
SET_GROUP_DESCRIPTION = "set_group_description"
CHANGE_PARTICIPANTS = "change_participants"
SYNC_GROUPS = "sync_groups"
GET_GROUP_METADATA = "get_group_metadata"
GET_INVITE_CODE = "get_invite_code"

RESTART = "restart"
NEW_QR = "new_qr"
LOGOUT = "logout"
PAIR = "pair"

# Acts on the line itself; the session's main thread does them, connected or not.
CONNECTION_KINDS = (RESTART, NEW_QR, LOGOUT, PAIR)
# Those that change groups.
GROUP_KINDS = (SET_GROUP_SUBJECT, SET_GROUP_DESCRIPTION, CHANGE_PARTICIPANTS, SYNC_GROUPS)
# What only asks WhatsApp: no listener is told of it, and its row goes once it is answered.
QUESTIONS = (GET_GROUP_METADATA, GET_INVITE_CODE)

Status = Action.Status
UNFINISHED = (Status.QUEUED, Status.SENDING)
# Those that say that it was done.
DONE = (Status.SENT, Status.DELIVERED, Status.READ, Status.PLAYED, Status.DONE)

# How the error of an act begins to which WhatsApp itself has said no (whatsmeow, ErrServerReturnedError).
REFUSED = "WhatsApp: server returned error"


@dataclass(frozen=True, slots=True)
class Once:
    """A key that its client gives to one request, and what tells that request from others."""

    key: str
    digest: str


class AnotherRequest(Exception):
    """The key was used for a request that wanted something else."""


class NotNow(Exception):
    """An act can't be cancelled or tried again in the state in which it is; the message says why."""


# Messages


def send_text(
    account: Account,
    jid: str,
    text: str,
    quoted_id: str | None = None,
    mentions: Iterable[str] = (),
) -> Action:
    """Queues a text message to `jid`, as an answer to the message `quoted_id` where that is given. Whoever of
    `mentions` (JIDs) or is written as `@number` is told of it."""
    payload = {"jid": jid, "text": text, "quoted_id": quoted_id, "mentions": list(mentions)}
    return queue(account, SEND_TEXT, payload)


def send_location(
    account: Account,
    jid: str,
    latitude: float,
    longitude: float,
    name: str | None = None,
    address: str | None = None,
) -> Action:
    """Queues a place; degrees."""
    place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    return queue(account, SEND_LOCATION, {"jid": jid, **place})


def send_contact(account: Account, jid: str, contact_jid: str, name: str) -> Action:
    """Queues the card of the person with `contact_jid`, under that name."""
    return queue(account, SEND_CONTACT, {"jid": jid, "contact_jid": contact_jid, "name": name})


def send_poll(account: Account, jid: str, name: str, options: list[str], selectable: int = 1) -> Action:
    """Queues a question of whose options each person may choose `selectable`; 0: as many as they like."""
    return queue(account, SEND_POLL, {"jid": jid, "name": name, "options": options, "selectable": selectable})


def forward(account: Account, jid: str, message_id: str, to: str) -> Action:
    """Queues passing on the message of the chat `jid` to the chat `to`."""
    return queue(account, FORWARD, {"jid": jid, "message_id": message_id, "to": to})


def react(account: Account, jid: str, message_id: str, emoji: str) -> Action:
    """Queues a reaction to a message of the chat; an empty emoji takes an earlier one back."""
    return queue(account, REACT, {"jid": jid, "message_id": message_id, "emoji": emoji})


def edit(account: Account, jid: str, message_id: str, text: str) -> Action:
    """Queues giving an own message of the chat another text or caption."""
    return queue(account, EDIT, {"jid": jid, "message_id": message_id, "text": text})


def revoke(account: Account, jid: str, message_id: str) -> Action:
    """Queues deleting a message of the chat for everyone."""
    return queue(account, REVOKE, {"jid": jid, "message_id": message_id})


def star(account: Account, jid: str, message_id: str, starred: bool = True) -> Action:
    """Queues marking a message of the chat with a star, or taking it away. The phone isn't told."""
    return queue(account, STAR, {"jid": jid, "message_id": message_id, "starred": starred})


# Chats, presence, calls


def set_chat(account: Account, jid: str, **settings: Any) -> Action:
    """Queues setting a chat's `archive`, `pin`, `mute` or `mark_unread` (booleans); with `mute`, until
    `mute_expiry` (Unix seconds). What is not given or None stays as it is. The phone isn't told."""
    return queue(account, SET_CHAT, {"jid": jid, **settings})


def mark_read(account: Account, jid: str, message_ids: list[str]) -> Action:
    """Queues telling WhatsApp that these messages of the chat are read; the chat's unread count follows."""
    return queue(account, MARK_READ, {"jid": jid, "message_ids": message_ids})


def set_presence(account: Account, type: str, jid: str | None = None) -> Action:
    """Queues showing us as `available` or `unavailable`, or in the chat `jid` as `composing`, `recording` or
    `paused`."""
    return queue(account, SET_PRESENCE, {"type": type, "jid": jid})


def set_profile_status(account: Account, status: str) -> Action:
    """Queues changing the about text of our own profile."""
    return queue(account, SET_PROFILE_STATUS, {"status": status})


def reject_call(account: Account, call_id: str) -> Action:
    """Queues declining a call that rings."""
    return queue(account, REJECT_CALL, {"call_id": call_id})


# Groups


def set_group_subject(account: Account, jid: str, subject: str) -> Action:
    """Queues giving a group another name."""
    return queue(account, SET_GROUP_SUBJECT, {"jid": jid, "subject": subject})


def set_group_description(account: Account, jid: str, description: str) -> Action:
    """Queues giving a group another description; an empty one takes it away."""
    return queue(account, SET_GROUP_DESCRIPTION, {"jid": jid, "description": description})


def change_participants(account: Account, jid: str, participants: list[str], action: str) -> Action:
    """Queues `add`, `remove`, `promote` or `demote` of people in a group. Its result has what came of each:
    `{"result": [{"status", "jid", "content"}]}`."""
    return queue(account, CHANGE_PARTICIPANTS, {"jid": jid, "participants": participants, "action": action})


def sync_groups(account: Account) -> Action:
    """Queues asking WhatsApp for all groups that we are in; its result has `synced`, `failed`, `total`."""
    return queue(account, SYNC_GROUPS)


# The line


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


# The queue


def queue(
    account: Account, kind: str, payload: dict[str, Any] | None = None, once: Once | None = None
) -> Action:
    """Queues an act; with `once`, the act that was queued with that key already, if there is one.

    Raises AnotherRequest when that one was for something else.
    """
    payload = payload or {}
    chat = payload.get("to") or payload.get("jid")
    fields = {"account": account, "kind": kind, "jid": chat, "payload": payload}
    if once is not None:
        fields |= {"idempotency_key": once.key, "idempotency_digest": once.digest}
    try:
        with transaction.atomic():
            action: Action = Action.objects.create(**fields)
            if (name := outbox.name_in(payload)) is not None:
                outbox.hand_over(name)
            tell(action)
            return action
    except IntegrityError:
        known = known_by(account, once) if once is not None else None
        if known is None:
            raise
        return known


def known_by(account: Account, once: Once) -> Action | None:
    """The act that was queued with that key; None when there is none. Raises AnotherRequest."""
    known: Action | None = Action.objects.filter(account=account, idempotency_key=once.key).first()
    if known is not None and known.idempotency_digest != once.digest:
        raise AnotherRequest
    return known


STATUS = Prepared(lambda: Action.objects.filter(pk=Slot("key")).values_list("status"))


def wait_for(action: Action, timeout: float, reached: Container[str] = DONE) -> Action:
    """The act once its status is one of `reached`, or it failed or was cancelled; or as it is after `timeout`
    seconds."""
    until = time.monotonic() + timeout
    while True:
        seen = wakeup.now()
        status = STATUS.value(key=action.pk)
        left = until - time.monotonic()
        if status in (Status.FAILED, Status.CANCELLED, None) or status in reached or left <= 0:
            action.refresh_from_db()
            return action
        wakeup.wait(seen, min(left, 1.0))


def cancel(action: Action) -> Action:
    """Takes back an act that is still queued. Raises NotNow when it is under way or finished."""
    now = timezone.now()
    with changes_of(action.account):
        cancelled = Action.objects.queued().filter(pk=action.pk)
        taken = cancelled.update(status=Status.CANCELLED, finished_at=now, updated_at=now)
        action.refresh_from_db()
        if not taken:
            under_way = action.status == Status.SENDING
            raise NotNow(
                "It is under way already." if under_way else f"It is {action.status}, not queued any more."
            )
        tell(action)
        transaction.on_commit(lambda: note(action))
        if (name := outbox.name_in(action.payload)) is not None:
            transaction.on_commit(lambda: outbox.remove(name))
    return action


def retry(action: Action) -> Action:
    """Queues an act again that failed, as long as nothing can have come of it. Raises NotNow otherwise."""
    if action.status != Status.FAILED:
        raise NotNow(f"Only an act that has failed can be tried again; this one is {action.status}.")
    if action.kind in CONNECTION_KINDS:
        raise NotNow("Ask for it anew: a command to the connection is for its moment.")
    if action.message_id is not None and not (action.error or "").startswith(REFUSED):
        raise NotNow("Its message may have arrived, and would come twice.")
    now = timezone.now()
    fresh = {"error": None, "result": None, "message_id": None, "finished_at": None}
    with changes_of(action.account):
        failed = Action.objects.filter(pk=action.pk, status=Status.FAILED, updated_at=action.updated_at)
        if not failed.update(status=Status.QUEUED, updated_at=now, **fresh):
            raise NotNow("It has changed meanwhile.")
        action.refresh_from_db()
        tell(action)
    return action


# What the session process does with the rows


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
    with leases.fenced(action.account):
        action.save(update_fields=["status", "result", "error", "message_id", "finished_at", "updated_at"])
        tell(action)
        transaction.on_commit(lambda: note(action))
        if status != Status.FAILED and (name := outbox.name_in(action.payload)) is not None:
            transaction.on_commit(lambda: outbox.remove(name))


def tell(action: Action) -> None:
    """Logs the state that an act has now; whoever waits for a question's answer is told of that, too."""
    if action.kind in QUESTIONS:
        transaction.on_commit(wakeup.nudge)
        return
    events.append(action.account, events.ACTION_UPDATED, action_news(action))


def note(action: Action) -> None:
    """Counts an act that has ended."""
    if action.finished_at is not None:
        seconds = (action.finished_at - action.created_at).total_seconds()
        metrics.note_act(action.kind, action.status, seconds)


def requeue(action: Action) -> None:
    """Puts back an act that is known not to have been done."""
    action.status = Status.QUEUED
    with leases.fenced(action.account):
        action.save(update_fields=["status", "updated_at"])
