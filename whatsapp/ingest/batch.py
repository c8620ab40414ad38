"""A batch is a unit of work: the rows that a run of events touches, loaded and written together.

Everything happens in one transaction that the caller opened. Rows are loaded once for all events, changed
in memory in the order of the events, and written in a handful of statements, so that the number of queries
depends on the batch and not on its events.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from whatsapp import events, wakeup
from whatsapp.ingest import merging, telling, unread
from whatsapp.ingest.address import Address
from whatsapp.ingest.bulk import chunks, insert_many, point_at_saved, update_many
from whatsapp.ingest.loading import Loading
from whatsapp.ingest.nouns import NOUNS
from whatsapp.ingest.people import People
from whatsapp.models import (
    Account,
    Action,
    Call,
    Chat,
    Contact,
    Event,
    Group,
    GroupChange,
    GroupParticipant,
    Label,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    Newsletter,
    PollVote,
    Presence,
    PresenceChange,
    Reaction,
    Receipt,
    Story,
    StoryView,
)
from whatsapp.rows import made

Row = TypeVar("Row", bound=Model)

# Rows are written in this order, so that each finds those that it points to. The first ones get their keys
# from the database, where they are found by this field.
KEYED: dict[Any, str] = {Contact: "jid", Chat: "jid", Group: "jid", Newsletter: "jid", Label: "label_id"}
OTHERS = (
    Message, Story, Media, Receipt, Reaction, PollVote, StoryView, Call, Presence, GroupParticipant,
)  # fmt: skip
# What is only ever added, and once.
LOGS = (MessageEdit, GroupChange, PresenceChange, LabelAssociation)
# What says when it was last changed.
DATED = (Account, Contact, Chat, Group, Newsletter, Call, Action)


class Batch(Loading):
    """Rows being changed by a run of events. `save` writes what has changed.

    A `quiet` batch tells listeners nothing of single rows: a history is told as a whole. Its files are due
    for download from `media_due_at` on (Unix seconds), one every `media_pause` seconds.
    """

    def __init__(
        self, account: Account, *, quiet: bool = False, media_due_at: int = 0, media_pause: int = 0
    ) -> None:
        super().__init__(account)
        self.quiet = quiet
        self.media_due_at = media_due_at
        self.media_pause = media_pause
        self.now = datetime.now(UTC)
        self.changes_of: set[str] = set()  # ids of messages that are new in this batch
        self.people = People(self)
        self.read_chats: dict[int, tuple[Chat, int]] = {}  # whose unread messages are to be counted again
        self.stale_chats: dict[int, Chat] = {}  # whose last message turned out to be none
        self._events: list[Event] = []
        self._new: dict[type[Model], dict[int, Any]] = {}  # by identity, for a row without a key has no hash
        self._changed: dict[type[Model], dict[int, tuple[Any, set[str]]]] = {}
        self._are_inserted = False  # whether the new rows have been written

    # People and chats

    def contact(self, address: Address) -> Contact:
        """The contact with that address, made when it is not there. Learns the pair of phone and LID."""
        return self.people.contact(address)

    def me(self) -> Contact:
        """The contact that is the account itself."""
        return self.contact(Address.of(self.account.jid or "", self.account.lid or ""))

    def is_me(self, contact: Contact) -> bool:
        return contact.jid in (self.account.jid, self.account.lid)

    def chat(self, jid: str) -> Chat:
        """The chat with that JID, made when it is not there. Give a person's as their contact's `jid`."""
        return self.people.chat(jid)

    # Messages and what belongs to them

    def message(self, message_id: str, chat: Chat, sender: Contact) -> Message | None:
        return self._messages.get((message_id, id(chat), id(sender)))

    def messages_called(self, message_id: str) -> list[Message]:
        """The messages of that id, in any chat."""
        return list(self._by_id.get(message_id, ()))

    def messages_with_id(self, message_id: str, chat: Chat) -> list[Message]:
        """The messages of that id in the chat, by whomever."""
        return [one for one in self._by_id.get(message_id, []) if one.chat is chat]

    def messages_numbered(self, chat: Chat, server_ids: Iterable[int]) -> list[Message]:
        """The newsletter's messages with these numbers of its own."""
        wanted = set(server_ids)
        every = self._messages.values()
        return [one for one in every if one.chat is chat and one.server_id in wanted]

    def add_message(self, message: Message) -> None:
        """Takes a new message and gives it its key."""
        message.id = self._keys.next(Message, message.timestamp)
        self._remember(message)
        self.add(message)
        self.changes_of.add(message.message_id)

    def remove_message(self, message: Message) -> None:
        """Takes away what turned out to be no message: a placeholder of something that nobody sees."""
        del self._messages[message.message_id, id(message.chat), id(message.sender)]
        self._by_id[message.message_id].remove(message)
        if self._new.get(Message, {}).pop(id(message), None) is None:
            Message.objects.filter(pk=message.pk).delete()
            self._changed.get(Message, {}).pop(id(message), None)

    def add_story(self, story: Story) -> None:
        """Takes a new story and gives it its key."""
        story.id = self._keys.next(Story, story.timestamp)
        self.row(story)

    def add_media(self, media: Media) -> None:
        """Takes the file of something; a profile picture gets a key, unless it is there already."""
        if media.pk is None:
            if self.row(media) is not media:
                return
            media.pk = self._keys.next(Media, int(self.now.timestamp()))
        if self.media_due_at and media.download_status == Media.Status.PENDING:
            media.next_attempt_at = self.media_due_at
            self.media_due_at += self.media_pause
        self.add(media)

    def receipt(self, message_id: str, chat: Chat, contact: Contact) -> Receipt:
        fresh = made(Receipt, message_id=message_id, chat=chat, contact=contact)
        known = self.row(fresh)
        if known is fresh:
            self._receipts.setdefault(message_id, []).append(known)
        return known

    def receipts_of(self, message: Message) -> list[Receipt]:
        every = self._receipts.get(message.message_id, ())
        return [receipt for receipt in every if receipt.chat is message.chat]

    def action_of(self, message_id: str) -> Action | None:
        """The act that sent the message, where it was ours."""
        return self._actions.get(message_id)

    # All other nouns

    def row(self, row: Row) -> Row:
        """The row that there is already for what `row` stands for, else `row` itself, which is added."""
        rows = self._rows[type(row)]
        key = NOUNS[type(row)].key(row)
        if key not in rows:
            rows[key] = row
            self.add(row)
        known: Row = rows[key]
        return known

    def rows(self, model: type[Row]) -> Iterator[Row]:
        """Those that the events touch, new ones too."""
        return iter(list(self._rows[model].values()))

    def is_new(self, row: Model) -> bool:
        return id(row) in self._new.get(type(row), {})

    # Writing

    def add(self, row: Model) -> None:
        """Takes a new row, to be written."""
        self._new.setdefault(type(row), {})[id(row)] = row

    def change(self, row: Model, *fields: str) -> None:
        """Notes that these fields of `row` are to be written; a new row is written whole anyway."""
        if self._are_inserted or not self.is_new(row):
            self._changed.setdefault(type(row), {}).setdefault(id(row), (row, set()))[1].update(fields)

    def put(self, row: Model, **values: Any) -> bool:
        """Gives `row` these values, and returns whether any of them is new to it."""
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            self.change(row, *changed)
        return bool(changed)

    def put_as_of(self, row: Any, moment: int, **values: Any) -> set[str]:
        """Gives `row` those values that are not older than what it has; its `set_at` says when each was set.
        Returns the names of what was taken."""
        fresh = {name: value for name, value in values.items() if moment >= row.set_at.get(name, 0)}
        self.put(row, **fresh)
        self.put(row, set_at={**row.set_at, **dict.fromkeys(fresh, moment)})
        return set(fresh)

    def log(self, event_type: str, payload: Any, message: Message | None = None) -> None:
        """Appends an event to the log, after the rows that it speaks of."""
        if not self.quiet:
            self._events.append(
                events.new_event(self.account, event_type, payload, message.id if message else None)
            )

    def new_rows(self, model: type[Row]) -> list[Row]:
        return list(self._new.get(model, {}).values())

    def changed_rows(self, model: type[Row]) -> list[tuple[Row, set[str]]]:
        return list(self._changed.get(model, {}).values())

    def save(self) -> None:
        """Writes all that is new or has changed, then the events."""
        for keyed in KEYED:
            self._insert(keyed)
        for model in OTHERS:
            insert_many(model, self._pointing_at_saved(model))
        for log in LOGS:
            insert_many(log, self._pointing_at_saved(log), ignore_conflicts=True)
        self._are_inserted = True
        self._save_changes(Message)  # before they are counted
        unread.count_again(self)
        unread.find_last_again(self)
        telling.tell(self)
        for changed in (Account, *KEYED, *OTHERS, Action):
            if changed is not Message:
                self._save_changes(changed)
        insert_many(Event, self._events)
        if self._events:
            transaction.on_commit(wakeup.nudge)
        merging.readdress(self.account, self.people.moved)
        merging.merge_all(self.account, self.people.late_pairs)

    def _insert(self, model: Any) -> None:
        """Adds the new rows and reads the keys that the database has given them."""
        name = KEYED[model]
        rows = {getattr(row, name): row for row in self._pointing_at_saved(model)}
        insert_many(model, list(rows.values()))
        for some in chunks(rows):
            found = model.objects.filter(**{f"{name}__in": some}, account=self.account)
            for text, key in found.values_list(name, "pk"):
                rows[text].pk = key
                rows[text]._state.adding = False

    def _pointing_at_saved(self, model: type[Row]) -> list[Row]:
        """The new rows of that model, pointing to rows that have been saved before them."""
        rows = self.new_rows(model)
        for row in rows:
            point_at_saved(row)
        return rows

    def _save_changes(self, model: Any) -> None:
        changed = self.changed_rows(model)
        if not changed:
            return
        fields = set[str]().union(*(fields for _, fields in changed))
        if model in DATED:
            for row, names in changed:
                if names - telling.PRIVATE:
                    fields.add("updated_at")
                    row.updated_at = self.now
        for row, _ in changed:
            point_at_saved(row)
        update_many(model, [row for row, _ in changed], fields)
