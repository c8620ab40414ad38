"""Who there is, and in which chats."""

import random
from dataclasses import dataclass

from bench.corpus import Record

CONTACTS, GROUPS, DIRECT_CHATS = 500, 40, 160
START = 1_735_689_600  # 2025-01-01 00:00:00 UTC
OWNER = "5511999990000@s.whatsapp.net"
LONG_AGO = 10**7  # seconds: how old groups are, at the most


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat, and who writes in it beside the owner."""

    chat: Record
    people: list[Record]

    @property
    def is_group(self) -> bool:
        return bool(self.chat["group"])


@dataclass(frozen=True, slots=True)
class World:
    """All that there is before anyone writes. The chats are in the order of how much is written in them."""

    contacts: list[Record]
    groups: list[Record]
    conversations: list[Conversation]

    def records(self) -> list[Record]:
        return [*self.contacts, *self.groups, *(one.chat for one in self.conversations)]


def world(chance: random.Random, words: list[str]) -> World:
    contacts = [contact(chance, words, number) for number in range(CONTACTS)]
    groups: list[Record] = []
    conversations: list[Conversation] = []
    for number in range(GROUPS):
        people = chance.sample(contacts, chance.randint(5, 60))
        group = group_of(chance, words, number, people)
        groups.append(group)
        conversations.append(
            Conversation(chat(chance, group["jid"], None, group["subject"], unread=20), people)
        )
    for number, person in enumerate(chance.sample(contacts, DIRECT_CHATS)):
        lid = person["lid"] if number % 2 else None
        conversations.append(
            Conversation(chat(chance, person["jid"], lid, person["name"], unread=5), [person])
        )
    chance.shuffle(conversations)
    return World(contacts, groups, conversations)


def contact(chance: random.Random, words: list[str], number: int) -> Record:
    first, last = words[200 + number].capitalize(), words[1000 + number].capitalize()
    return {
        "t": "contact",
        "jid": f"55119{70_000_000 + number * 137}@s.whatsapp.net",
        "lid": f"{10**14 + chance.randrange(10**13)}@lid",
        "name": f"{first} {last}",
        "push_name": first,
    }


def group_of(chance: random.Random, words: list[str], number: int, people: list[Record]) -> Record:
    subject = " ".join(word.capitalize() for word in chance.choices(words[60:3000], k=3))
    ranks = ["superadmin", "admin", "admin"]
    return {
        "t": "group",
        "jid": f"1203634{10**10 + number * 7919}@g.us",
        "subject": subject,
        "owner": people[0]["jid"],
        "created": START - chance.randrange(LONG_AGO),
        "participants": [
            *(
                {"jid": person["jid"], "admin": ranks[place] if place < len(ranks) else None}
                for place, person in enumerate(people)
            ),
            {"jid": OWNER, "admin": None},
        ],
    }


def chat(chance: random.Random, jid: str, lid: str | None, name: str, *, unread: int) -> Record:
    return {
        "t": "chat",
        "jid": jid,
        "lid": lid,
        "name": name,
        "group": jid.endswith("@g.us"),
        "unread": chance.randrange(unread),
    }
