"""The list of chats: who, what was said last, and what is unread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest

from dashboard.data.faces import Face, faces
from dashboard.data.messages.words import kind_icon, preview_of
from dashboard.paging import CURSOR, Slice, slice_of
from whatsapp.ingest.unread import ASIDES
from whatsapp.jids import InvalidJid, is_phone, parse_jid
from whatsapp.models import Account, Chat, Message

SIZE = 40
MOST_PINNED = 10  # that stand at the top
FIND, ONLY = "q", "only"
# Filter → its name. Without one: all that is not archived.
FILTERS = {"": "All", "unread": "Unread", "groups": "Groups", "archived": "Archived"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat in the list."""

    chat: Chat
    face: Face
    preview: str = ""
    said_by: str = ""  # in a group, or "You"
    icon: str = ""
    status: str | None = None  # of the last message, where it is ours
    is_open: bool = False

    @property
    def is_unread(self) -> bool:
        return self.chat.unread_count > 0 or self.chat.is_marked_unread


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, as it was asked for."""

    entries: list[Entry]
    slice: Slice
    find: str
    only: str
    query: str  # what of the list's own query a link to a chat takes along, with its "?"
    new_jid: str | None = None  # whom one could write to, by the number that was looked for

    @property
    def filters(self) -> list[tuple[str, str, bool]]:
        return [(key, name, key == self.only) for key, name in FILTERS.items()]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.find or self.only)


def listed(account: Account, request: HttpRequest, open_chat: int | None = None) -> Listed:
    find = request.GET.get(FIND, "").strip()
    only = request.GET.get(ONLY, "")
    only = only if only in FILTERS else ""
    rows = narrowed(Chat.objects.filter(account=account), find, only)
    pinned: list[Chat] = []
    if not find and not only:
        pinned = list(rows.filter(is_pinned=True).newest_first()[:MOST_PINNED])
        rows = rows.exclude(pk__in=[chat.pk for chat in pinned]) if pinned else rows
    found = slice_of(rows.newest_first(), request, SIZE)
    chats = [*(pinned if found.start is None else []), *found.rows]
    return Listed(
        entries_of(account, chats, open_chat),
        found,
        find,
        only,
        query_of(request),
        new_jid_of(find) if not chats else None,
    )


def narrowed(rows: Any, find: str, only: str) -> Any:
    if find:
        rows = rows.found_by(find)
    if only == "archived":
        return rows.filter(is_archived=True)
    if not find:
        rows = rows.filter(is_archived=False)
    if only == "unread":
        return rows.filter(Q(unread_count__gt=0) | Q(is_marked_unread=True))
    return rows.filter(is_group=True) if only == "groups" else rows


def query_of(request: HttpRequest) -> str:
    kept = request.GET.copy()
    for name in list(kept):
        if name not in (FIND, ONLY, CURSOR) or not kept[name]:
            del kept[name]
    kept.pop(CURSOR, None)  # it is for one list's address only
    return "?" + kept.urlencode() if kept else ""


def new_jid_of(find: str) -> str | None:
    """The JID of the phone number that was looked for; None where it is none."""
    try:
        jid = parse_jid(find)
    except InvalidJid:
        return None
    return jid if is_phone(jid) else None


def entries_of(account: Account, chats: Sequence[Chat], open_chat: int | None = None) -> list[Entry]:
    """The chats with their faces and last messages; eight queries, however many they are."""
    lasts = last_messages([chat.pk for chat in chats])
    senders = [last["sender__jid"] for last in lasts.values()]
    known = faces(account, [*(chat.jid for chat in chats), *senders])
    return [entry_of(chat, known, lasts.get(chat.pk), open_chat) for chat in chats]


def entry_of(
    chat: Chat, known: dict[str, Face], last: dict[str, Any] | None, open_chat: int | None = None
) -> Entry:
    face = known[chat.jid]
    if chat.name and not face.is_known:
        face = replace(face, name=chat.name)
    if last is None:
        return Entry(chat, face, chat.last_message_body or "", is_open=chat.pk == open_chat)
    said_by = "You" if last["from_me"] else known[last["sender__jid"]].name if chat.is_group else ""
    return Entry(
        chat,
        face,
        preview_of(last["message_type"], last["body"], is_deleted=last["is_deleted"]),
        said_by,
        kind_icon(last["message_type"]) if not last["is_deleted"] else "",
        (last["status"] or "sent") if last["from_me"] else None,
        is_open=chat.pk == open_chat,
    )


def last_messages(chats: list[int]) -> dict[int, dict[str, Any]]:
    """Chat's key → its newest message that is news; two queries."""
    if not chats:
        return {}
    rows: QuerySet[Any] = Message.objects.filter(chat=OuterRef("pk")).exclude(message_type__in=ASIDES)
    newest = Chat.objects.filter(pk__in=chats).values_list(
        Subquery(rows.order_by("-id").values("pk")[:1]), flat=True
    )
    values = ("chat_id", "from_me", "sender__jid", "message_type", "body", "is_deleted", "status")
    keys = [key for key in newest if key is not None]
    return {row["chat_id"]: row for row in Message.objects.filter(pk__in=keys).order_by().values(*values)}
