"""Messages as a conversation shows them; of any number of them each question is one query."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson
from django.utils import timezone

from api.pagination import records_of
from dashboard.data.faces import Face, faces
from dashboard.data.messages.files import File, files_of
from dashboard.data.messages.words import call_line, kind_icon, kind_name, preview_of
from dashboard.templatetags.dashboard import length_of_time
from whatsapp.message_details import Owners, fill_poll_results, fill_reactions
from whatsapp.models import Account, Chat, Message
from whatsapp.records import MESSAGE
from whatsapp.shapes import Record

LONGEST_TEXT = 4000  # characters that a bubble shows; the rest is a click away

# Lines of WhatsApp's own, in the middle of a conversation.
LINES = ("notification", "call_log", "pin", "keep", "event_response", "edited", "protocol")
# What has its own way of showing its text.
WITHOUT_TEXT = ("location", "contact", "poll", "event", "undecryptable", "unavailable")
# message_type → the template of what it is besides its text (templates/dashboard/messages/kinds).
PARTS = {
    "location": "location",
    "contact": "contact",
    "poll": "poll",
    "event": "event",
    "group_invite": "invite",
    "newsletter": "invite",
    "undecryptable": "placeholder",
    "unavailable": "placeholder",
}


@dataclass(frozen=True, slots=True)
class Reactions:
    """One emoji, from how many, and from whom."""

    emoji: str
    count: int
    who: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that another one answers; `key` is None where the hub doesn't have it."""

    message_id: str
    key: int | None
    name: str
    hue: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """An answer of a poll; `share` is its part of the votes in percent."""

    text: str
    count: int
    share: int
    who: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message. `record` is its resource, as the API shows it."""

    key: int
    record: Record
    sender: Face
    file: File | None = None
    quote: Quote | None = None
    reactions: tuple[Reactions, ...] = ()
    options: tuple[Option, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # number or LID that is mentioned → name
    deleted_by: str = ""
    pinned_until: int | None = None
    views: int | None = None
    is_unread: bool = False
    faces: Mapping[str, Face] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        return timezone.localtime(datetime.fromtimestamp(self.record["timestamp"], UTC))

    @property
    def day(self) -> date:
        return self.moment.date()

    @property
    def id(self) -> str:
        return f"m-{self.key}"

    @property
    def message_type(self) -> str:
        return str(self.record["message_type"])

    @property
    def is_line(self) -> bool:
        return self.message_type in LINES

    @property
    def is_mine(self) -> bool:
        return bool(self.record["from_me"])

    @property
    def is_pinned(self) -> bool:
        return bool(self.pinned_until and self.pinned_until > timezone.now().timestamp())

    @property
    def body(self) -> str:
        return self.record["body"] or ""

    @property
    def text(self) -> str:
        """What stands in the bubble as text."""
        if self.message_type in WITHOUT_TEXT:
            return ""
        return self.body[:LONGEST_TEXT]

    @property
    def is_cut(self) -> bool:
        return len(self.body) > LONGEST_TEXT

    @property
    def preview(self) -> str:
        return preview_of(self.message_type, self.body, is_deleted=self.record["is_deleted"])

    @property
    def part(self) -> str:
        """The template of what it is besides file and text; empty for nothing."""
        name = PARTS.get(self.message_type)
        return f"dashboard/messages/kinds/{name}.html" if name else ""

    @property
    def unsaid(self) -> str:
        """What it is, where nothing of it can be shown otherwise."""
        if self.file or self.text or self.part:
            return ""
        return "Empty message" if self.message_type == "text" else kind_name(self.message_type)

    @property
    def icon(self) -> str:
        return kind_icon(self.message_type)

    @property
    def is_voice(self) -> bool:
        return bool(self.details.get("is_voice_note"))

    @property
    def details(self) -> dict[str, Any]:
        return self.record["details"] or {}

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards that it carries: `name`, `organization`, `emails`, and `phones`, with `jid` where the
        number is one of WhatsApp's."""
        return [
            {
                **card,
                "phones": [
                    {**phone, "jid": f"{phone['waid']}@s.whatsapp.net" if phone.get("waid") else None}
                    for phone in card.get("phones") or ()
                ],
            }
            for card in self.record["contacts"] or ()
        ]

    @property
    def votes(self) -> int:
        """How many have voted in the poll."""
        results = self.record["poll_results"] or []
        return len({jid for result in results for jid in result["voters"]})

    @property
    def may_be_changed(self) -> bool:
        return self.is_mine and not self.record["is_deleted"]

    @property
    def line(self) -> str:
        """What a line in the middle says."""
        who = "You" if self.is_mine else self.sender.name
        match self.message_type:
            case "call_log":
                call = self.details.get("call") or {}
                outcome = str(call.get("outcome") or "")
                return call_line(
                    is_video=bool(call.get("is_video")),
                    from_me=self.is_mine,
                    outcome=outcome,
                    length=length_of_time(call.get("duration")) if call.get("duration") else "",
                )
            case "pin":
                return f"{who} {'unpinned' if self.details.get('is_undo') else 'pinned'} a message"
            case "keep":
                return f"{who} {'let a message go' if self.details.get('is_undo') else 'kept a message'}"
            case "event_response":
                return f"{who} answered to an event" + (f": {self.body}" if self.body else "")
            case "edited":
                return f"{who} edited a message, in a way that can't be read here"
        return notice(self.body, self.faces)


def notice(body: str, known: Mapping[str, Face]) -> str:
    """What WhatsApp itself wrote into the chat, with names in place of JIDs."""
    words = [known[word.strip(",")].name if word.strip(",") in known else word for word in body.split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:] if text else "A notice of WhatsApp's"


