"""Groups: the list, one of them, and who is in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator

from dashboard.data.faces import Face, face_of, faces, faces_of_groups, pictures_of
from whatsapp.jids import InvalidJid, is_group, parse_jid
from whatsapp.models import Account, Chat, Connection, Contact, Group, GroupParticipant

Role = GroupParticipant.Role

RANKS = (Role.SUPERADMIN, Role.ADMIN, Role.MEMBER)
ADMINS = (Role.ADMIN, Role.SUPERADMIN)
ROLE_WORDS = {Role.SUPERADMIN: "Owner", Role.ADMIN: "Admin", Role.MEMBER: "Member"}
PEOPLE_ON_A_PAGE = 50
HOUR, DAY = 3600, 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    """A group in the list. `role` is ours in words; None where we are not in it."""

    group: Group
    face: Face
    role: str | None


def found(account: Account, text: str) -> Any:
    """The account's groups, by name; those whose name or JID contain each word of `text`."""
    groups: Any = Group.objects.filter(account=account)
    return groups.found_by(text).by_name()


def rows_of(account: Account, groups: Iterable[Group]) -> list[Row]:
    groups = list(groups)
    known = faces_of_groups(account, {group.jid for group in groups})
    roles = our_roles(account, groups)
    return [
        Row(group, known[group.jid], role_in_words(roles.get(group.pk)) if group.is_member else None)
        for group in groups
    ]


def our_roles(account: Account, groups: list[Group]) -> dict[int, str]:
    """Key of a group → our role in it, of those that we are in."""
    us = list(Contact.objects.owners_of(account).values_list("pk", flat=True))
    seats = GroupParticipant.objects.filter(group__in=groups, contact__in=us, is_present=True)
    return dict(seats.values_list("group", "role"))


def role_in_words(role: str | None) -> str:
    return ROLE_WORDS[Role(role)] if role else "Member"


def group_at(account: Account, address: str) -> Group | None:
    """The group with that JID; None when the hub knows none."""
    try:
        jid = parse_jid(address)
    except InvalidJid:
        return None
    if not is_group(jid):
        return None
    groups: Any = Group.objects.filter(account=account)
    group: Group | None = groups.addressed(jid).select_related("owner").first()
    return group


@dataclass(frozen=True, slots=True)
class Rights:
    """What WhatsApp lets us do in a group."""

    is_member: bool
    is_admin: bool
    is_restricted: bool  # whether only admins may change name and description
    is_deleted: bool

    @property
    def may_manage(self) -> bool:
        """Whether we may add, remove, promote, demote, and invite by link."""
        return self.is_member and self.is_admin and not self.is_deleted

    @property
    def may_describe(self) -> bool:
        """Whether we may change name and description."""
        return self.is_member and not self.is_deleted and (self.is_admin or not self.is_restricted)

    @property
    def why_not(self) -> str:
        """Why something is not offered; nothing when everything is."""
        if self.is_deleted:
            return "This group is no more: nothing in it can be changed."
        if not self.is_member:
            return "You are not in this group any more: nothing in it can be changed."
        if self.may_manage:
            return ""
        if self.is_restricted:
            return "You are not an admin of this group: only admins can change anything here."
        return (
            "You are not an admin of this group: you can change its name and description. Only admins can "
            "add, remove, promote and demote people, and invite by link."
        )


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody in the group."""

    contact: Contact
    face: Face
    role: str
    added_at: int | None
    is_me: bool

    @property
    def title(self) -> str:
        return ROLE_WORDS[Role(self.role)]

    @property
    def is_admin(self) -> bool:
        return self.role in ADMINS

    @property
    def is_changeable(self) -> bool:
        """Whether an admin may remove, promote or demote them: not the owner, and not ourselves."""
        return not self.is_me and self.role != Role.SUPERADMIN


class GroupPage:
    """The page of one group; each part asks the database only when it is shown."""

    def __init__(self, account: Account, group: Group, text: str = "", number: str = "1") -> None:
        self.account, self.group = account, group
        self.text, self.number = text, number

    @cached_property
    def face(self) -> Face:
        return self.faces[self.group.jid]

    @cached_property
    def faces(self) -> dict[str, Face]:
        """Of the group, its owner and its community."""
        return faces(self.account, [self.group.jid, self.owner_jid, self.group.parent_jid])

    @property
    def owner_jid(self) -> str | None:
        return self.group.owner.jid if self.group.owner is not None else None

    @property
    def owner(self) -> Face | None:
        return self.faces[self.owner_jid] if self.owner_jid else None

    @property
    def parent(self) -> Face | None:
        return self.faces[self.group.parent_jid] if self.group.parent_jid else None

    @cached_property
    def us(self) -> set[int]:
        return set(Contact.objects.owners_of(self.account).values_list("pk", flat=True))

    @cached_property
    def rights(self) -> Rights:
        return rights_of(self.account, self.group)

    @property
    def is_connected(self) -> bool:
        return self.account.connection.status == Connection.Status.CONNECTED

    @cached_property
    def has_chat(self) -> bool:
        return Chat.objects.filter(account=self.account, jid=self.group.jid).exists()

    @property
    def timer(self) -> str:
        return timer_in_words(self.group.ephemeral_duration)

    @cached_property
    def people(self) -> Page[Any]:
        """A page of who is in the group: owners, admins, then the others, by name. A group has 1024 people at
        the most, a community some more; all of them are read to be ordered, as few columns as that takes."""
        seats: Any = GroupParticipant.objects.filter(group=self.group, is_present=True)
        if self.text:
            people: Any = Contact.objects.filter(account=self.account)
            seats = seats.filter(contact__in=people.found_by(self.text))
        columns = [f"contact__{name}" for name in ("jid", *Contact.NAMES)]
        rows = sorted(seats.values_list("role", "pk", *columns), key=place_of)
        return Paginator([row[1] for row in rows], PEOPLE_ON_A_PAGE).get_page(self.number)

    @cached_property
    def seats(self) -> list[Seat]:
        """The people of the page, with their faces."""
        keys = list(self.people)
        rows = GroupParticipant.objects.filter(pk__in=keys).select_related("contact")
        pictures = pictures_of("contact", [row.contact_id for row in rows])
        made = {
            row.pk: Seat(
                row.contact,
                face_of(row.contact, pictures.get(row.contact_id)),
                row.role,
                row.added_at,
                row.contact_id in self.us,
            )
            for row in rows
        }
        return [made[key] for key in keys if key in made]


def place_of(row: tuple[Any, ...]) -> tuple[int, str]:
    """Where a participant stands, of (role, key, JID, names …)."""
    role, _, jid, *names = row
    return RANKS.index(role), next((name for name in names if name), jid).casefold()


def rights_of(account: Account, group: Group) -> Rights:
    role = our_roles(account, [group]).get(group.pk)
    return Rights(group.is_member, role in ADMINS, group.is_restrict, group.is_deleted)


def timer_in_words(seconds: int | None) -> str:
    """`7 days`, `24 hours`; nothing where messages stay."""
    if not seconds:
        return ""
    if seconds % DAY == 0 and seconds > DAY:
        return f"{seconds // DAY} days"
    if seconds % HOUR == 0:
        hours = seconds // HOUR
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{seconds} seconds"
