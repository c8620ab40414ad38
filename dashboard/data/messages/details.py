"""One message with all that is known of it: who has it, what it said before, how it was reacted to."""

from dataclasses import dataclass
from typing import Any

from dashboard.data.faces import Face, faces
from dashboard.data.messages.bubbles import Bubble, bubbles_of
from dashboard.data.messages.talks import Talk
from whatsapp.models import MessageEdit, Reaction, Receipt

EMOJI = ("👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "👏", "🔥", "✅", "👀", "💯")
MOST = 1100  # receipts or reactions: more than a group has members


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a message of ours has come with somebody; Unix seconds."""

    face: Face
    delivered_at: int | None
    read_at: int | None
    played_at: int | None


@dataclass(frozen=True, slots=True)
class Reacted:
    face: Face
    emoji: str
    at: int


@dataclass(frozen=True, slots=True)
class Details:
    bubble: Bubble
    receipts: list[Reached]
    reactions: list[Reacted]
    earlier: list[tuple[str, Any]]  # bodies that it had before, the newest first, and since when
    mine: str  # our reaction


def bubble_with(talk: Talk, key: int) -> Bubble | None:
    """The chat's message with that key; None when it isn't there."""
    if talk.chat is None:
        return None
    found = bubbles_of(talk.account, talk.chat, [key])
    return found[0] if found and found[0].record["remote_jid"] == talk.chat.jid else None


def details_of(talk: Talk, bubble: Bubble) -> Details:
    message_id = bubble.record["id"]
    receipts: list[Any] = []
    if bubble.is_mine:
        rows = Receipt.objects.filter(message_id=message_id, chat=talk.chat).order_by()
        receipts = list(rows.values_list("contact__jid", "delivered_at", "read_at", "played_at")[:MOST])
    given = Reaction.objects.filter(target_id=message_id, chat=talk.chat, emoji__isnull=False).order_by()
    reactions: list[Any] = list(given.values_list("sender__jid", "emoji", "reacted_at")[:MOST])
    known = faces(talk.account, [row[0] for row in [*receipts, *reactions]])
    edits: list[Any] = []
    if bubble.record["edited_at"]:
        bodies = MessageEdit.objects.filter(message=bubble.key).order_by("-edited_at")
        edits = list(bodies.values_list("body", "edited_at"))[1:]  # the first is what it says now
    own = {talk.account.jid, talk.account.lid}
    return Details(
        bubble=bubble,
        receipts=sorted((Reached(known[jid], *times) for jid, *times in receipts), key=order),
        reactions=[Reacted(known[jid], emoji, at // 1000) for jid, emoji, at in reactions],
        earlier=edits,
        mine=next((emoji for jid, emoji, _ in reactions if jid in own), ""),
    )


def order(reached: Reached) -> tuple[bool, bool, str]:
    return reached.played_at is None, reached.read_at is None, reached.face.name.casefold()
