"""What happens in a chat beside its messages: calls, and what people do to a group."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from dashboard.data.faces import Face, faces
from dashboard.data.messages.words import call_line
from dashboard.templatetags.dashboard import length_of_time
from whatsapp.models import Account, Call, Chat, Group, GroupChange
from whatsapp.models.message import KEY_BITS

MOST = 50  # of each kind that a window shows
Kind = GroupChange.Kind


@dataclass(frozen=True, slots=True)
class Aside:
    """A line in the middle of a conversation."""

    id: str
    timestamp: int
    text: str
    icon: str = ""
    is_bad: bool = False

    @property
    def key(self) -> int:
        """Its place among the messages of its time."""
        return self.timestamp << KEY_BITS

    @property
    def is_line(self) -> bool:
        return True

    @property
    def moment(self) -> datetime:
        return timezone.localtime(datetime.fromtimestamp(self.timestamp, UTC))

    @property
    def day(self) -> date:
        return self.moment.date()


def asides_between(account: Account, chat: Chat, first: int, last: int | None) -> list[Aside]:
    """What happened from second `first` to `last` (None: till now), both with them; the newest that fit."""
    found = calls_between(chat, first, last)
    return found + changes_between(account, chat, first, last) if chat.is_group else found


def calls_between(chat: Chat, first: int, last: int | None) -> list[Aside]:
    rows = Call.objects.filter(chat=chat.pk, started_at__gte=first)
    if last is not None:
        rows = rows.filter(started_at__lte=last)
    values = ("pk", "started_at", "is_video", "from_me", "status", "duration")
    return [
        Aside(
            f"call-{pk}",
            started,
            call_line(
                is_video=is_video,
                from_me=from_me,
                outcome=status,
                length=length_of_time(duration) if duration else "",
            ),
            "video" if is_video else "phone",
            status == Call.Status.MISSED and not from_me,
        )
        for pk, started, is_video, from_me, status, duration in rows.newest_first().values_list(*values)[
            :MOST
        ]
    ]


def changes_between(account: Account, chat: Chat, first: int, last: int | None) -> list[Aside]:
    group = Group.objects.filter(account=account, jid=chat.jid).values_list("pk", flat=True).first()
    if group is None:
        return []
    rows = GroupChange.objects.filter(group=group, timestamp__gte=first)
    if last is not None:
        rows = rows.filter(timestamp__lte=last)
    values = ("pk", "timestamp", "kind", "value", "actor__jid", "contact__jid")
    found = list(rows.order_by("-timestamp", "-id").values_list(*values)[:MOST])
    known = faces(account, [jid for row in found for jid in row[4:]])
    own = {account.jid, account.lid} - {None}
    return [
        Aside(f"change-{pk}", moment, change_line(kind, value, Names(known, own, actor, contact)))
        for pk, moment, kind, value, actor, contact in found
    ]


@dataclass(frozen=True, slots=True)
class Names:
    """Who did something to a group, and to whom."""

    known: Mapping[str, Face]
    own: set[Any]
    actor_jid: str | None
    contact_jid: str | None

    @property
    def actor(self) -> str:
        if self.actor_jid is None:
            return "Somebody"
        return "You" if self.actor_jid in self.own else self.known[self.actor_jid].name

    @property
    def contact(self) -> str:
        if self.contact_jid is None:
            return "somebody"
        return "you" if self.contact_jid in self.own else self.known[self.contact_jid].name

    @property
    def who(self) -> str:
        """The one who came or went without anybody's doing."""
        return (
            self.contact[:1].upper() + self.contact[1:]
            if self.contact in ("you", "somebody")
            else self.contact
        )


# A kind of change → what the line says of it.
LINES: dict[str, Callable[[Names, str], str]] = {
    Kind.CREATE: lambda names, value: f"{names.actor} created the group",
    Kind.ADD: lambda names, value: f"{names.actor} added {names.contact}",
    Kind.REMOVE: lambda names, value: f"{names.actor} removed {names.contact}",
    Kind.JOIN: lambda names, value: f"{names.who} joined",
    Kind.LEAVE: lambda names, value: f"{names.who} left",
    Kind.PROMOTE: lambda names, value: f"{names.actor} made {names.contact} an admin",
    Kind.DEMOTE: lambda names, value: f"{names.actor} took the admin's rights from {names.contact}",
    Kind.SUBJECT: lambda names, value: f"{names.actor} named the group “{value}”",
    Kind.DESCRIPTION: lambda names, value: f"{names.actor} changed the description",
    Kind.PICTURE: lambda names, value: f"{names.actor} changed the picture",
    Kind.ANNOUNCE: lambda names, value: (
        f"{names.actor} let {'only admins' if value == 'on' else 'everybody'} write"
    ),
    Kind.RESTRICT: lambda names, value: (
        f"{names.actor} let {'only admins' if value == 'on' else 'everybody'} change the group"
    ),
    Kind.EPHEMERAL: lambda names, value: f"{names.actor} set disappearing messages: {value}",
    Kind.APPROVAL: lambda names, value: f"{names.actor} set approval of who joins: {value}",
    Kind.INVITE: lambda names, value: f"{names.actor} made a new invite link",
    Kind.DELETE: lambda names, value: f"{names.actor} deleted the group",
}


def change_line(kind: str, value: str | None, names: Names) -> str:
    line = LINES.get(kind)
    return line(names, value or "") if line else f"{names.actor} changed the group: {kind}"
