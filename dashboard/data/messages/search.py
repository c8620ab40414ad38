"""What a search of everything asks and finds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from dashboard.data.choosing import CHATS, CONTACTS, GROUPS, choices
from dashboard.data.faces import Face, faces
from dashboard.data.narrowing import Narrowed, day, first_key, key_after, somebody
from whatsapp.models import Account, Media, Message, MessageIndex
from whatsapp.search import best_first, to_fts5, words_of
from whatsapp.search.language import OPERATORS
from whatsapp.search.snippets import snippets

FEW_NAMES = 6  # of each of chats, contacts and groups
BY_RANK = "rank"
UNFINISHED = re.compile(r"\w{2,}$")

# message_type → what people call it, and its drawing in static/icons.svg
TYPES: Mapping[str, tuple[str, str]] = {
    "text": ("Text", "chat"),
    "image": ("Image", "image"),
    "video": ("Video", "video"),
    "audio": ("Audio", "mic"),
    "document": ("Document", "file"),
    "sticker": ("Sticker", "sticker"),
    "location": ("Location", "place"),
    "contact": ("Contact", "card"),
    "poll": ("Poll", "poll"),
    "event": ("Event", "calendar"),
    "view_once": ("View once", "image"),
    "group_invite": ("Group invite", "people"),
    "call_log": ("Call", "phone"),
    "notification": ("Notification", "info"),
}
# Parameter → what the page says of it when it narrows a search.
NARROWINGS = {
    "chat": "in",
    "sender": "from",
    "type": "of type",
    "mine": "sent by",
    "file": "with a file",
    "starred": "starred",
    "since": "since",
    "until": "until",
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One of the filters that are set: `text` says what it keeps, `without` is the query without it."""

    text: str
    without: str


class Question(Narrowed):
    """What a search is narrowed by."""

    def read(self) -> None:
        """Makes sense of the parameters, once."""
        self.text = self.values.get("q", "")
        self.chat = somebody(self.account, self.values, "chat", (CHATS, GROUPS), self.errors)
        self.sender = somebody(self.account, self.values, "sender", (CONTACTS,), self.errors)
        self.since = day(self.values, "since", self.errors)
        self.until = day(self.values, "until", self.errors)
        self.is_by_rank = self.values.get("order") == BY_RANK and bool(self.text)
        self.faces = faces(self.account, [self.chat, self.sender])

    @property
    def chat_shown(self) -> str:
        """What the field of the chat shows: a name."""
        return self.faces[self.chat].name if self.chat else ""

    @property
    def sender_shown(self) -> str:
        return self.faces[self.sender].name if self.sender else ""

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.text or self.narrowed)

    @property
    def asked_text(self) -> str:
        """The text in the language of searches. Its last word may still be written, so it counts as the
        beginning of one."""
        last = UNFINISHED.search(self.text)
        return self.text + "*" if last and last[0] not in OPERATORS else self.text

    @property
    def has_no_words(self) -> bool:
        """Whether the text has signs only, none of which is looked for."""
        return bool(self.text) and to_fts5(self.text) is None

    @cached_property
    def narrowed(self) -> dict[str, str]:
        """Parameter → what it keeps, of each filter that is set and understood."""
        values = self.values
        said = {
            "chat": self.chat_shown,
            "sender": self.sender_shown,
            "type": TYPES[values["type"]][0].lower() if values.get("type") in TYPES else "",
            "mine": {"yes": "you", "no": "others"}.get(values.get("mine", ""), ""),
            "since": f"{self.since:%-d %b %Y}" if self.since else "",
            "until": f"{self.until:%-d %b %Y}" if self.until else "",
        }
        found = {name: f"{NARROWINGS[name]} {text}" for name, text in said.items() if text}
        found |= {name: NARROWINGS[name] for name in ("file", "starred") if values.get(name) == "yes"}
        return {name: found[name] for name in NARROWINGS if name in found}

    def hits(self) -> Any:
        """The rows of the full-text index that answer it, in the order that is asked for."""
        found = self.words(narrowed=True)
        return best_first(found, self.asked_text) if self.is_by_rank else found.order_by("-pk")

    def words(self, *, narrowed: bool) -> Any:
        """What the text alone finds, or what is left of that with the filters."""
        rows: Any = MessageIndex.objects.all()
        if self.errors or self.has_no_words:
            return rows.none()
        if not self.text or Account.objects.count() > 1:
            rows = rows.of_account(self.account.pk)
        if self.text:
            rows = rows.holding(self.asked_text)
        return self.narrow(rows) if narrowed else rows

    def narrow(self, rows: Any) -> Any:
        values = self.values
        if self.chat:
            rows = rows.in_chat(self.chat)
        if self.sender:
            rows = rows.sent_by(self.sender)
        if values.get("type") in TYPES:
            rows = rows.of_type(values["type"])
        if values.get("mine") in ("yes", "no"):
            rows = rows.from_me(values["mine"] == "yes")
        if values.get("file") == "yes":
            rows = rows.with_media(True)
        if values.get("starred") == "yes":
            rows = rows.starred(True)
        if self.since:
            rows = rows.filter(pk__gte=first_key(self.since))
        if self.until:
            rows = rows.filter(pk__lt=key_after(self.until))
        return rows

    def names(self) -> list["Name"]:
        """Whom the text finds by name, a few of each kind."""
        text = words_of(self.text)
        if not text.strip():
            return []
        found: dict[str, Name] = {}
        for kind in (CHATS, CONTACTS, GROUPS):
            for choice in choices(self.account, text, [kind], FEW_NAMES):
                if not choice.is_new:
                    found.setdefault(choice.face.jid, Name(choice.face, kind))
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody who is found by name."""

    face: Face
    kind: str

    @property
    def path(self) -> str:
        """Where their page is."""
        return f"/{'messages' if self.kind == CHATS else self.kind}/{self.face.jid}"

    @property
    def noun(self) -> str:
        return {CHATS: "Chat", CONTACTS: "Contact"}.get(self.kind, "Group")


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found."""

    message: Message
    snippet: SafeString  # escaped, with what was found in mark elements
    chat: Face
    sender: Face
    has_thumbnail: bool

    @property
    def type_name(self) -> str:
        known = TYPES.get(self.message.message_type)
        return known[0] if known else self.message.message_type.replace("_", " ").capitalize()

    @property
    def is_told_apart(self) -> bool:
        """Whether there is more to say than whose chat it is in: who sent it, or of which type it is."""
        message = self.message
        return message.from_me or self.chat != self.sender or message.message_type != "text"

    @property
    def icon(self) -> str:
        return TYPES.get(self.message.message_type, ("", "chat"))[1]


def hits_of(account: Account, text: str, keys: list[int]) -> list[Hit]:
    """The messages with these keys, in their order; `text` has found them."""
    messages = {message.pk: message for message in Message.objects.with_relations().filter(pk__in=keys)}
    texts = snippets(text, keys)
    known = faces(account, {jid for one in messages.values() for jid in (one.chat.jid, one.sender.jid)})
    with_files = [key for key, message in messages.items() if message.has_media]
    small = with_thumbnails(with_files) if with_files else set()
    return [
        Hit(
            message=messages[key],
            snippet=texts.get(key, SafeString("")),
            chat=known[messages[key].chat.jid],
            sender=known[messages[key].sender.jid],
            has_thumbnail=key in small,
        )
        for key in keys
        if key in messages
    ]


def with_thumbnails(keys: Iterable[int]) -> set[int]:
    """The keys of those of these files that have a small picture."""
    return set(Media.objects.filter(pk__in=list(keys), thumbnail__isnull=False).values_list("pk", flat=True))
