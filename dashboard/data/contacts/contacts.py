"""People: the list, and what the page of one of them shows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q

from dashboard.data.contacts.presence import Now, Week, now_of, week_of
from dashboard.data.faces import Face, face_of, faces, pictures_of
from whatsapp.jids import InvalidJid, is_lid, is_phone, parse_jid
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    GroupParticipant,
    Media,
    Message,
    Story,
)

MOST_GROUPS = 100
MOST_FILES = 12
MOST_CALLS = 10
MOST_STORIES = 30

CALL_WORDS = {
    Call.Status.RINGING: ("Ringing", "warn"),
    Call.Status.ACCEPTED: ("Taken", "good"),
    Call.Status.ACCEPTED_ELSEWHERE: ("Taken on another device", "good"),
    Call.Status.REJECTED: ("Declined", ""),
    Call.Status.MISSED: ("Missed", "bad"),
    Call.Status.ENDED: ("Taken", "good"),
    Call.Status.FAILED: ("Failed", "bad"),
    Call.Status.UNKNOWN: ("Outcome unknown", ""),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A person in the list."""

    contact: Contact
    face: Face
    is_me: bool

    @property
    def lid(self) -> str | None:
        """The LID, wherever it stands."""
        return lid_of(self.contact)

    @property
    def own_name(self) -> str | None:
        """What the person calls themself, where that is not what they are called here."""
        name = self.contact.notify_name
        return name if name != self.face.name else None


def lid_of(contact: Contact) -> str | None:
    return contact.lid or (contact.jid if is_lid(contact.jid) else None)


def found(account: Account, text: str) -> Any:
    """The account's people, by name; those whose names or number contain each word of `text`."""
    people: Any = Contact.objects.filter(account=account)
    return people.people().found_by(text).by_name()


def rows_of(account: Account, people: Iterable[Contact]) -> list[Row]:
    people = list(people)
    pictures = pictures_of("contact", [person.pk for person in people])
    return [
        Row(person, face_of(person, pictures.get(person.pk)), is_account(account, person))
        for person in people
    ]


def is_account(account: Account, person: Contact) -> bool:
    """Whether this is the account's own contact."""
    return bool({account.jid, account.lid} & ({person.jid, person.lid} - {None}))


def person_at(account: Account, address: str) -> Contact | None:
    """The person whom a JID, LID or phone number addresses; None when the hub knows none."""
    try:
        jid = parse_jid(address)
    except InvalidJid:
        return None
    if not (is_phone(jid) or is_lid(jid)):
        return None
    people = Contact.objects.filter(account=account)
    person: Contact | None = people.filter(jid=jid).first() or people.filter(lid=jid).first()
    return person


ICONS = {"image": "image", "video": "video", "audio": "mic", "document": "file", "sticker": "sticker"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the chat. `icon` is a drawing for those without a small picture."""

    media: Media
    message_id: str
    has_thumbnail: bool
    chat_jid: str

    @property
    def icon(self) -> str:
        return ICONS.get(self.media.kind, "file")

    @property
    def title(self) -> str:
        return self.media.original_filename or self.media.kind.capitalize()


@dataclass(frozen=True, slots=True)
class Conversation:
    chat: Chat
    messages: int
    files: int


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A call, what became of it in words, and the kind of badge that goes with them."""

    call: Call
    words: str
    badge: str


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A story; `picture` is the key of its file, where that has a thumbnail."""

    story: Story
    picture: int | None


class Person:
    """The page of one person; each part asks the database only when it is shown."""

    def __init__(self, account: Account, contact: Contact) -> None:
        self.account, self.contact = account, contact
        self.now = time.time()

    @cached_property
    def row(self) -> Row:
        return rows_of(self.account, [self.contact])[0]

    @cached_property
    def presence(self) -> Now:
        return now_of(self.account, self.contact, self.now)

    @cached_property
    def week(self) -> Week:
        return week_of(self.account, self.contact, self.now)

    @cached_property
    def addresses(self) -> list[str]:
        return [jid for jid in (self.contact.jid, self.contact.lid) if jid]

    @cached_property
    def chats(self) -> list[Chat]:
        """The direct chat; two where the hub learnt late that two addresses are one person's."""
        return list(Chat.objects.filter(account=self.account, jid__in=self.addresses))

    @cached_property
    def conversations(self) -> list[Conversation]:
        made = []
        for chat in self.chats:
            messages = Message.objects.filter(chat=chat)
            made.append(Conversation(chat, messages.count(), messages.filter(has_media=True).count()))
        return made

    @cached_property
    def groups(self) -> list[tuple[GroupParticipant, Face]]:
        """The groups that the person is in, then those that they have left, by name."""
        seats = list(GroupParticipant.objects.in_common_with(self.contact)[:MOST_GROUPS])
        known = faces(self.account, [seat.group.jid for seat in seats])
        rows = [(seat, known[seat.group.jid]) for seat in seats]
        return sorted(rows, key=lambda row: (not row[0].is_present, row[1].name.casefold()))

    @cached_property
    def files(self) -> list[File]:
        """The newest files of the chat."""
        rows = Message.objects.filter(chat__in=[chat.pk for chat in self.chats], has_media=True)
        newest = rows.order_by("-id").values_list("id", "message_id", "chat__jid")[:MOST_FILES]
        sent = {key: (message_id, jid) for key, message_id, jid in newest}
        has_thumbnail = ExpressionWrapper(Q(thumbnail__isnull=False), output_field=BooleanField())
        stored = (
            Media.objects.filter(pk__in=list(sent)).defer("thumbnail").annotate(has_picture=has_thumbnail)
        )
        return [
            File(media, sent[media.pk][0], media.has_picture, sent[media.pk][1])
            for media in sorted(stored, key=lambda one: -one.pk)
        ]

    @cached_property
    def calls(self) -> list[ToldCall]:
        """The newest calls with the person, in whichever chat."""
        with_them = [Call.objects.filter(chat=chat) for chat in self.chats]
        by_them = Call.objects.filter(caller=self.contact)
        known: dict[int, Call] = {}
        for calls in (*with_them, by_them):
            known |= {call.pk: call for call in calls.newest_first()[:MOST_CALLS]}
        newest = sorted(known.values(), key=lambda call: (-call.started_at, -call.pk))[:MOST_CALLS]
        return [ToldCall(call, *CALL_WORDS[Call.Status(call.status)]) for call in newest]

    @cached_property
    def stories(self) -> list[ToldStory]:
        """Those that WhatsApp still shows."""
        mine = Story.objects.filter(sender=self.contact)
        alive = list(mine.alive(int(self.now)).defer("raw")[:MOST_STORIES])
        files = Media.objects.filter(story__in=alive, thumbnail__isnull=False)
        pictures = dict(files.values_list("story", "pk"))
        return [ToldStory(story, pictures.get(story.pk)) for story in alive]
