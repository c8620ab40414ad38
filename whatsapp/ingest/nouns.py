"""How a batch finds the rows of each noun: by what events name them, and which row is which.

A row is known in a batch by texts and by the identity of the people and chats that it points to, because
those may still get another JID, or have no key yet.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from whatsapp.models import (
    Call,
    Group,
    GroupParticipant,
    Label,
    Media,
    Newsletter,
    PollVote,
    Presence,
    Reaction,
    Receipt,
    Story,
    StoryView,
)

Key = Hashable


@dataclass(frozen=True, slots=True)
class Noun:
    """`lookup` is the field that events name it by, `account` the way to its account (None: its chat's),
    `points_to` its people, chats and groups, `key` what tells it from the others."""

    lookup: str
    account: str | None
    points_to: tuple[str, ...]
    key: Callable[[Any], Key]


NOUNS: dict[type[Model], Noun] = {
    Group: Noun("jid", "account", ("owner",), lambda row: row.jid),
    GroupParticipant: Noun(
        "group__jid", "group__account", ("group", "contact"), lambda row: (id(row.group), id(row.contact))
    ),
    Newsletter: Noun("jid", "account", (), lambda row: row.jid),
    Label: Noun("label_id", "account", (), lambda row: row.label_id),
    # Of files, profile pictures alone: the others come and go with their message.
    Media: Noun(
        "picture_id",
        "account",
        ("contact", "group"),
        lambda row: (row.picture_id, id(row.contact), id(row.group)),
    ),
    Call: Noun("call_id", "account", ("chat", "caller"), lambda row: row.call_id),
    Story: Noun("message_id", "account", ("sender",), lambda row: (row.message_id, id(row.sender))),
    StoryView: Noun("message_id", "account", ("contact",), lambda row: (row.message_id, id(row.contact))),
    Receipt: Noun(
        "message_id",
        None,
        ("chat", "contact"),
        lambda row: (row.message_id, id(row.chat), id(row.contact)),
    ),
    Reaction: Noun(
        "target_id",
        None,
        ("chat", "sender"),
        lambda row: (row.target_id, id(row.chat), id(row.sender)),
    ),
    PollVote: Noun(
        "poll_id", None, ("chat", "voter"), lambda row: (row.poll_id, id(row.chat), id(row.voter))
    ),
    Presence: Noun("contact__jid", "contact__account", ("contact", "chat"), lambda row: id(row.contact)),
}
