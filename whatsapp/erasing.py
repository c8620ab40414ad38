"""Forgets one person: what they wrote, what was written to them, and wherever else their number is stored.

What is theirs goes: their chat, their messages in groups, files, calls, stories, receipts, presence. What is
others' and names them stays without that: a quote, a mention, a shared contact. The log keeps its events, so
that its numbers have no gap, but of those about the person nothing else than their kind.

It goes in small transactions; whatever stops it, it can be begun again. What WhatsApp tells of the person
after that is stored as anybody's.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q
from django.utils import timezone

from whatsapp import accounts
from whatsapp.accounts import delete_some
from whatsapp.changes import changes_of
from whatsapp.forgetting import delete_messages, show_newest
from whatsapp.models import (
    Account,
    Action,
    Call,
    Chat,
    Contact,
    DeliveryAttempt,
    Event,
    GroupChange,
    GroupParticipant,
    InboxEvent,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    PollVote,
    Presence,
    PresenceChange,
    Reaction,
    Receipt,
    Story,
    StoryView,
)
from whatsapp.search.keeping import INDEXES
from whatsapp.upkeep import PAUSE_SECONDS, ROWS_AT_ONCE

GONE = "…"  # stands where a number stood
PAGES_AT_ONCE = 500  # of a search index
ERASED = '{"erased":true}'  # stands for what an event told


class IsOwn(ValueError):
    """The account's own number: that is an account's removal."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to forget. `numbers` find what their addresses consist of, in text and in bytes: a number that is
    not a part of a longer one, nor of the JID of a group that they made."""

    contacts: list[int]
    chats: list[int]
    numbers: re.Pattern[str]
    numbers_in_bytes: re.Pattern[bytes]

    def is_named_in(self, value: Any) -> bool:
        """Whether the value of a column, of whatever type, has one of the numbers in it."""
        if value is None:
            return False
        if isinstance(value, bytes | memoryview):
            return self.numbers_in_bytes.search(bytes(value)) is not None
        return self.numbers.search(value if isinstance(value, str) else json.dumps(value)) is not None

    def without(self, value: Any) -> Any:
        """The text, or the JSON, without the numbers."""
        if isinstance(value, str):
            return self.numbers.sub(GONE, value)
        if isinstance(value, dict):
            return {self.without(key): self.without(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.without(each) for each in value]
        return value


def person(account: Account, jid: str) -> Person | None:
    """Who is at that JID or LID; None when the hub knows nobody there. Raises IsOwn."""
    found = list(Contact.objects.filter(account=account).addressed(jid))
    addresses = {jid, *(address for one in found for address in (one.jid, one.lid) if address)}
    if addresses & {account.jid, account.lid}:
        raise IsOwn(jid)
    chats = list(Chat.objects.filter(account=account, jid__in=addresses).values_list("pk", flat=True))
    if not found and not chats:
        return None
    numbers = {address.partition("@")[0] for address in addresses}
    numbers |= {one.phone_number for one in found if one.phone_number}
    pattern = rf"(?<!\d)(?:{'|'.join(map(re.escape, sorted(numbers)))})(?![\d-])"
    return Person([one.pk for one in found], chats, re.compile(pattern), re.compile(pattern.encode()))


def erase(account: Account, whom: Person) -> Counter[str]:
    """Returns how many rows of each table went or were changed."""
    done = Counter[str]()
    write_over_what_is_deleted()
    groups = wrote_in(whom)
    for model, belongs in theirs(whom):
        while keys := list(model._base_manager.filter(belongs).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            if model is Message:
                delete_messages(account, keys)
            else:
                delete_some(account, model, keys)
            done[model._meta.db_table] += len(keys)
            time.sleep(PAUSE_SECONDS)
    with changes_of(account):
        show_newest(groups)
        for people in (Chat.objects.filter(pk__in=whom.chats), Contact.objects.filter(pk__in=whom.contacts)):
            done.update({people.model._meta.db_table: people.count()})
            people.delete()
    for model, columns, change in NAMING:
        for rows in rows_naming(account, whom, model, columns):
            with changes_of(account):
                change(whom, rows)
            done[model._meta.db_table] += len(rows)
            time.sleep(PAUSE_SECONDS)
    merge_indexes()
    return +done


# SQLite keeps what was deleted where it was, until it needs the room.


def write_over_what_is_deleted() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def write_anew() -> None:
    """What was deleted, or changed, before any of this goes as well. Nothing else may use the database."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")


