"""What has become of a group, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.data.faces import Face, faces
from dashboard.data.groups.groups import timer_in_words
from whatsapp.jids import is_group
from whatsapp.models import Account, GroupChange

Kind = GroupChange.Kind

# What an actor did, before (and AFTER) the name of whom or what. Switches have words for on and for off.
WORDS: dict[str, str] = {
    Kind.CREATE: "created the group",
    Kind.ADD: "added",
    Kind.REMOVE: "removed",
    Kind.JOIN: "joined",
    Kind.LEAVE: "left",
    Kind.PROMOTE: "made",
    Kind.DEMOTE: "took the admin's rights from",
    Kind.SUBJECT: "named the group",
    Kind.DESCRIPTION: "described the group",
    Kind.PICTURE: "changed the picture",
    Kind.INVITE: "reset the invite link",
    Kind.LINK: "linked the group with",
    Kind.UNLINK: "parted the group from",
    Kind.DELETE: "deleted the group",
    Kind.OTHER: "changed the group",
}
SWITCHES: dict[str, tuple[str, str]] = {
    Kind.ANNOUNCE: ("let only admins write", "let everybody write"),
    Kind.RESTRICT: (
        "let only admins change name, picture and description",
        "let everybody change name, picture and description",
    ),
    Kind.APPROVAL: ("let admins approve who joins", "let people join without approval"),
}
AFTER: dict[str, str] = {Kind.PROMOTE: "an admin"}
ICONS: dict[str, str] = {
    Kind.ADD: "plus",
    Kind.JOIN: "plus",
    Kind.REMOVE: "leave",
    Kind.LEAVE: "leave",
    Kind.PROMOTE: "star",
    Kind.DEMOTE: "star",
    Kind.SUBJECT: "edit",
    Kind.DESCRIPTION: "edit",
    Kind.PICTURE: "image",
    Kind.EPHEMERAL: "clock",
    Kind.INVITE: "link",
    Kind.LINK: "link",
    Kind.UNLINK: "link",
    Kind.DELETE: "trash",
}
QUOTED = (Kind.SUBJECT, Kind.DESCRIPTION, Kind.OTHER, Kind.DELETE)
ALONE = (Kind.JOIN, Kind.LEAVE, Kind.CREATE)  # nobody does these to another


@dataclass(frozen=True, slots=True)
class Told:
    """`actor` did `words` to `whom`; `quote` is what somebody wrote."""

    change: GroupChange
    actor: Face | None
    words: str
    whom: Face | None
    quote: str
    is_by_us: bool
    is_to_us: bool

    @property
    def icon(self) -> str:
        return ICONS.get(self.change.kind, "sliders")

    @property
    def after(self) -> str:
        return AFTER.get(self.change.kind, "")

    @property
    def line(self) -> str:
        """All of it in one line."""
        actor = "You" if self.is_by_us else self.actor.name if self.actor is not None else "Somebody"
        whom = "you" if self.is_to_us else self.whom.name if self.whom is not None else ""
        quote = f"“{self.quote}”" if self.change.kind == Kind.SUBJECT and self.quote else ""
        return " ".join(part for part in (actor, self.words, whom, self.after, quote) if part)


def told(account: Account, changes: Sequence[GroupChange]) -> list[Told]:
    """The changes in words; `actor` and `contact` must be loaded."""
    known = faces(account, [jid for change in changes for jid in jids_of(change)])
    us = {jid for jid in (account.jid, account.lid) if jid}
    return [one_told(change, known, us) for change in changes]


def jids_of(change: GroupChange) -> Iterable[str | None]:
    yield change.actor.jid if change.actor is not None else None
    yield change.contact.jid if change.contact is not None else None
    yield other_group(change)


def other_group(change: GroupChange) -> str | None:
    """The JID of the group that this one was linked with or parted from."""
    is_link = change.kind in (Kind.LINK, Kind.UNLINK)
    return change.value if is_link and change.value and is_group(change.value) else None


def one_told(change: GroupChange, known: dict[str, Face], us: set[str]) -> Told:
    actor, contact, other = (known.get(jid or "") for jid in jids_of(change))
    if change.kind in ALONE:
        actor, contact = (actor or contact, None) if change.kind == Kind.CREATE else (contact or actor, None)
    return Told(
        change,
        actor,
        words_of(change),
        contact or other,
        (change.value or "") if change.kind in QUOTED else "",
        is_by_us=actor is not None and actor.jid in us,
        is_to_us=contact is not None and contact.jid in us,
    )


def words_of(change: GroupChange) -> str:
    if change.kind in SWITCHES:
        on, off = SWITCHES[change.kind]
        return on if change.value == "on" else off
    if change.kind == Kind.EPHEMERAL:
        seconds = int(change.value) if change.value and change.value.isdecimal() else 0
        if not seconds:
            return "turned off disappearing messages"
        return f"let messages disappear after {timer_in_words(seconds)}"
    if change.kind == Kind.DESCRIPTION and not change.value:
        return "removed the description"
    if change.kind == Kind.PICTURE and change.value == "removed":
        return "removed the picture"
    return WORDS[change.kind]
