"""The people and chats of a batch: one object for each, whichever of their addresses an event uses."""

from typing import TYPE_CHECKING

from whatsapp.ingest import merging
from whatsapp.ingest.address import Address
from whatsapp.ingest.lookups import own_rows_by, rows_with_keys
from whatsapp.jids import is_group, is_lid, is_newsletter, phone_number
from whatsapp.models import Chat, Contact

if TYPE_CHECKING:
    from whatsapp.ingest.batch import Batch


class People:
    """Finds and makes contacts and chats. Learns which phone JID and LID are one person's."""

    def __init__(self, batch: "Batch") -> None:
        self.batch = batch
        self.late_pairs: set[tuple[str, str]] = set()  # to be merged once the batch is written
        self.moved: dict[str, str] = {}  # LID → phone JID, of those who were known by LID alone
        self._contacts: dict[str, Contact] = {}  # by JID and by LID
        self._chats: dict[str, Chat] = {}
        self._contact_by_key: dict[int, Contact] = {}
        self._chat_by_key: dict[int, Chat] = {}
        self._phones: dict[str, str] = {}  # LID → phone JID, as far as the batch's events tell
        self._lids: dict[str, str] = {}

    def load(self, jids: set[str], pairs: set[tuple[str, str]]) -> None:
        """Reads the contacts and chats with these JIDs. Two rows that are one person's become one."""
        wanted = {jid for jid in jids if jid and jid not in self._contacts}
        self._load_contacts(wanted)
        for phone, lid in pairs:
            self._phones[lid], self._lids[phone] = phone, lid
        apart = {pair for pair in pairs if self._are_apart(*pair)}
        fresh = {pair for pair in apart if wanted.issuperset(pair)}
        if fresh:
            # Nothing of theirs has been changed in memory yet, so the database can do it.
            merging.merge_all(self.batch.account, fresh)
            for jid in {jid for pair in fresh for jid in pair}:
                contact = self._contacts.pop(jid)
                self._contact_by_key.pop(contact.pk, None)
            self._load_contacts({jid for pair in fresh for jid in pair})
        self.late_pairs |= apart - fresh
        known = wanted | {self._contacts[jid].jid for jid in wanted if jid in self._contacts}
        for chat in own_rows_by(Chat, "jid", known - self._chats.keys(), self.batch.account):
            self.same_chat(chat)

    def _are_apart(self, phone: str, lid: str) -> bool:
        first, second = self._contacts.get(phone), self._contacts.get(lid)
        return first is not None and second is not None and first is not second

    def _load_contacts(self, jids: set[str]) -> None:
        for lookup in ("jid", "lid"):
            for contact in own_rows_by(Contact, lookup, jids, self.batch.account):
                self.same_contact(contact)

    def same_contact(self, contact: Contact) -> Contact:
        """The batch's object for that row."""
        same = self._contact_by_key.setdefault(contact.pk, contact)
        self._know(same)
        return same

    def same_chat(self, chat: Chat) -> Chat:
        """The batch's object for that row."""
        same = self._chat_by_key.setdefault(chat.pk, chat)
        self._chats.setdefault(same.jid, same)
        return same

    def contacts_of(self, keys: set[int]) -> dict[int, Contact]:
        """key → the batch's object for that row."""
        for contact in rows_with_keys(Contact, keys - self._contact_by_key.keys()):
            self.same_contact(contact)
        return self._contact_by_key

    def chats_of(self, keys: set[int]) -> dict[int, Chat]:
        """key → the batch's object for that row."""
        for chat in rows_with_keys(Chat, keys - self._chat_by_key.keys()):
            self.same_chat(chat)
        return self._chat_by_key

    def known(self, jid: str) -> Contact | None:
        """The contact with that JID or LID, if there is one."""
        return self._contacts.get(jid)

    def known_chat(self, jid: str) -> Chat | None:
        """The chat with that JID, if there is one."""
        return self._chats.get(jid)

    def everyone(self) -> list[Contact]:
        """All people that the batch knows of."""
        return list({id(contact): contact for contact in self._contacts.values()}.values())

    def _know(self, contact: Contact) -> None:
        self._contacts.setdefault(contact.jid, contact)
        if contact.lid:
            self._contacts.setdefault(contact.lid, contact)

    def contact(self, address: Address) -> Contact:
        """The contact with that address, made when it is not there. Learns the pair of phone and LID."""
        if not address:
            raise ValueError("an address is missing")
        phone = address.phone or self._phones.get(address.lid, "")
        lid = address.lid or self._lids.get(address.phone, "")
        by_phone, by_lid = self._contacts.get(phone), self._contacts.get(lid)
        contact = by_phone or by_lid
        if contact is None:
            contact = Contact(
                account=self.batch.account,
                jid=phone or lid,
                lid=lid or None,
                phone_number=phone_number(phone),
                first_seen_at=self.batch.now,
                updated_at=self.batch.now,
            )
            self.batch.add(contact)
        elif phone and lid and by_phone is not None and by_lid is not None and by_phone is not by_lid:
            self.late_pairs.add((phone, lid))
        elif by_phone is None and phone and is_lid(contact.jid):
            self._move(contact, phone)
        elif by_lid is None and lid and contact.lid is None and contact.jid != lid:
            contact.lid = lid
            self.batch.change(contact, "lid")
        self._know(contact)
        return contact

    def _move(self, contact: Contact, phone: str) -> None:
        """A person known by LID alone turns out to have this phone JID; their chat moves with them."""
        lid = contact.jid
        chat = self._chats.get(lid)
        contact.lid, contact.jid, contact.phone_number = lid, phone, phone_number(phone)
        self.batch.change(contact, "jid", "lid", "phone_number")
        self.moved[lid] = phone
        if chat is None:
            return
        if phone in self._chats:
            self.late_pairs.add((phone, lid))
            return
        chat.jid = phone
        self._chats[phone] = self._chats.pop(lid)
        self.batch.change(chat, "jid")

    def chat(self, jid: str) -> Chat:
        """The chat with that JID, made when it is not there. Give a person's as their contact's `jid`."""
        if not jid:
            raise ValueError("a chat's JID is missing")
        chat = self._chats.get(jid)
        if chat is None:
            contact = self._contacts.get(jid)
            chat = Chat(
                account=self.batch.account,
                jid=jid,
                name=contact.display_name if contact is not None else None,
                is_group=is_group(jid),
                created_at=self.batch.now,
                updated_at=self.batch.now,
            )
            self._chats[jid] = chat
            self.batch.add(chat)
        return chat

    def rename_chat_of(self, contact: Contact) -> None:
        """Lets a direct chat be called as its person is called."""
        chat = self._chats.get(contact.jid)
        if chat is not None and contact.display_name is not None and not is_newsletter(contact.jid):
            self.batch.put(chat, name=contact.display_name)
