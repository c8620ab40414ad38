"""People, groups and chats as they are shown everywhere: a name, and a picture or initials."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers

from whatsapp.jids import (
    STATUS_JID,
    is_broadcast,
    is_group,
    is_lid,
    is_newsletter,
    phone_number,
)
from whatsapp.models import Account, Contact, Group, Media, Newsletter

HUES = 8  # how many colours tell people apart; static/css/tokens.css has them


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody. `picture` is the address of their profile picture, None when the hub has none."""

    jid: str
    name: str
    picture: str | None = None
    is_known: bool = True  # whether anybody has told a name

    @property
    def is_group(self) -> bool:
        return is_group(self.jid)

    @property
    def initials(self) -> str:
        """One or two letters; empty for whoever is but a number."""
        words = [word for word in self.name.split() if word[0].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()

    @property
    def hue(self) -> int:
        """0 to HUES - 1, always the same for the same JID."""
        return zlib.crc32(self.jid.encode()) % HUES


def faces(account: Account, jids: Iterable[str | None]) -> dict[str, Face]:
    """JID → face, of each of `jids`; five queries at the most, however many they are. A person is found by
    phone JID and LID alike."""
    wanted = {jid for jid in jids if jid}
    groups = {jid for jid in wanted if is_group(jid)}
    channels = {jid for jid in wanted if is_newsletter(jid)}
    found = {jid: Face(jid, unnamed(jid), is_known=False) for jid in wanted}
    found |= faces_of_people(account, wanted - groups - channels)
    found |= faces_of_groups(account, groups)
    if channels:
        rows = Newsletter.objects.filter(account=account, jid__in=channels).values_list("jid", "name")
        found |= {jid: Face(jid, name) for jid, name in rows if name}
    return found


def faces_of_people(account: Account, jids: set[str]) -> dict[str, Face]:
    if not jids:
        return {}
    known = Contact.objects.filter(account=account).only("id", "jid", "lid", *Contact.NAMES)
    # As two walks along two indexes: of one with an OR SQLite makes a look at everybody.
    people = list(known.filter(jid__in=jids).union(known.filter(lid__in=jids), all=True))
    pictures = pictures_of("contact", [person.pk for person in people])
    found: dict[str, Face] = {}
    for person in people:
        face = face_of(person, pictures.get(person.pk))
        found |= {jid: face for jid in (person.jid, person.lid) if jid in jids}
    return found


def face_of(person: Contact, picture: str | None = None) -> Face:
    name = person.display_name
    return Face(person.jid, name or unnamed(person.jid), picture, is_known=name is not None)


def faces_of_groups(account: Account, jids: set[str]) -> dict[str, Face]:
    if not jids:
        return {}
    rows = list(Group.objects.filter(account=account, jid__in=jids).values_list("pk", "jid", "name"))
    pictures = pictures_of("group", [key for key, _, _ in rows])
    return {
        jid: Face(jid, name or unnamed(jid), pictures.get(key), is_known=bool(name))
        for key, jid, name in rows
    }


def pictures_of(owner: str, keys: list[int]) -> dict[int, str]:
    """Key of a contact or group (`owner`) → the address of their newest stored profile picture."""
    if not keys:
        return {}
    # What is stored is told apart here: SQLite would take the index of all that is.
    rows = Media.objects.filter(**{f"{owner}__in": keys}).values_list(owner, "pk", "download_status")
    stored = sorted((media, key) for key, media, status in rows if status == Media.Status.DOWNLOADED)
    return {key: file_address(media) for media, key in stored}


def file_address(media_id: int) -> str:
    """Where a stored file is."""
    return f"/api/media/{media_id}/download"


def unnamed(jid: str) -> str:
    """What to call whom nobody has named."""
    number = phone_number(jid)
    if number is not None:
        return spaced(number)
    if jid == STATUS_JID:
        return "Stories"
    if is_group(jid):
        return "Unnamed group"
    if is_newsletter(jid):
        return "Unnamed channel"
    if is_broadcast(jid):
        return "Broadcast list"
    return f"Hidden number {jid.partition('@')[0][-4:]}" if is_lid(jid) else jid


def spaced(digits: str) -> str:
    """A phone number as it is written internationally: `+1 202-555-0161`."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "+" + digits
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
