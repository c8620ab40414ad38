"""What people would tell of each type of event: who has done what, and where one sees it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from whatsapp import events
from whatsapp.models import Event

LONGEST_QUOTE = 120

Payload = Any


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of an event: `who` (a JID; None: nobody) `does` something, with a `text` of theirs, in a
    chat (`where`, a JID). Of events that are `about` the same, the newest is enough."""

    icon: str
    does: str
    who: str | None = None
    text: str = ""
    where: str | None = None
    path: str = ""
    about: Hashable = None
    before_where: str | None = None  # the words before the chat's name; None: the usual ones


def words_of(event: Event) -> Words | None:
    """What to say of it; None of what is not worth it."""
    try:
        return TELLERS[event.event_type](orjson.loads(event.payload))
    except (KeyError, IndexError, TypeError):
        # The log keeps what other versions of the hub have written: such an event is named, and no more.
        return Words("pulse", f"Event {event.event_type}")


# What each type says

TELLERS: dict[str, Callable[[Payload], Words | None]] = {}


def tells(*types: str) -> Callable[[Callable[[Payload], Words | None]], Callable[[Payload], Words | None]]:
    def register(teller: Callable[[Payload], Words | None]) -> Callable[[Payload], Words | None]:
        TELLERS.update(dict.fromkeys(types, teller))
        return teller

    return register


def chat_path(jid: str, message_id: str | None = None) -> str:
    at = f"?message={quote(message_id)}" if message_id else ""
    return f"/messages/{quote(jid)}{at}"


