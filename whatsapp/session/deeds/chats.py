"""Chats: what is read in them, and how they are kept."""

import struct
import time
from typing import TYPE_CHECKING, Any

from whatsapp import actions
from whatsapp.ingest import codes
from whatsapp.models import Account, Action, Chat, Message
from whatsapp.session.deeds.registry import Refused, performs
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

FOR_EVER = -1


@performs(actions.MARK_READ)
def mark_read(acts: "Acts", line: Line, action: Action) -> None:
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
    acts.write_down(action, [(codes.CHAT_READ, read)], at=int(time.time() * 1000))


@performs(actions.SET_CHAT)
def set_chat(acts: "Acts", line: Line, action: Action) -> None:
    """Archives, pins, mutes, marks as unread; or undoes it.

    neonize can't tell the phone (its `SendAppState` never finds the kind of setting: goneonize's
    utils/decoder.go compares pointers). So the library's own store is changed, which is where the hub looks
    for what the phone has set: whoever sets it last, here or on the phone, has their way.
    """
    payload = action.payload
    chat = find_chat(acts.account, payload["jid"])
    now = int(time.time())
    wanted = {name: payload.get(name) for name in ("archive", "pin", "mute")}
    news: list[tuple[int, Any]] = []
    if any(value is not None for value in wanted.values()):
        archived = chat.is_archived if wanted["archive"] is None else wanted["archive"]
        pinned = chat.is_pinned if wanted["pin"] is None else wanted["pin"]
        until = muted_until(chat) if wanted["mute"] is None else 0
        if wanted["mute"]:
            until = as_the_store_keeps(payload.get("mute_expiry") or FOR_EVER)
        line.put_chat_settings(chat.jid, archived, pinned, until)
        settings = {"jid": chat.jid, "archived": archived, "pinned": pinned, "muted_until": until or None}
        news.append((codes.CHAT_SETTINGS, [settings]))
    if payload.get("mark_unread") is not None:
        news.append((codes.CHAT_MARKED, {"jid": chat.jid, "unread": payload["mark_unread"]}))
    acts.write_down(action, news, at=now * 1000, result={"synced": False})


def find_chat(account: Account, jid: str) -> Chat:
    """The chat with `jid`. Raises Refused."""
    chat: Chat | None = Chat.objects.addressed(jid).filter(account=account).first()
    if chat is None:
        raise Refused(f"jid: There is no chat with {jid}.")
    return chat


def muted_until(chat: Chat) -> int:
    """Unix seconds; -1: for ever, 0: not muted."""
    return (chat.mute_expiry or FOR_EVER) if chat.is_muted else 0


def as_the_store_keeps(second: int) -> int:
    """The first time from `second` (Unix seconds) on that neonize can write: it takes a 32-bit float, which
    holds every 128th second of this decade. -1 stays -1."""
    bits = struct.unpack("<i", struct.pack("<f", second))[0]
    kept = int(struct.unpack("<f", struct.pack("<i", bits))[0])
    return kept if kept >= second else int(struct.unpack("<f", struct.pack("<i", bits + 1))[0])