def merge_indexes() -> None:
    """Lets the search indexes of SQLite drop the words of rows that are gone, some pages at a time."""
    if connection.vendor != "sqlite":
        return
    for index in INDEXES["sqlite"]:
        pages = -PAGES_AT_ONCE  # which begins a merge of all that there is
        while merge(index.table, pages):
            pages = PAGES_AT_ONCE
            time.sleep(PAUSE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def merge(table: str, pages: int) -> bool:
    """Whether there was something to merge: by sqlite.org/fts5.html, then more than one row has changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute(f"INSERT INTO {table}({table}, rank) VALUES ('merge', %s)", [pages])
        return bool(connection.connection.total_changes - before >= 2)


# What is theirs


def theirs(whom: Person) -> list[tuple[type[Model], Q]]:
    """The tables, and which of their rows. None points to one of those before it."""
    chat, said = Q(chat__in=whom.chats), Q(sender__in=whom.contacts)
    contact = Q(contact__in=whom.contacts)
    return [
        (Message, chat | said),
        (Media, Q(story__sender__in=whom.contacts) | contact),
        (Receipt, chat | contact),
        (Reaction, chat | said),
        (PollVote, chat | Q(voter__in=whom.contacts)),
        (LabelAssociation, chat),
        (StoryView, contact),
        (Story, said),
        (Call, chat | Q(caller__in=whom.contacts)),
        (PresenceChange, chat | contact),
        (Presence, chat | contact),
        (GroupChange, contact | Q(actor__in=whom.contacts)),
        (GroupParticipant, contact),
    ]


def wrote_in(whom: Person) -> list[int]:
    """Others' chats that they wrote in."""
    said = Message.objects.filter(sender__in=whom.contacts).exclude(chat__in=whom.chats)
    return list(said.order_by().values_list("chat", flat=True).distinct())


# What is others', and names them

Row = dict[str, Any]


def rows_naming(
    account: Account, whom: Person, model: type[Model], columns: Sequence[str]
) -> Iterator[list[Row]]:
    """The account's rows that have a number of theirs in one of these columns, portion by portion: one walk
    along the table's keys."""
    way, last = WAYS[model], 0
    while rows := list(
        model._base_manager.filter(pk__gt=last).order_by("pk").values("pk", way, *columns)[:ROWS_AT_ONCE]
    ):
        last = rows[-1]["pk"]
        naming = [
            row
            for row in rows
            if row[way] == account.pk and any(whom.is_named_in(row[column]) for column in columns)
        ]
        if naming:
            yield naming


def change_messages(whom: Person, rows: list[Row]) -> None:
    for row in rows:
        changes = {column: whom.without(row[column]) for column in MESSAGE_TEXTS}
        for column in ("mentions", "contacts"):
            if whom.is_named_in(row[column]):
                changes[column] = [one for one in row[column] if not whom.is_named_in(one)]
        if whom.is_named_in(row["raw"]):
            changes |= {"raw": None, "quoted_body": None}  # whom it quotes, only the bytes told
        Message.objects.filter(pk=row["pk"]).update(**changes)


def change(model: type[Model], *columns: str) -> Callable[[Person, list[Row]], None]:
    """Takes the numbers out of these columns."""

    def change_rows(whom: Person, rows: list[Row]) -> None:
        for row in rows:
            changes = {column: whom.without(row[column]) for column in columns}
            model._base_manager.filter(pk=row["pk"]).update(**changes)

    return change_rows


def change_events(whom: Person, rows: list[Row]) -> None:
    Event.objects.filter(pk__in=[row["pk"] for row in rows]).update(payload=ERASED, message=None)


def change_actions(whom: Person, rows: list[Row]) -> None:
    """An act keeps its key, so that it isn't done again; one that is still to be done is taken back."""
    acts = Action.objects.filter(pk__in=[row["pk"] for row in rows])
    acts.queued().update(status=Action.Status.CANCELLED, finished_at=timezone.now())
    acts.exclude(status=Action.Status.SENDING).update(jid=None, payload={}, result=None, error=None)


def forget_inbox(whom: Person, rows: list[Row]) -> None:
    InboxEvent.objects.filter(pk__in=[row["pk"] for row in rows]).delete()


def change_stories(whom: Person, rows: list[Row]) -> None:
    for row in rows:
        Story.objects.filter(pk=row["pk"]).update(raw=None, body=whom.without(row["body"]))


WAYS = accounts.WAYS | {DeliveryAttempt: "delivery__webhook__account_id"}

MESSAGE_TEXTS = ("body", "quoted_body", "details", "poll_name", "poll_options", "location_name")

NAMING: list[tuple[type[Model], Sequence[str], Callable[[Person, list[Row]], None]]] = [
    (Message, ("raw", "mentions", "contacts", *MESSAGE_TEXTS), change_messages),
    (MessageEdit, ("body",), change(MessageEdit, "body")),
    (Story, ("raw", "body"), change_stories),
    (GroupChange, ("value",), change(GroupChange, "value")),
    (Call, ("participants",), change(Call, "participants")),
    (Event, ("payload",), change_events),
    (Action, ("jid", "payload", "result", "error"), change_actions),
    (InboxEvent, ("data",), forget_inbox),
    (DeliveryAttempt, ("answer",), change(DeliveryAttempt, "answer")),
]
