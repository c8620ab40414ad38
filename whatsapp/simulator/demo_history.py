"""What the owner's phone knew before the hub was linked: last week's conversations, calls and stories."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose, demo_media
from whatsapp.simulator.history import FOREVER, Chat, History
from whatsapp.simulator.jid import GROUP, Jid
from whatsapp.simulator.library import MediaType

if TYPE_CHECKING:
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person

DAY = 86_400

#: Last week's talk with each contact in turn; the owner speaks where the line begins with a dash.
TALKS = (
    (
        "Are you back from Lisbon?",
        "- Yes, since Monday. Tired and happy",
        "Coffee soon?",
        "- Thursday?",
        "Thursday!",
    ),
    ("Can you send me the train times?", "- 7:42 and 8:12", "Thanks! Early one then", "- Brave"),
    ("Happy birthday!! 🎂", "- Thank you!! You remembered", "I have a list", "- Of course you have"),
    ("- Did the parcel come?", "It did, yesterday", "- And?", "It's perfect. Who told you my size?"),
    ("I owe you 14.50", "- It was 12", "With interest", "- 😂"),
)

#: Somebody who is not in the demo any more, in a chat that was put away.
PLUMBER, PLUMBER_NAME = Jid("12025550190"), "Frank the plumber"
PLUMBING = (
    "- The tap drips again",
    "I can come on Tuesday at 8",
    "- Perfect",
    "Done. The bill follows",
)

#: The number of a label of WhatsApp Business.
TO_PAY = "3"

BOOK_CLUB = Jid("120363000000004711", GROUP)


def blobs(owner: Person, contacts: Iterable[Person], group: GroupChat, chance: random.Random) -> list[Any]:
    """What a phone hands over after linking, in its order."""
    people, now = list(contacts), int(time.time())
    return [
        _recent(owner, people, group, chance, now),
        _names(owner, people),
        _stories(owner, people, now),
        _calls(owner, people, group, now),
    ]


def _recent(owner: Person, people: list[Person], group: GroupChat, chance: random.Random, now: int) -> Any:
    """A chat with each contact (one pinned, one archived, one muted, one unread) and two groups."""
    history = History(owner.jid, "INITIAL_BOOTSTRAP", progress=50)
    flags: list[dict[str, Any]] = [
        {},
        {"pinned": now - 2 * DAY},
        {"muteEndTime": FOREVER},
        {"unreadCount": 1},
        {"archived": True, "ephemeralExpiration": DAY},
    ]
    for index, person in enumerate(people):
        chat = history.chat(
            person.jid, name=person.name, lidJID=person.lid, notSpam=True, **flags[index % len(flags)]
        )
        start = now - (7 - index) * DAY + chance.randrange(DAY // 2)
        said = _talk(chat, owner, person.jid, person.name, TALKS[index % len(TALKS)], start, chance)
        for info in said:
            if info.key.fromMe:
                at = info.messageTimestamp
                chat.receipt(info, person.jid, delivered=at + 2, read=at + 30)
        if index == 2:
            chat.reacts(said[0], owner.jid, "❤️")
            _picture(chat, owner, person, said[-1].messageTimestamp + 300, chance)
    history.lids({person.jid: person.lid for person in people})
    plumber = history.chat(PLUMBER, name=PLUMBER_NAME, archived=True)
    said = _talk(plumber, owner, PLUMBER, PLUMBER_NAME, PLUMBING, now - 6 * DAY, chance)
    said[-1].labels.append(TO_PAY)
    _hike(history, owner, people, group, now - 3 * DAY)
    _book_club(history, owner, people, now - 5 * DAY)
    return history.blob()


def _talk(
    chat: Chat, owner: Person, other: Jid, name: str, lines: Iterable[str], at: int, chance: random.Random
) -> list[Any]:
    said = []
    for line in lines:
        at += chance.randrange(30, 900)
        mine = line.startswith("- ")
        text = line.removeprefix("- ")
        info = chat.says(
            owner.jid if mine else other,
            text,
            at=at,
            message_id=_id(other, text),
            pushName=owner.name if mine else name,
        )
        said.append(info)
    return said


def _picture(chat: Chat, owner: Person, person: Person, at: int, chance: random.Random) -> None:
    """A picture that the hub can fetch: the phone uploads it anew, as phones do when they are asked."""
    picture = demo_media.landscape(chance, "last Sunday")
    upload = owner.api.upload(picture.data, MediaType.MediaImage)
    message = compose.image(
        upload, caption="Last Sunday, before the rain", mimetype="image/jpeg", **picture.details
    )
    name = _id(person.jid, "picture")
    chat.says(person.jid, message, at=at, message_id=name, pushName=person.name, starred=True)


def _hike(history: History, owner: Person, people: list[Person], group: GroupChat, at: int) -> None:
    founder, *others = people
    ranks = {founder.jid: "SUPERADMIN", owner.jid: ""} | {person.jid: "" for person in others}
    chat = history.chat(group.jid, name=group.name, participants=ranks, createdBy=founder.jid, createdAt=at)
    chat.happens("GROUP_CREATE", at=at, by=founder.jid, parameters=[group.name])
    first = _says_in(chat, group.jid, founder, "Saturday looks good. Who's in?", at + 240)
    _says_in(chat, group.jid, people[1], "Me!", at + 480)
    mine = _says_in(chat, group.jid, owner, "Me too", at + 720)
    chat.reacts(first, owner.jid, "🥾")
    chat.reacts(first, people[1].jid, "👍")
    for minutes, person in enumerate(people, 1):
        chat.receipt(mine, person.jid, delivered=at + 730, read=at + 730 + 60 * minutes)


def _book_club(history: History, owner: Person, people: list[Person], at: int) -> None:
    """A muted group with a poll that is over."""
    members = {owner.jid: "ADMIN", people[0].jid: "", people[3].jid: ""}
    chat = history.chat(
        BOOK_CLUB, name="Book club", participants=members, muteEndTime=at + 30 * DAY,
        description="One book a month, no pressure", createdBy=owner.jid,
    )  # fmt: skip
    question = compose.poll("November's book?", ["Middlemarch", "Piranesi"], 1)
    poll = _says_in(chat, BOOK_CLUB, people[3], question, at)
    chat.votes(poll, people[0].jid, ["Piranesi"])
    chat.votes(poll, owner.jid, ["Piranesi"])
    _says_in(chat, BOOK_CLUB, owner, "Piranesi it is", at + 3600)


def _says_in(chat: Chat, group: Jid, person: Person, content: Any, at: int) -> Any:
    words = content if isinstance(content, str) else "poll"
    name = _id(group, f"{person.number} {words}")
    return chat.says(person.jid, content, at=at, message_id=name, pushName=person.name)


def _names(owner: Person, people: list[Person]) -> Any:
    """The names that people gave themselves."""
    history = History(owner.jid, "PUSH_NAME")
    history.names({person.jid: person.name for person in people} | {PLUMBER: "Frank"})
    return history.blob()


def _stories(owner: Person, people: list[Person], now: int) -> Any:
    """One story that is still there."""
    history = History(owner.jid, "INITIAL_STATUS_V3")
    ben = people[1]
    name = _id(ben.jid, "story")
    history.story(ben.jid, "The stars are out", at=now - DAY // 3, message_id=name, pushName=ben.name)
    return history.blob()


def _calls(owner: Person, people: list[Person], group: GroupChat, now: int) -> Any:
    """Last week's calls: missed, answered, made, refused, and one of a group."""
    history = History(owner.jid, "NON_BLOCKING_DATA")
    alice, ben, chiara, daniel, *_ = (person.jid for person in people)

    def name(what: str) -> str:
        return _id(owner.jid, f"call {what}")

    history.call(alice, "MISSED", at=now - 2 * DAY, call_id=name("missed"))
    history.call(ben, "CONNECTED", at=now - 2 * DAY + 3600, seconds=754, call_id=name("answered"))
    history.call(
        owner.jid, "CONNECTED", at=now - 3 * DAY, seconds=61, video=True,
        participants={chiara: "CONNECTED"}, call_id=name("made"),
    )  # fmt: skip
    history.call(daniel, "REJECTED", at=now - 4 * DAY, call_id=name("refused"))
    everybody = {alice: "CONNECTED", ben: "CONNECTED", chiara: "MISSED"}
    history.call(
        alice, "CONNECTED", at=now - 3 * DAY + 7200, seconds=1320, group=group.jid,
        participants=everybody, call_id=name("group"),
    )  # fmt: skip
    history.left(BOOK_CLUB, ben, at=now - 5 * DAY)
    return history.blob()


def _id(chat: Jid, what: str) -> str:
    """The same thing has the same id the next time, so that a demo that is run again repeats nothing."""
    return "3EB0" + hashlib.sha256(f"{chat} {what}".encode()).hexdigest()[:18].upper()
