"""Events in words: one line that says what happened, to whom, and where to see more.

Each type has a function from its data, as the log keeps it, to `Words`. People and groups stand in it by JID:
they are named all at once, for a page of events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from whatsapp import events
from whatsapp.jids import is_group

LONGEST_TEXT = 140  # characters of what people wrote


@dataclass(frozen=True, slots=True)
class Who:
    jid: str | None


Part = str | Who


@dataclass(frozen=True, slots=True)
class Words:
    """`parts` in order; `path` leads to what the event is about, None where nothing more is to be seen."""

    parts: tuple[Part, ...]
    path: str | None = None

    @property
    def jids(self) -> list[str]:
        return [part.jid for part in self.parts if isinstance(part, Who) and part.jid]

    def text(self, names: Mapping[str, str]) -> str:
        """The line; `names` is JID → what to call them."""
        return "".join(
            part if isinstance(part, str) else names.get(part.jid or "", part.jid or "somebody")
            for part in self.parts
        )


def said(*parts: Part, path: str | None = None) -> Words:
    return Words(parts, path)


def words_of(event_type: str, data: Any) -> Words:
    """What the event says. Data of another shape than is known (of an older hub) says its type alone."""
    describe = DESCRIBED.get(event_type)
    if describe is None:
        return said(event_type)
    try:
        return describe(data)
    except (KeyError, IndexError, TypeError, AttributeError):
        return said(event_type)


# Where things are


def chat_path(jid: str | None, message_id: str | None = None) -> str | None:
    if not jid:
        return None
    query = "?" + urlencode({"message": message_id}) if message_id else ""
    return f"/messages/{quote(jid)}{query}"


def key_path(key: Mapping[str, Any]) -> str | None:
    return chat_path(key["remoteJid"], key["id"])


def quoted(text: str | None) -> str:
    """What somebody wrote, in quotation marks and on one line; nothing for none."""
    line = " ".join((text or "").split())
    return f" “{line[:LONGEST_TEXT]}{'…' if len(line) > LONGEST_TEXT else ''}”" if line else ""


def is_many(data: list[Any]) -> str:
    return f" and {len(data) - 1} more" if len(data) > 1 else ""


# Messages


def message_upsert(data: Any) -> Words:
    record = data["record"] if "record" in data else data["records"][0]
    kind = record["message_type"].replace("_", " ")
    body = quoted(record.get("body") or record.get("poll_name"))
    where = record["remote_jid"]
    path = chat_path(where, record["id"])
    if record["from_me"]:
        return said(f"You sent {article(kind)} to ", Who(where), colon(body), path=path)
    who = record["from_jid"]
    return said(Who(who), f" sent {article(kind)}", *in_chat(where, who), colon(body), path=path)


def article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}" + ("" if kind.endswith("message") else " message")


def colon(text: str) -> str:
    return ":" + text if text else ""


def message_update(data: Any) -> Words:
    key, update = data[0]["key"], data[0]["update"]
    if "editedAt" in update:
        what = f"a message was edited{colon(quoted(update.get('body')))}"
    elif "status" in update:
        what = f"a message is {update['status']}"
    elif "starred" in update:
        what = f"a message was {'starred' if update['starred'] else 'unstarred'}"
    else:
        what = f"a message has changed ({', '.join(update)[:LONGEST_TEXT]})"
    return said(Who(key["remoteJid"]), f": {what}{is_many(data)}", path=key_path(key))


def message_delete(data: Any) -> Words:
    key = data["keys"][0]
    return said(Who(key["remoteJid"]), f": a message was deleted{is_many(data['keys'])}", path=key_path(key))


def reaction(data: Any) -> Words:
    key, given = data[0]["key"], data[0]["reaction"]
    who = given["key"]
    by = None if who["fromMe"] else who.get("participant") or who["remoteJid"]
    what = f" reacted with {given['text'][:16]}" if given["text"] else " took a reaction back"
    return said(Who(by) if by else "You", what, *in_chat(key["remoteJid"], by), path=key_path(key))


def in_chat(jid: str, who: str | None) -> tuple[Part, ...]:
    """Where somebody did something, unless that is their own chat."""
    return () if jid == who else (" in " if is_group(jid) else " in the chat with ", Who(jid))


def receipt(data: Any) -> Words:
    key, told = data[0]["key"], data[0]["receipt"]
    what = next(
        (word for name, word in (("playedTimestamp", "played"), ("readTimestamp", "read")) if name in told),
        "received",
    )
    parts = in_chat(key["remoteJid"], told["userJid"])
    return said(Who(told["userJid"]), f" has {what} your message", *parts, path=key_path(key))


def poll_vote(data: Any) -> Words:
    options = ", ".join(data["options"])
    what = f" voted for{quoted(options)}" if options else " took a vote back"
    where = in_chat(data["key"]["remoteJid"], data["voter"])
    return said(Who(data["voter"]), what, *where, path=key_path(data["key"]))


def history(data: Any) -> Words:
    return said(
        f"History ({data['sync_type']}): {data['progress']} %, {data['messages']:,} messages of "
        f"{data['chats']:,} chats",
        path="/connection",
    )


# People, chats, groups


def of_rows(what: str, where: Callable[[str], str]) -> Callable[[Any], Words]:
    """About some rows, each with its JID as `id`."""

    def describe(data: Any) -> Words:
        jid = data[0]["id"]
        return said(what, Who(jid), is_many(data), path=where(jid))

    return describe


def conversation(jid: str) -> str:
    return f"/messages/{quote(jid)}"


def person(jid: str) -> str:
    return f"/contacts/{quote(jid)}"


def group(jid: str) -> str:
    return f"/groups/{quote(jid)}"


def chats_delete(data: Any) -> Words:
    return said("A chat is gone: ", Who(data[0]), is_many(data))


MOVES = {
    "add": ("joined", "was added to"),
    "remove": ("left", "was removed from"),
    "promote": ("is admin of", "was made admin of"),
    "demote": ("is no admin any more of", "is no admin any more of"),
}


def participants(data: Any) -> Words:
    alone, by_another = MOVES[data["action"]]
    people, author = data["participants"], data["author"]
    is_own = author is None or author == people[0]
    parts: list[Part] = [Who(people[0]), is_many(people), f" {alone if is_own else by_another} "]
    parts.append(Who(data["id"]))
    if not is_own:
        parts += [", by ", Who(author)]
    return said(*parts, path=group(data["id"]))


PRESENCE = {
    "available": "is online",
    "unavailable": "is away",
    "composing": "is typing",
    "recording": "is recording",
    "paused": "stopped typing",
}


def presence(data: Any) -> Words:
    jid, now = next(iter(data["presences"].items()))
    what = PRESENCE.get(now["lastKnownPresence"], "has another presence")
    return said(
        Who(jid), f" {what}", *in_chat(data["id"], jid), path="/events/presence?" + urlencode({"person": jid})
    )


CALLS = {
    "ringing": "{} call",
    "accepted": "{} call, taken,",
    "accepted_elsewhere": "{} call, taken on another device,",
    "rejected": "Declined {} call",
    "missed": "Missed {} call",
    "ended": "{} call, over now,",
    "failed": "Failed {} call",
}


def call(data: Any) -> Words:
    one = data[0]
    kind = "video" if one["is_video"] else "voice"
    if one["status"] == "ringing" and not one["from_me"]:
        return said(Who(one["from_jid"]), f" is calling ({kind})", path="/events/calls")
    text = CALLS.get(one["status"], "{} call").format(kind)
    other = Who(one["chat_jid"] if one["from_me"] else one["from_jid"])
    return said(
        text[:1].upper() + text[1:], " to " if one["from_me"] else " from ", other, path="/events/calls"
    )


# Stories


def story(data: Any) -> Words:
    who: Part = "You" if data["from_me"] else Who(data["from_jid"])
    return said(who, f" posted {article(data['story_type'])[:-8]} story", colon(quoted(data.get("body"))))


def story_view(data: Any) -> Words:
    return said(Who(data["viewer_jid"]), " has seen your story")


def story_delete(data: Any) -> Words:
    return said(Who(data["from_jid"]), " deleted a story")


def newsletters(data: Any) -> Words:
    return said("Channel changed: ", Who(data[0]["id"]), is_many(data), path=conversation(data[0]["id"]))


def blocklist(data: Any) -> Words:
    people = data["blocklist"]
    if not people:
        return said("The blocklist is empty")
    word = {"add": "Blocked: ", "remove": "Unblocked: "}.get(data["type"], "Blocklist: ")
    return said(word, Who(people[0]), is_many(people), path=person(people[0]))


def identity(data: Any) -> Words:
    return said(Who(data["id"]), " has another security code", path=person(data["id"]))


# The hub


STATUSES = {
    "connected": "Connected to WhatsApp",
    "connecting": "Connecting to WhatsApp",
    "disconnected": "Not connected to WhatsApp",
    "qr": "Waiting for a phone to be linked",
}


def status(data: Any) -> Words:
    return said(STATUSES.get(data["status"], data["status"]), path="/connection")


def logged_out(data: Any) -> Words:
    return said(f"The phone is no longer linked: {data['reason']}", path="/connection")


def failed(data: Any) -> Words:
    return said(f"A try to connect has failed: {data['reason']}", path="/connection")


def media(what: str) -> Callable[[Any], Words]:
    def describe(data: Any) -> Words:
        kind = data["kind"].replace("_", " ").capitalize()
        parts: list[Part] = [f"{kind} {what}"]
        if data["remote_jid"]:
            parts += [" of ", Who(data["remote_jid"])]
        if data.get("download_error"):
            parts.append(f": {data['download_error']}")
        return said(*parts, path=chat_path(data["remote_jid"], data["message_id"]))

    return describe


def action(data: Any) -> Words:
    kind = data["kind"].replace("_", " ").capitalize()
    parts: list[Part] = [f"{kind}: {data['status']}"]
    if data["jid"]:
        parts += [", to ", Who(data["jid"])]
    if data["error"]:
        parts.append(f": {data['error']}")
    return said(*parts, path=f"/actions/{data['id']}")


def settings(data: Any) -> Words:
    return said("Settings changed", path="/settings")


def webhook_paused(data: Any) -> Words:
    return said(f"Webhook of {data['host']} is paused: {data['reason']}", path=f"/webhooks/{data['id']}")


DESCRIBED: dict[str, Callable[[Any], Words]] = {
    events.MESSAGES_UPSERT: message_upsert,
    events.MESSAGES_UPDATE: message_update,
    events.MESSAGES_DELETE: message_delete,
    events.MESSAGES_REACTION: reaction,
    events.RECEIPT_UPDATE: receipt,
    events.POLL_VOTE: poll_vote,
    events.HISTORY_SET: history,
    events.PRESENCE_UPDATE: presence,
    events.CHATS_UPSERT: of_rows("New chat: ", conversation),
    events.CHATS_UPDATE: of_rows("Chat changed: ", conversation),
    events.CHATS_DELETE: chats_delete,
    events.CONTACTS_UPSERT: of_rows("New contact: ", person),
    events.CONTACTS_UPDATE: of_rows("Contact changed: ", person),
    events.GROUPS_UPSERT: of_rows("New group: ", group),
    events.GROUPS_UPDATE: of_rows("Group changed: ", group),
    events.GROUP_PARTICIPANTS_UPDATE: participants,
    events.CALL: call,
    events.STORY: story,
    events.STORY_VIEW: story_view,
    events.STORY_DELETE: story_delete,
    events.NEWSLETTERS_UPDATE: newsletters,
    events.BLOCKLIST_UPDATE: blocklist,
    events.PRIVACY_UPDATE: lambda data: said("Privacy settings changed"),
    events.IDENTITY_CHANGE: identity,
    events.CONNECTION_STATUS: status,
    events.CONNECTION_QR: lambda data: said("A new QR code", path="/connection"),
    events.CONNECTION_LOGGED_OUT: logged_out,
    events.CONNECTION_FAILED: failed,
    events.MEDIA_DOWNLOADED: media("downloaded"),
    events.MEDIA_FAILED: media("could not be downloaded"),
    events.ACTION_UPDATED: action,
    events.ACCOUNTS_UPDATED: lambda data: said("Another account, or one less", path="/connection"),
    events.SETTINGS_UPDATED: settings,
    events.WEBHOOK_PAUSED: webhook_paused,
}