def jids_in(body: str) -> list[str]:
    """The JIDs that a notice of WhatsApp's names."""
    return [word.strip(",") for word in body.split(" ") if "@" in word][:50]


EXTRAS = ("deleted_by__jid", "pinned_until", "views", "reaction_counts")


def bubbles_of(account: Account, chat: Chat, keys: Sequence[int]) -> list[Bubble]:
    """The messages of the chat with these keys, in their order. What is gone is left out."""
    records = records_of(Message, MESSAGE, keys)
    if not records:
        return []
    owners: Owners = defaultdict(list)
    for record in records.values():
        owners[chat.pk, record["id"]].append(record)
    fill_reactions(owners)
    fill_poll_results(owners)
    rows = Message.objects.filter(pk__in=list(records)).values_list("pk", *EXTRAS)
    extras = {row[0]: dict(zip(EXTRAS, row[1:], strict=True)) for row in rows}
    files = files_of([key for key, record in records.items() if record["has_media"]])
    quoted = quoted_in(chat, [record["quoted_id"] for record in records.values() if record["quoted_id"]])
    known = faces(account, people_in(records.values(), extras.values(), quoted.values()))
    own = {jid for jid in (account.jid, account.lid) if jid}
    made = Maker(chat, own, known, extras, files, quoted)
    return [made.bubble(key, records[key]) for key in keys if key in records]


def people_in(
    records: Iterable[Record], extras: Iterable[Mapping[str, Any]], quoted: Iterable[Mapping[str, Any]]
) -> set[str]:
    """Everybody whose name the messages show."""
    found = {extra["deleted_by__jid"] for extra in extras} | {row["sender__jid"] for row in quoted}
    for record in records:
        found.add(record["from_jid"])
        found.update(reaction["from_jid"] for reaction in record["reactions"])
        found.update(record["mentions"] or ())
        found.update(jid for result in record["poll_results"] or () for jid in result["voters"])
        if record["message_type"] == "notification":
            found.update(jids_in(record["body"] or ""))
    return found - {None}


def quoted_in(chat: Chat, ids: list[str]) -> dict[str, dict[str, Any]]:
    """WhatsApp's id → what is shown of a message of the chat that others answer."""
    if not ids:
        return {}
    values = ("pk", "message_id", "from_me", "sender__jid", "message_type", "body", "is_deleted")
    rows = Message.objects.filter(message_id__in=ids, chat=chat).order_by().values(*values)
    return {row["message_id"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class Maker:
    """Puts bubbles together out of what was asked for all of them."""

    chat: Chat
    own: set[str]
    faces: Mapping[str, Face]
    extras: Mapping[int, Mapping[str, Any]]
    files: Mapping[int, File]
    quoted: Mapping[str, Mapping[str, Any]]

    def bubble(self, key: int, record: Record) -> Bubble:
        extra = self.extras.get(key, {})
        return Bubble(
            key=key,
            record=record,
            sender=self.faces[record["from_jid"]],
            file=self.files.get(key),
            quote=self.quote(record),
            reactions=tuple(self.reactions(record, extra)),
            options=tuple(self.options(record)),
            names={
                jid.partition("@")[0]: self.name(jid) for jid in record["mentions"] or () if jid in self.faces
            },
            deleted_by=self.name(extra.get("deleted_by__jid")),
            pinned_until=extra.get("pinned_until"),
            views=extra.get("views"),
            is_unread=not record["from_me"] and record["timestamp"] > (self.chat.read_at or 0),
            faces=self.faces if record["message_type"] == "notification" else {},
        )

    def name(self, jid: str | None) -> str:
        if jid is None:
            return ""
        return "You" if jid in self.own else self.faces[jid].name if jid in self.faces else jid

    def quote(self, record: Record) -> Quote | None:
        if not record["quoted_id"]:
            return None
        found = self.quoted.get(record["quoted_id"])
        if found is None:
            about = "Story" if "replies_to_story" in (record["details"] or {}) else ""
            text = record["quoted_body"] or "A message that isn't stored here"
            return Quote(record["quoted_id"], None, about, None, text)
        face = self.faces[found["sender__jid"]]
        text = preview_of(found["message_type"], found["body"], is_deleted=found["is_deleted"])
        name = "You" if found["from_me"] else face.name
        return Quote(record["quoted_id"], found["pk"], name, face.hue, text)

    def reactions(self, record: Record, extra: Mapping[str, Any]) -> Iterable[Reactions]:
        """The emoji of a message, the most frequent first; a channel tells only how many."""
        given: dict[str, list[str]] = defaultdict(list)
        for reaction in record["reactions"]:
            given[reaction["emoji"]].append(reaction["from_jid"])
        counts = {emoji: int(count) for emoji, count in (extra.get("reaction_counts") or {}).items()}
        for emoji, jids in given.items():
            counts[emoji] = max(counts.get(emoji, 0), len(jids))
        for emoji, count in sorted(counts.items(), key=lambda item: -item[1]):
            jids = given.get(emoji, [])
            who = ", ".join(self.name(jid) for jid in jids) or f"{count} people"
            yield Reactions(emoji, count, who, not self.own.isdisjoint(jids))

    def options(self, record: Record) -> Iterable[Option]:
        results = record["poll_results"]
        if results is None:
            options = orjson.loads(record["poll_options"]) if record["poll_options"] else []
            results = [{"option": option, "count": 0, "voters": []} for option in options]
        total = sum(result["count"] for result in results) or 1
        for result in results:
            who = ", ".join(self.name(jid) for jid in result["voters"])
            mine = not self.own.isdisjoint(result["voters"])
            yield Option(result["option"], result["count"], round(100 * result["count"] / total), who, mine)
