"""Contacts: what the library's own store and WhatsApp's profiles say of people."""

from dataclasses import dataclass
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import identifier, name, text
from whatsapp.ingest.group_rows import digest_of, group_of, note_change, put
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import is_group, is_lid, is_phone, jid_text
from whatsapp.models import Contact, Group, GroupChange, Media
from whatsapp.protobuf import neonize_pb2

PICTURE = "picture"  # what a group's `set_at` calls its picture: when the last news of a change came


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
            if full_name := name(info.FullName):
                batch.put(contact, name=full_name)
            if short_name := name(info.FirstName):
                batch.put(contact, short_name=short_name)
            if contact.notify_name is None and (push_name := name(info.PushName)):
                batch.put(contact, notify_name=push_name)
            if business_name := name(info.BusinessName):
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
    """About texts and the names of businesses, as WhatsApp answers when it is asked. Of people who are not
    there any more it says nothing (None): what was known of them stays."""

    entries: list[tuple[Address, Any]]
    second: int

    @classmethod
    def parse(cls, event: neonize_pb2.GetUserInfoReturnFunction, arrival: Arrival) -> "Profiles":
        entries = [
            (Address.of_jids(one.JID), one.UserInfo if one.HasField("UserInfo") else None)
            for one in event.UsersInfo
        ]
        return cls(entries, arrival.second)

    def touches(self) -> Touched:
        return Touched().people(address for address, _ in self.entries)

    def apply(self, batch: Batch) -> Outcome:
        for address, info in self.entries:
            contact = batch.contact(address)
            if self.second >= (contact.profile_asked_at or 0):
                if info is not None:
                    batch.put(contact, status_text=text(info.Status))
                # Where the picture has changed since, it is to be asked for again.
                if self.second > (contact.profile_pic_changed_at or 0):
                    batch.put(contact, profile_asked_at=self.second)
            if info is not None and (verified := name(info.VerifiedName.Details.verifiedName)):
                batch.put(contact, business_name=verified, is_business=True, is_verified=True)
                batch.people.rename_chat_of(contact)
        return Outcome.HANDLED


@handles(codes.ABOUT, None)
@dataclass(slots=True)
class AboutChanged:
    """`{"jid", "text"}`: the hub itself has changed our about text. Of others' no event tells."""

    person: Address
    text: str | None

    @classmethod
    def parse(cls, event: dict[str, Any], arrival: Arrival) -> "AboutChanged":
        return cls(Address.of(event["jid"]), text(event["text"]))

    def touches(self) -> Touched:
        return Touched().people([self.person])

    def apply(self, batch: Batch) -> Outcome:
        batch.put(batch.contact(self.person), status_text=self.text)
        return Outcome.HANDLED


# Since when pictures are as they are is told by the hub's own clock: when the news of it came. By that clock
# the hub also knows when it has asked where a picture is.


