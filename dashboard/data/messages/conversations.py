"""A chat's messages, a window at a time: each is found by walking along an index from where one is, so that
the first of a hundred thousand messages costs what the last does."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from dashboard.data.messages.asides import Aside, asides_between
from dashboard.data.messages.bubbles import LINES, Bubble, bubbles_of
from whatsapp.models import Account, Chat, Message
from whatsapp.models.message import KEY_BITS

SIZE = 50
# Shown where they belong: on the message that they are about, or by the pictures of the album.
HIDDEN = ("reaction", "poll_update", "album")


@dataclass(frozen=True, slots=True)
class Window:
    """The keys of some of a chat's messages, the oldest first. `earlier` and `later` say whether there is
    more on that side; `anchor` is the key that one came for."""

    keys: list[int]
    earlier: bool = False
    later: bool = False
    anchor: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a conversation: a message, or what happened beside. Does a day, a run of one sender's
    messages, or what is unread begin with it?"""

    shown: Bubble | Aside
    starts_day: bool = False
    starts_run: bool = False
    starts_unread: bool = False
    is_anchor: bool = False


def shown_in(chat: Chat) -> QuerySet[Any]:
    """The messages that stand in the conversation by themselves."""
    return Message.objects.filter(chat=chat.pk).exclude(message_type__in=HIDDEN)


def newest(chat: Chat) -> Window:
    keys = keys_of(shown_in(chat).order_by("-id"), SIZE + 1)
    return Window(keys[:SIZE][::-1], earlier=len(keys) > SIZE)


def before(chat: Chat, key: int) -> Window:
    keys = keys_of(shown_in(chat).filter(id__lt=key).order_by("-id"), SIZE + 1)
    return Window(keys[:SIZE][::-1], earlier=len(keys) > SIZE, later=True)


def after(chat: Chat, key: int) -> Window:
    keys = keys_of(shown_in(chat).filter(id__gt=key).order_by("id"), SIZE + 1)
    return Window(keys[:SIZE], earlier=True, later=len(keys) > SIZE)


def around(chat: Chat, key: int) -> Window:
    """The messages about the one with that key, or about where it would be."""
    half = SIZE // 2
    older = keys_of(shown_in(chat).filter(id__lt=key).order_by("-id"), half + 1)
    newer = keys_of(shown_in(chat).filter(id__gte=key).order_by("id"), half + 1)
    keys = older[:half][::-1] + newer[:half]
    anchor = newer[0] if newer else (older[0] if older else None)
    return Window(keys, len(older) > half, len(newer) > half, anchor)


def on_day(chat: Chat, day: date) -> Window:
    """The messages from the beginning of that day in the reader's time zone, and some before it."""
    start = datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
    return around(chat, max(0, int(start.timestamp())) << KEY_BITS)


def keys_of(rows: QuerySet[Any], limit: int) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:limit])


def key_of(chat: Chat, message_id: str) -> int | None:
    """The key of the chat's message with WhatsApp's id; of a reaction or vote what it is about, where it is
    shown. None when there is none."""
    rows = Message.objects.filter(message_id=message_id, chat=chat).order_by()
    found = rows.values_list("pk", "message_type", "reaction_target_id", "target_id")
    for key, message_type, reacted, target in sorted(found, reverse=True):
        about = reacted or target
        if message_type in HIDDEN and about and about != message_id:
            targets = Message.objects.filter(message_id=about, chat=chat).exclude(message_type__in=HIDDEN)
            return targets.order_by().values_list("pk", flat=True).first()
        return int(key)
    return None


def items_of(
    account: Account, chat: Chat, window: Window, *, mark_unread: bool = False, follows: int | None = None
) -> list[Item]:
    """What the window shows: its messages, and what happened between them, the oldest first. `follows` is the
    key of the message that stands before it already."""
    bubbles = bubbles_of(account, chat, window.keys)
    first = window.keys[0] >> KEY_BITS if window.keys and window.earlier else 0
    if follows is not None:
        first = follows >> KEY_BITS
    last = window.keys[-1] >> KEY_BITS if window.keys and window.later else None
    asides = asides_between(account, chat, first, last)
    shown: list[Bubble | Aside] = sorted([*bubbles, *asides], key=lambda one: one.key)
    items = list(laid_out(shown, *where(chat, follows)))
    if window.anchor is not None:
        items = [replace(item, is_anchor=True) if item.shown.key == window.anchor else item for item in items]
    return with_unread_mark(items, chat) if mark_unread else items


def where(chat: Chat, key: int | None) -> tuple[date | None, Any]:
    """The day of the message with that key, and whose it is; None of what isn't there."""
    if key is None:
        return None, None
    rows = Message.objects.filter(pk=key, chat=chat.pk).exclude(message_type__in=LINES)
    moment = timezone.localtime(datetime.fromtimestamp(key >> KEY_BITS, UTC))
    return moment.date(), rows.values_list("from_me", "sender__jid").first()


def laid_out(
    shown: Iterable[Bubble | Aside], day: date | None = None, sender: tuple[bool, str] | None = None
) -> Iterable[Item]:
    for one in shown:
        who = sender_of(one)
        new_day = one.day != day
        yield Item(one, starts_day=new_day, starts_run=new_day or who is None or who != sender)
        day, sender = one.day, who


def sender_of(one: Bubble | Aside) -> tuple[bool, str] | None:
    """Whose message it is; None of a line in the middle."""
    return (one.is_mine, one.record["from_jid"]) if isinstance(one, Bubble) and not one.is_line else None


def with_unread_mark(items: list[Item], chat: Chat) -> list[Item]:
    """Marks where what nobody has read begins; not when that is all that is there."""
    if chat.unread_count <= 0:
        return items
    for place, item in enumerate(items):
        if isinstance(item.shown, Bubble) and item.shown.is_unread:
            if place:
                items[place] = replace(item, starts_unread=True)
            break
    return items


def named_items(account: Account, chat: Chat, keys: Iterable[int]) -> list[Item]:
    """Some messages anew, each as it stands by itself."""
    return [Item(bubble, starts_run=True) for bubble in bubbles_of(account, chat, list(keys))]


def keys_named(chat: Chat, message_ids: list[str]) -> list[int]:
    """The keys of the chat's messages with these ids of WhatsApp's."""
    rows = Message.objects.filter(message_id__in=message_ids, chat=chat).exclude(message_type__in=HIDDEN)
    return sorted(rows.order_by().values_list("pk", flat=True))
