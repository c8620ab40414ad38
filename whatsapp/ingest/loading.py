"""Reads what is there of the rows that events will touch, in a few statements for all of them."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from whatsapp.ingest.address import Address
from whatsapp.ingest.bulk import chunks
from whatsapp.ingest.keys import Keys
from whatsapp.ingest.lookups import own_rows_by, rows_by, rows_with_keys
from whatsapp.ingest.nouns import NOUNS
from whatsapp.ingest.people import People
from whatsapp.ingest.registry import Touched
from whatsapp.models import Account, Action, Chat, Contact, Media, Message, Presence, Receipt, Story

Row = TypeVar("Row", bound=Model)

# Of which of their people, chats and groups a loaded row must have the batch's objects.
POINTING: dict[Any, tuple[str, ...]] = {
    Message: ("chat", "sender"),
    **{model: noun.points_to for model, noun in NOUNS.items()},
}
FILE_OF_MESSAGE: Any = Media._meta.get_field("message").remote_field


class Loading:
    """The rows of one account that a run of events touches: one object for each, loaded once for all."""

    people: People

    def __init__(self, account: Account) -> None:
        self.account = account
        self._messages: dict[tuple[str, int, int], Message] = {}  # by id and identity of chat and sender
        self._by_id: dict[str, list[Message]] = {}
        self._actions: dict[str, Action] = {}
        self._receipts: dict[str, list[Receipt]] = {}  # by the id of their message
        self._rows: dict[type[Model], dict[Any, Any]] = {model: {} for model in NOUNS}
        self._keys = Keys(account)
        self._loaded_wholes: set[Any] = set()
        self._own_account: Account | None = None

    def load(self, touched: Iterable[Touched]) -> None:
        """Reads every row that the events will touch and that is there."""
        every = Touched()
        for one in touched:
            every.jids |= one.jids
            every.pairs |= one.pairs
            every.message_ids |= one.message_ids
            every.server_ids |= one.server_ids
            every.seconds |= one.seconds
            for model, keys in one.keys.items():
                every.rows(model, *keys)
        own = Address.of(self.account.jid or "", self.account.lid or "")
        every.people([own])  # so that `me` is always there
        self.people.load(every.jids, every.pairs)
        self._load_messages(every.message_ids)
        self._load_numbered(every.server_ids)
        self._load_actions(every.keys.get(Receipt, set()))
        if Presence in every.keys:
            jids = every.keys.pop(Presence)
            known = (self.people.known(jid) for jid in jids)
            every.rows(Presence, *(contact.jid for contact in known if contact is not None))
        for model in NOUNS:
            if every.keys.get(model):
                self._load_rows(model, every.keys[model])
        self._keys.load(Message, every.seconds)
        if Story in every.keys:
            self._keys.load(Story, every.seconds)

    def _load_messages(self, ids: set[str]) -> None:
        found = own_rows_by(Message, "message_id", ids, self.account)
        fresh = [message for message in found if message not in self._by_id.get(message.message_id, ())]
        self._point_at_known(Message, fresh)
        # A file has the key of its message.
        files = rows_with_keys(Media, [message.pk for message in fresh if message.has_media])
        media = {file.pk: file for file in files}
        for message in fresh:
            FILE_OF_MESSAGE.set_cached_value(message, media.get(message.pk))
            message.account = self.account
            self._remember(message)

    def _load_actions(self, ids: set[str]) -> None:
        for action in rows_by(Action, "message_id", ids):
            if action.account_id == self.account.pk:
                self._actions.setdefault(action.message_id or "", action)

    def _load_numbered(self, server_ids: set[tuple[str, int]]) -> None:
        """Newsletters' messages, by the newsletter's own numbers of them."""
        numbers = {str(number) for _, number in server_ids}
        for some in chunks(numbers):
            found = Message.objects.filter(
                chat__jid__in={jid for jid, _ in server_ids},
                chat__account=self.account,
                server_id__in=[int(number) for number in some],
            )
            for message in found:
                self.known_message(message)

    def load_where(self, model: type[Row], **conditions: Any) -> None:
        """Reads the rows that a whole list speaks of by leaving them out; once in a batch."""
        if (model, *conditions) in self._loaded_wholes:
            return
        self._loaded_wholes.add((model, *conditions))
        for row in model._default_manager.filter(account=self.account, **conditions):
            if isinstance(row, Contact):
                self.people.same_contact(row)
            else:
                self.take(row)

    def own_account(self) -> Account:
        """The account as it is stored, to be changed; `account` is shared with who made the batch."""
        if self._own_account is None:
            self._own_account = Account.objects.get(pk=self.account.pk)
        return self._own_account

    def _load_rows(self, model: type[Model], keys: set[str]) -> None:
        noun, rows = NOUNS[model], self._rows[model]
        if noun.account is not None:
            found: list[Any] = own_rows_by(model, noun.lookup, keys, self.account, noun.account)
            self._point_at_known(model, found)
        else:
            found = rows_by(model, noun.lookup, keys)
            self._point_at_known(model, found)
            found = [row for row in found if row.chat.account_id == self.account.pk]
        for row in found:
            if rows.setdefault(noun.key(row), row) is row and isinstance(row, Receipt):
                self._receipts.setdefault(row.message_id, []).append(row)

    def _point_at_known(self, model: Any, rows: Sequence[Any]) -> None:
        """There is one object for each person, chat and group in a batch: loaded `rows` point to those."""
        for name in POINTING[model]:
            field = model._meta.get_field(name)
            keys = {key for row in rows if (key := getattr(row, field.attname)) is not None}
            known = self._of_keys(field.related_model, keys)
            for row in rows:
                if (key := getattr(row, field.attname)) is not None:
                    field.set_cached_value(row, known[key])

    def _of_keys(self, model: Any, keys: set[int]) -> dict[int, Any]:
        """key → the batch's object for that row."""
        if model is Contact:
            return self.people.contacts_of(keys)
        if model is Chat:
            return self.people.chats_of(keys)
        groups = self._rows[model]
        known = {row.pk: row for row in groups.values()}
        missing = keys - known.keys()
        return known | {row.pk: groups.setdefault(row.jid, row) for row in rows_with_keys(model, missing)}

    def known_message(self, message: Message) -> Message:
        """The batch's object for a stored message that was found in another way than by `load`."""
        for known in self._by_id.get(message.message_id, ()):
            if known == message:
                return known
        self._point_at_known(Message, [message])
        message.account = self.account
        self._remember(message)
        return message

    def take(self, row: Row) -> Row:
        """A stored row that was found in another way than by `load`; the batch's object for it."""
        self._point_at_known(type(row), [row])
        known: Row = self._rows[type(row)].setdefault(NOUNS[type(row)].key(row), row)
        return known

    def _remember(self, message: Message) -> None:
        self._messages[message.message_id, id(message.chat), id(message.sender)] = message
        self._by_id.setdefault(message.message_id, []).append(message)
