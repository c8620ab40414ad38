"""A batch is a unit of work: the rows that a run of events touches, loaded and written together.

Everything happens in one transaction that the caller opened. Rows are loaded once for all events, changed
in memory in the order of the events, and written in a handful of statements, so that the number of queries
depends on the batch and not on its events.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, Q

from whatsapp import events
from whatsapp.ingest.bulk import insert_many, update_many
from whatsapp.ingest.content import MediaContent
from whatsapp.ingest.registry import Touched
from whatsapp.jids import is_group, is_lid, is_phone, phone_number
from whatsapp.models import Account, Action, Chat, Contact, Event, Media, Message, MessageEdit, Receipt
from whatsapp.models.message import KEY_BITS

IDS_PER_QUERY = 900  # SQLite takes 999 parameters at the least


Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Address:
    """A person as an event addresses them; each part may be empty."""

    phone: str = ""
    lid: str = ""

    @classmethod
    def of(cls, jid: str, alternative: str = "") -> "Address":
        both = (jid, alternative)
        phone = next((one for one in both if is_phone(one)), "")
        lid = next((one for one in both if is_lid(one)), "")
        return cls(phone or ("" if lid else jid), lid)


class Batch:
    """Rows being changed by a run of events. `save` writes what has changed."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.now = datetime.now(UTC)
        self.changes_of: set[str] = set()  # ids of messages that are new in this batch
        self._chats: dict[str, Chat] = {}
        self._contacts: dict[str, Contact] = {}  # by JID and by LID
        self._messages: dict[tuple[str, str, str], Message] = {}  # by id, chat's and sender's JID
        self._by_id: dict[str, list[Message]] = {}
        self._receipts: dict[tuple[str, str, str], Receipt] = {}
        self._actions: dict[str, Action] = {}
        self._media: list[Media] = []
        self._edits: list[MessageEdit] = []
        self._events: list[Event] = []
        self._new: dict[int, Model] = {}  # by identity, for a row without a key has no hash
        self._changed: dict[int, tuple[Model, set[str]]] = {}
        self._keys: dict[int, int] = {}
        self._loaded_seconds: set[int] = set()

    # Loading

    def load(self, touched: Iterable[Touched]) -> None:
        """Reads every row that the events will touch and that is there."""
        jids: set[str] = set()
        ids: set[str] = set()
        seconds: set[int] = set()
        for one in touched:
            jids |= one.jids
            ids |= one.message_ids
            seconds |= one.seconds
        jids.discard("")
        self._load_people(jids)
        self._load_messages(ids)
        seconds -= self._loaded_seconds
        self._keys |= Message.objects.newest_keys(seconds)
        self._loaded_seconds |= seconds

    def _load_people(self, jids: set[str]) -> None:
        for some in chunks(jids):
            contacts = Contact.objects.filter(Q(jid__in=some) | Q(lid__in=some), account=self.account)
            for contact in contacts:
                self._know(contact)
        known = jids | {contact.jid for contact in self._contacts.values()}
        for some in chunks(known):
            for chat in Chat.objects.filter(jid__in=some, account=self.account):
                self._chats.setdefault(chat.jid, chat)

    def _load_messages(self, ids: set[str]) -> None:
        for some in chunks(ids):
            found = Message.objects.filter(message_id__in=some, account=self.account)
            for message in found.select_related("chat", "sender", "account"):
                if message not in self._by_id.get(message.message_id, ()):
                    self._remember(message)
            for receipt in Receipt.objects.filter(
                message_id__in=some, chat__account=self.account
            ).select_related("chat", "contact"):
                key = (receipt.message_id, receipt.chat.jid, receipt.contact.jid)
                self._receipts.setdefault(key, receipt)
            for action in Action.objects.filter(message_id__in=some, account=self.account):
                self._actions.setdefault(action.message_id, action)

    def _know(self, contact: Contact) -> None:
        self._contacts.setdefault(contact.jid, contact)
        if contact.lid:
            self._contacts.setdefault(contact.lid, contact)

    def _remember(self, message: Message) -> None:
        message.chat = self._chats.setdefault(message.chat.jid, message.chat)
        message.sender = self._contacts.get(message.sender.jid, message.sender)
        self._know(message.sender)
        key = (message.message_id, message.chat.jid, message.sender.jid)
        self._messages[key] = message
        self._by_id.setdefault(message.message_id, []).append(message)

    # People and chats

    def contact(self, address: Address) -> Contact:
        """The contact with that address, made when it is not there. Learns the pair of phone and LID."""
        by_phone = self._contacts.get(address.phone) if address.phone else None
        by_lid = self._contacts.get(address.lid) if address.lid else None
        contact = by_phone or by_lid
        if contact is None:
            jid = address.phone or address.lid
            contact = Contact(
                account=self.account,
                jid=jid,
                lid=address.lid or None,
                phone_number=phone_number(jid),
                first_seen_at=self.now,
                updated_at=self.now,
            )
            self._add(contact)
        elif by_lid is contact and address.phone and contact.jid != address.phone and is_lid(contact.jid):
            self._move(contact, address.phone)
        elif by_lid is None and address.lid and contact.lid is None:
            contact.lid = address.lid
            self.change(contact, "lid")
        self._know(contact)
        return contact

    def _move(self, contact: Contact, phone: str) -> None:
        """A person known by LID alone turns out to have this phone JID; their chat moves with them."""
        chat = self._chats.get(contact.jid)
        contact.lid, contact.jid, contact.phone_number = contact.jid, phone, phone_number(phone)
        self.change(contact, "jid", "lid", "phone_number")
        if chat is not None and phone not in self._chats:
            chat.jid = phone
            self._chats[phone] = chat
            self.change(chat, "jid")

    def chat(self, jid: str) -> Chat:
        """The chat with that JID, made when it is not there. Give a person's as their contact's `jid`."""
        chat = self._chats.get(jid)
        if chat is None:
            chat = Chat(
                account=self.account,
                jid=jid,
                is_group=is_group(jid),
                created_at=self.now,
                updated_at=self.now,
            )
            self._chats[jid] = chat
            self._add(chat)
        return chat

    # Messages and what belongs to them

    def message(self, message_id: str, chat: Chat, sender: Contact) -> Message | None:
        return self._messages.get((message_id, chat.jid, sender.jid))

    def messages_with_id(self, message_id: str, chat: Chat) -> list[Message]:
        """The messages of that id in the chat, by whomever."""
        return [one for one in self._by_id.get(message_id, []) if one.chat is chat]

    def add_message(self, message: Message) -> None:
        """Takes a new message and gives it its key."""
        second = message.timestamp
        message.id = self._keys.get(second, (second << KEY_BITS) - 1) + 1
        self._keys[second] = message.id
        self._remember(message)
        self._add(message)
        self.changes_of.add(message.message_id)

    def add_media(self, message: Message, content: MediaContent) -> Media:
        """Queues the message's file for download, unless the settings say otherwise."""
        reason = why_not_downloaded(content)
        media = Media(
            message=message,
            kind=content.kind,
            mime_type=content.mime_type,
            file_size=content.size,
            original_filename=content.filename,
            width=content.width,
            height=content.height,
            duration=content.duration,
            thumbnail=content.thumbnail,
            download_status=Media.Status.SKIPPED if reason else Media.Status.PENDING,
            download_error=reason,
            created_at=self.now,
        )
        self._media.append(media)
        return media

    def add_edit(self, edit: MessageEdit) -> None:
        self._edits.append(edit)

    def receipt(self, message_id: str, chat: Chat, contact: Contact) -> Receipt:
        key = (message_id, chat.jid, contact.jid)
        if key not in self._receipts:
            self._receipts[key] = Receipt(message_id=message_id, chat=chat, contact=contact)
            self._add(self._receipts[key])
        return self._receipts[key]

    def receipts_of(self, message: Message) -> list[Receipt]:
        return [
            receipt
            for (message_id, chat_jid, _), receipt in self._receipts.items()
            if message_id == message.message_id and chat_jid == message.chat.jid
        ]

    def action_of(self, message_id: str) -> Action | None:
        """The act that sent the message, where it was ours."""
        return self._actions.get(message_id)

    # Writing

    def _add(self, row: Model) -> None:
        self._new[id(row)] = row

    def change(self, row: Model, *fields: str) -> None:
        """Notes that these fields of `row` are to be written; a new row is written whole anyway."""
        if id(row) not in self._new:
            self._changed.setdefault(id(row), (row, set()))[1].update(fields)

    def log(self, event_type: str, payload: Any, message: Message | None = None) -> None:
        """Appends an event to the log, after the rows that it speaks of."""
        self._events.append(
            events.new_event(self.account, event_type, payload, message.id if message else None)
        )

    def save(self) -> None:
        """Writes all that is new or has changed, then the events."""
        Contact.objects.bulk_create(self._new_rows(Contact))
        Chat.objects.bulk_create(self._new_rows(Chat))
        insert_many(Message, self._new_rows(Message))
        Receipt.objects.bulk_create(self._new_rows(Receipt))
        insert_many(Media, self._media)
        MessageEdit.objects.bulk_create(self._edits, ignore_conflicts=True)
        for model in (Contact, Chat, Message, Receipt, Action):
            self._save_changes(model)
        insert_many(Event, self._events)

    def _new_rows(self, model: type[Row]) -> list[Row]:
        """The new rows of that model, pointing to rows that have been saved before them."""
        rows = [row for row in self._new.values() if isinstance(row, model)]
        for row in rows:
            point_at_saved(row)
        return rows

    def _save_changes(self, model: Any) -> None:
        changed = [(row, fields) for row, fields in self._changed.values() if isinstance(row, model)]
        if not changed:
            return
        fields = set[str]().union(*(fields for _, fields in changed))
        if model in (Contact, Chat, Action):
            fields.add("updated_at")
            for row, _ in changed:
                row.updated_at = self.now
        update_many(model, [row for row, _ in changed], fields)


def why_not_downloaded(content: MediaContent) -> str | None:
    """Why the settings keep this file from being downloaded by itself; None when they don't."""
    limit = settings.MAX_MEDIA_SIZE_MB * 1024 * 1024
    if not content.is_downloadable:
        return "The message doesn't say where its file is."
    if not settings.AUTO_DOWNLOAD_MEDIA:
        return "AUTO_DOWNLOAD_MEDIA is off."
    if limit and (content.size or 0) > limit:
        return f"The file is larger than MAX_MEDIA_SIZE_MB ({settings.MAX_MEDIA_SIZE_MB})."
    return None


def point_at_saved(row: Any) -> None:
    """Takes up the keys that related rows got when they were saved."""
    for field in row._meta.concrete_fields:
        if field.is_relation and field.is_cached(row):
            setattr(row, field.attname, getattr(row, field.name).pk)


def chunks(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + IDS_PER_QUERY] for start in range(0, len(ordered), IDS_PER_QUERY))
