"""Contacts: what the library's own store and WhatsApp's profiles say of people."""

from dataclasses import dataclass
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import text
from whatsapp.ingest.handlers.groups import Kind, digest_of, group_of, note_change, put
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import is_group, is_lid, is_phone, jid_text
from whatsapp.models import Contact, Group, Media
from whatsapp.protobuf import neonize_pb2


@handles(codes.CONTACTS, neonize_pb2.ContactsGetAllContactsReturnFunction)
@dataclass(slots=True)
class StoredContacts:
    """Contacts as the library has them: names from the phone's address book, push and business names."""

    entries: list[tuple[Address, Any]]
    second: int

    @classmethod
    def parse(
        cls, event: neonize_pb2.ContactsGetAllContactsReturnFunction, arrival: Arrival
    ) -> "StoredContacts":
        entries = [(Address.of_jids(one.JID), one.Info) for one in event.Contact]
        people = [(who, info) for who, info in entries if is_phone(who.phone) or is_lid(who.lid)]
        return cls(people, arrival.second)

    def touches(self) -> Touched:
        return Touched().people(address for address, _ in self.entries)

    def apply(self, batch: Batch) -> Outcome:
        for address, info in self.entries:
            contact = batch.contact(address)
            # A person has an entry for each address, and one of them the names: an empty one says nothing.
            if name := text(info.FullName):
                batch.put(contact, name=name)
            if short_name := text(info.FirstName):
                batch.put(contact, short_name=short_name)
            if contact.notify_name is None and (push_name := text(info.PushName)):
                batch.put(contact, notify_name=push_name)
            if business_name := text(info.BusinessName):
                batch.put(contact, business_name=business_name, is_business=True)
            batch.people.rename_chat_of(contact)
        return Outcome.HANDLED


@handles(codes.ADDRESSES, None)
@dataclass(slots=True)
class Addresses:
    """Pairs of phone JID and LID that are one person's: `[[phone, lid], …]`."""

    people: list[Address]

    @classmethod
    def parse(cls, event: list[list[str]], arrival: Arrival) -> "Addresses":
        return cls([Address.of(*pair) for pair in event])

    def touches(self) -> Touched:
        return Touched().people(self.people)

    def apply(self, batch: Batch) -> Outcome:
        for address in self.people:
            if batch.people.known(address.phone) or batch.people.known(address.lid):
                batch.contact(address)
        return Outcome.HANDLED


@handles(codes.PROFILES, neonize_pb2.GetUserInfoReturnFunction)
@dataclass(slots=True)
class Profiles:
    """About texts and the names of businesses, as WhatsApp answers when it is asked."""

    entries: list[tuple[Address, Any]]
    second: int

    @classmethod
    def parse(cls, event: neonize_pb2.GetUserInfoReturnFunction, arrival: Arrival) -> "Profiles":
        return cls([(Address.of_jids(one.JID), one.UserInfo) for one in event.UsersInfo], arrival.second)

    def touches(self) -> Touched:
        return Touched().people(address for address, _ in self.entries)

    def apply(self, batch: Batch) -> Outcome:
        for address, info in self.entries:
            contact = batch.contact(address)
            batch.put(contact, status_text=text(info.Status), profile_asked_at=self.second)
            if name := text(info.VerifiedName.Details.verifiedName):
                batch.put(contact, business_name=name, is_business=True, is_verified=True)
                batch.people.rename_chat_of(contact)
        return Outcome.HANDLED


@handles(codes.PICTURE, neonize_pb2.Picture)
@dataclass(slots=True)
class PictureChanged:
    """Somebody has a new picture, or none any more; where it is has to be asked for."""

    jid: str
    author: Address
    removed: bool
    second: int
    digest: str

    @classmethod
    def parse(cls, event: neonize_pb2.Picture, arrival: Arrival) -> "PictureChanged":
        second = event.Timestamp if event.Timestamp > 0 else arrival.second
        author = Address.of_jids(event.Author)
        return cls(jid_text(event.JID), author, event.Remove, second, digest_of(arrival))

    def touches(self) -> Touched:
        if is_group(self.jid):
            return Touched(jids={self.jid}).people([self.author]).rows(Group, self.jid)
        return Touched().people([Address.of(self.jid)])

    def apply(self, batch: Batch) -> Outcome:
        if is_group(self.jid):
            group = group_of(batch, self.jid)
            if self.removed:
                put(batch, group, self.second, profile_pic_id=None, profile_pic_url=None)
            batch.put(group, picture_asked_at=None)
            actor = batch.contact(self.author) if self.author else None
            told = "removed" if self.removed else None
            note_change(batch, group, Kind.PICTURE, self.second, self.digest, actor=actor, value=told)
            return Outcome.HANDLED
        contact = batch.contact(Address.of(self.jid))
        if self.second >= (contact.profile_pic_changed_at or 0):
            batch.put(contact, profile_pic_changed_at=self.second, profile_asked_at=None)
            if self.removed:
                batch.put(contact, profile_pic_id=None, profile_pic_url=None)
        return Outcome.HANDLED


@handles(codes.PROFILE_PICTURE, None)
@dataclass(slots=True)
class PicturePlace:
    """Where somebody's picture is now: `{"jid", "id", "url"}`; without an id they show none."""

    jid: str
    picture_id: str | None
    url: str | None
    second: int

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "PicturePlace":
        return cls(event["jid"], event.get("id"), event.get("url"), arrival.second)

    def touches(self) -> Touched:
        if is_group(self.jid):
            return Touched(jids={self.jid}).rows(Group, self.jid)
        return Touched().people([Address.of(self.jid)])

    def apply(self, batch: Batch) -> Outcome:
        owner: Contact | Group
        if is_group(self.jid):
            owner = group_of(batch, self.jid)
            batch.put(owner, picture_asked_at=self.second)
        else:
            owner = batch.contact(Address.of(self.jid))
        known = owner.profile_pic_id
        batch.put(owner, profile_pic_id=self.picture_id, profile_pic_url=self.url)
        if self.picture_id and self.url and self.picture_id != known and not self._is_kept(owner):
            of = {"group": owner} if isinstance(owner, Group) else {"contact": owner}
            picture = Media(
                account=batch.account,
                kind="profile_picture",
                picture_id=self.picture_id,
                url=self.url,
                created_at=batch.now,
                **of,
            )
            batch.add_media(picture)
        return Outcome.HANDLED

    def _is_kept(self, owner: Contact | Group) -> bool:
        """Whether the hub has this picture already, from an earlier time."""
        return bool(owner.pk) and owner.pictures.filter(picture_id=self.picture_id).exists()


@handles(codes.IDENTITY_CHANGE, neonize_pb2.IdentityChange)
@dataclass(slots=True)
class IdentityChanged:
    """Somebody's security code is another: they have a new phone, or installed WhatsApp anew."""

    person: Address
    second: int

    @classmethod
    def parse(cls, event: neonize_pb2.IdentityChange, arrival: Arrival) -> "IdentityChanged":
        second = event.Timestamp if event.Timestamp > 0 else arrival.second
        return cls(Address.of_jids(event.JID), second)

    def touches(self) -> Touched:
        return Touched().people([self.person])

    def apply(self, batch: Batch) -> Outcome:
        contact = batch.contact(self.person)
        if self.second > (contact.identity_changed_at or 0):
            batch.put(contact, identity_changed_at=self.second)
            batch.log(events.IDENTITY_CHANGE, {"id": contact.jid, "timestamp": self.second})
        return Outcome.HANDLED
