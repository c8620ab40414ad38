"""What happens in a chat beside its messages: calls, and what people do to a group."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils import timezone

from dashboard.data.groups.history import told
from dashboard.data.messages.words import call_line
from dashboard.templatetags.dashboard import length_of_time
from whatsapp.models import Account, Call, Chat, Group, GroupChange
from whatsapp.models.message import KEY_BITS

MOST = 50  # of each kind that a window shows


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
    changes = rows.select_related("actor", "contact").order_by("-timestamp", "-id")[:MOST]
    return [
        Aside(f"change-{one.change.pk}", one.change.timestamp, one.line)
        for one in told(account, list(changes))
    ]