def cut(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


# What a message without words is; what has an event of its own is told by that.
SENT = {
    "image": ("image", "sent an image"),
    "video": ("video", "sent a video"),
    "audio": ("mic", "sent a voice message or sound"),
    "document": ("file", "sent a document"),
    "sticker": ("sticker", "sent a sticker"),
    "view_once": ("image", "sent something to be viewed once"),
    "album": ("image", "sent an album"),
    "contact": ("card", "shared a contact"),
    "location": ("place", "shared a location"),
    "poll": ("poll", "asked in a poll"),
    "event": ("calendar", "planned an event"),
    "pin": ("pin", "pinned a message"),
    "group_invite": ("people", "sent an invitation to a group"),
    "undecryptable": ("clock", "wrote something that has not reached this device yet"),
    "unavailable": ("phone", "sent something that only the phone shows"),
    "text": ("chat", "wrote"),
}
TOLD_OTHERWISE = (
    "reaction",
    "poll_update",
    "edited",
    "revoked",
    "protocol",
    "keep",
    "notification",
    "call_log",
)


@tells(events.MESSAGES_UPSERT)
def message(payload: Payload) -> Words | None:
    record = payload["record"]
    kind = record["message_type"]
    if kind in TOLD_OTHERWISE:
        return None
    icon, does = SENT.get(kind, ("chat", f"sent a message of the type {kind}"))
    return Words(
        icon,
        does,
        who=record["from_jid"],
        text=cut(record.get("body") or record.get("poll_name")),
        where=record["remote_jid"],
        path=chat_path(record["remote_jid"], record["id"]),
        about=("message", record["id"]),
    )


@tells(events.MESSAGES_UPDATE)
def change(payload: Payload) -> Words | None:
    """Only what a person changes: receipts are told by events of their own."""
    key, update = payload[0]["key"], payload[0]["update"]
    if "body" not in update:
        return None
    record = payload[0].get("record") or {}
    return Words(
        "edit",
        "edited a message:",
        who=record.get("from_jid") or sender_of(key),
        text=cut(update["body"]),
        where=key["remoteJid"],
        path=chat_path(key["remoteJid"], key["id"]),
        about=("edit", key["id"]),
    )


def sender_of(key: dict[str, Any]) -> str | None:
    """Whose message a key names; None of our own, which it does not name."""
    return None if key["fromMe"] else key.get("participant") or key["remoteJid"]


@tells(events.MESSAGES_DELETE)
def deletion(payload: Payload) -> Words:
    key = payload["keys"][0]
    return Words(
        "trash",
        "A message was deleted",
        where=key["remoteJid"],
        path=chat_path(key["remoteJid"], key["id"]),
        about=("deletion", key["id"]),
    )


@tells(events.MESSAGES_REACTION)
def reaction(payload: Payload) -> Words:
    target, given = payload[0]["key"], payload[0]["reaction"]
    who, emoji = sender_of(given["key"]), given["text"]
    if who is None:
        does = "You reacted with" if emoji else "You took a reaction back"
    else:
        does = "reacted with" if emoji else "took a reaction back"
    return Words(
        "smile",
        does,
        who=who,
        text=cut(emoji),
        where=target["remoteJid"],
        path=chat_path(target["remoteJid"], target["id"]),
    )


@tells(events.RECEIPT_UPDATE)
def receipt(payload: Payload) -> Words:
    key, told = payload[0]["key"], payload[0]["receipt"]
    icon, does = "tick", "got a message"
    if told.get("readTimestamp"):
        icon, does = "ticks", "read a message"
    if told.get("playedTimestamp"):
        icon, does = "play", "played a message"
    return Words(
        icon,
        does,
        who=told["userJid"],
        where=key["remoteJid"],
        path=chat_path(key["remoteJid"], key["id"]),
        about=("receipt", key["id"], told["userJid"]),
    )


@tells(events.POLL_VOTE)
def vote(payload: Payload) -> Words:
    key, options = payload["key"], payload["options"]
    return Words(
        "poll",
        "voted for" if options else "took a vote back",
        who=payload["voter"],
        text=cut(", ".join(options)),
        where=key["remoteJid"],
        path=chat_path(key["remoteJid"], key["id"]),
        about=("vote", key["id"], payload["voter"]),
    )


CALLS = {
    "ringing": "is calling",
    "accepted": "is in a call",
    "accepted_elsewhere": "called; it was taken on another device",
    "rejected": "called; it was declined",
    "missed": "called; it was missed",
    "ended": "called; the call is over",
    "failed": "called; it failed",
}


@tells(events.CALL)
def call(payload: Payload) -> Words:
    record = payload[0]
    return Words(
        "video" if record["is_video"] else "phone",
        CALLS.get(record["status"], "called"),
        who=record["from_jid"],
        where=record["chat_jid"],
        path="/events/calls",
        about=("call", record["id"]),
    )


@tells(events.STORY)
def story(payload: Payload) -> Words:
    return Words(
        "story",
        "posted a story",
        who=payload["from_jid"],
        text=cut(payload["body"]),
        path=f"/contacts/{quote(payload['from_jid'])}",
        about=("story", payload["id"]),
    )


@tells(events.STORY_VIEW)
def story_view(payload: Payload) -> Words:
    who = payload["viewer_jid"]
    return Words("story", "saw your story", who=who, path=f"/contacts/{quote(who)}")


GROUP_DEEDS = {
    "add": "added",
    "remove": "removed",
    "promote": "made an admin",
    "demote": "made a member again",
}
ALONE = {"add": "joined", "remove": "left"}


@tells(events.GROUP_PARTICIPANTS_UPDATE)
def participants(payload: Payload) -> Words:
    jids, action = payload["participants"], payload["action"]
    done = GROUP_DEEDS.get(action, f"changed ({action})")
    path = f"/groups/{quote(payload['id'])}"
    if len(jids) > 1:
        return Words("people", f"{len(jids)} participants were {done}", where=payload["id"], path=path)
    by_themself = payload["author"] in (None, jids[0])
    does = ALONE.get(action) if by_themself else None
    if does:  # "Alice left Family"
        return Words("people", does, who=jids[0], where=payload["id"], path=path, before_where="")
    return Words("people", f"was {done}", who=jids[0], where=payload["id"], path=path)


@tells(events.GROUPS_UPSERT, events.GROUPS_UPDATE)
def group(payload: Payload) -> Words:
    if len(payload) > 1:
        return Words("people", f"{len(payload)} groups were brought up to date", path="/groups")
    jid = payload[0]["id"]
    return Words(
        "people", "was brought up to date", who=jid, path=f"/groups/{quote(jid)}", about=("group", jid)
    )


@tells(events.CONTACTS_UPSERT)
def contacts(payload: Payload) -> Words:
    if len(payload) > 1:
        return Words("person", f"{len(payload)} new contacts", path="/contacts")
    jid = payload[0]["id"]
    return Words("person", "is a new contact", who=jid, path=f"/contacts/{quote(jid)}")


@tells(events.IDENTITY_CHANGE)
def identity(payload: Payload) -> Words:
    jid = payload["id"]
    return Words("key", "has a new security code", who=jid, path=f"/contacts/{quote(jid)}")


@tells(events.HISTORY_SET)
def history(payload: Payload) -> Words:
    done, total = payload["messages"], payload["message_total"]
    text = f"History: {done:,} of {total:,} messages imported" if total else "A part of the history came in"
    return Words("clock", text, path="/connection", about="history")


@tells(events.MEDIA_FAILED)
def media(payload: Payload) -> Words:
    """That a file is there goes without saying: its message has just been told."""
    kind = payload["kind"].replace("_", " ").capitalize()
    chat, message_id = payload["remote_jid"], payload["message_id"]
    path = chat_path(chat, message_id) if chat and message_id else "/media"
    return Words("alert", f"{kind} could not be downloaded", where=chat, path=path)


STATES = {
    "connected": ("link", "Connected to WhatsApp"),
    "connecting": ("clock", "Connecting to WhatsApp"),
    "qr": ("qr", "Waiting for a phone to be linked"),
    "disconnected": ("alert", "Disconnected from WhatsApp"),
}


@tells(events.CONNECTION_STATUS)
def connection(payload: Payload) -> Words:
    icon, does = STATES[payload["status"]]
    return Words(icon, does, path="/connection")


@tells(events.CONNECTION_LOGGED_OUT)
def logged_out(payload: Payload) -> Words:
    return Words("leave", "The phone is no longer linked:", text=cut(payload["reason"]), path="/connection")


@tells(events.CONNECTION_FAILED)
def connection_failed(payload: Payload) -> Words:
    return Words("alert", "Connecting has failed:", text=cut(payload["reason"]), path="/connection")


@tells(events.ACTION_UPDATED)
def action(payload: Payload) -> Words:
    kind, status = payload["kind"].replace("_", " "), payload["status"]
    return Words(
        "alert" if status == "failed" else "send",
        f"Action “{kind}” is {status}" if status in ("queued", "done") else f"Action “{kind}”: {status}",
        text=cut(payload["error"]),
        where=payload["jid"],
        path="/actions",
        about=("action", payload["id"]),
        before_where="for",
    )


@tells(events.WEBHOOK_PAUSED)
def webhook_paused(payload: Payload) -> Words:
    return Words(
        "pause",
        f"The webhook for {payload['host']} is paused:",
        text=cut(payload["reason"]),
        path=f"/webhooks/{payload['id']}",
    )


@tells(events.SETTINGS_UPDATED)
def settings(payload: Payload) -> Words:
    return Words("sliders", "Settings were changed", path="/settings")


@tells(events.BLOCKLIST_UPDATE)
def blocklist(payload: Payload) -> Words:
    return Words("person", "The list of blocked people has changed", path="/contacts")