@handles(codes.PICTURE, neonize_pb2.Picture)
@dataclass(slots=True)
class PictureChanged:
    """Somebody has a new picture, or none any more; where it is has to be asked for."""

    jid: str
    author: Address
    removed: bool
    second: int  # when it was changed
    heard_at: int  # when the hub heard of it
    digest: str

    @classmethod
    def parse(cls, event: neonize_pb2.Picture, arrival: Arrival) -> "PictureChanged":
        second, author = arrival.time_of(event.Timestamp), Address.of_jids(event.Author)
        return cls(jid_text(event.JID), author, event.Remove, second, arrival.second, digest_of(arrival))

    def touches(self) -> Touched:
        if is_group(self.jid):
            return Touched(jids={self.jid}).people([self.author]).rows(Group, self.jid)
        return Touched().people([Address.of(self.jid)])

    def apply(self, batch: Batch) -> Outcome:
        if is_group(self.jid):
            self._of_group(batch, group_of(batch, self.jid))
        else:
            self._of_person(batch, batch.contact(Address.of(self.jid)))
        return Outcome.HANDLED

    def _of_group(self, batch: Batch, group: Group) -> None:
        if self.heard_at > group.set_at.get(PICTURE, 0):
            batch.put(group, set_at={**group.set_at, PICTURE: self.heard_at})
            if self.removed:
                put(batch, group, self.heard_at, profile_pic_id=None, profile_pic_url=None)
            if self.heard_at >= (group.picture_asked_at or 0):
                batch.put(group, picture_asked_at=None)
        actor = batch.contact(self.author) if self.author else None
        told = "removed" if self.removed else None
        note_change(batch, group, GroupChange.Kind.PICTURE, self.second, self.digest, actor=actor, value=told)

    def _of_person(self, batch: Batch, contact: Contact) -> None:
        if self.heard_at > (contact.profile_pic_changed_at or 0):
            batch.put(contact, profile_pic_changed_at=self.heard_at)
            if self.removed:
                batch.put(contact, profile_pic_id=None, profile_pic_url=None)
            if self.heard_at >= (contact.profile_asked_at or 0):
                batch.put(contact, profile_asked_at=None)


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
        return cls(event["jid"], identifier(event.get("id")), text(event.get("url")), arrival.second)

    def touches(self) -> Touched:
        touched = Touched().rows(Media, self.picture_id or "")
        if is_group(self.jid):
            touched.jids.add(self.jid)
            return touched.rows(Group, self.jid)
        return touched.people([Address.of(self.jid)])

    def apply(self, batch: Batch) -> Outcome:
        if is_group(self.jid):
            group = group_of(batch, self.jid)
            put(batch, group, self.second, profile_pic_id=self.picture_id, profile_pic_url=self.url)
            if self.second > max(group.picture_asked_at or 0, group.set_at.get(PICTURE, 0)):
                batch.put(group, picture_asked_at=self.second)
            self._keep(batch, group=group)
        else:
            contact = batch.contact(Address.of(self.jid))
            if self.second >= (contact.profile_pic_changed_at or 0):
                if contact.profile_pic_id != self.picture_id:
                    batch.put(contact, profile_pic_changed_at=self.second)
                batch.put(contact, profile_pic_id=self.picture_id, profile_pic_url=self.url)
            self._keep(batch, contact=contact)
        return Outcome.HANDLED

    def _keep(self, batch: Batch, **owner: Contact | Group) -> None:
        """Every picture that somebody has had is kept, once; where it could not be fetched, it is tried at
        its new address."""
        if self.picture_id and self.url:
            picture = Media(
                account=batch.account,
                kind="profile_picture",
                picture_id=self.picture_id,
                url=self.url,
                created_at=batch.now,
                **owner,
            )
            known = batch.row(picture)
            if known is picture:
                batch.add_media(picture)
            elif known.download_status == Media.Status.FAILED and known.url != self.url:
                fresh = {"is_gone": None, "attempts": 0, "next_attempt_at": 0}
                batch.put(
                    known, url=self.url, download_status=Media.Status.PENDING, download_error=None, **fresh
                )


@handles(codes.IDENTITY_CHANGE, neonize_pb2.IdentityChange)
@dataclass(slots=True)
class IdentityChanged:
    """Somebody's security code is another: they have a new phone, or installed WhatsApp anew."""

    person: Address
    second: int

    @classmethod
    def parse(cls, event: neonize_pb2.IdentityChange, arrival: Arrival) -> "IdentityChanged":
        return cls(Address.of_jids(event.JID), arrival.time_of(event.Timestamp))

    def touches(self) -> Touched:
        return Touched().people([self.person])

    def apply(self, batch: Batch) -> Outcome:
        contact = batch.contact(self.person)
        if self.second > (contact.identity_changed_at or 0):
            batch.put(contact, identity_changed_at=self.second)
            batch.log(events.IDENTITY_CHANGE, {"id": contact.jid, "timestamp": self.second})
        return Outcome.HANDLED
