"""The queue of acts as it is shown: what was asked for, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from dashboard.data.actions.kinds import BY_KIND, icon_of, title_of
from dashboard.data.choosing import jid_meant
from dashboard.data.faces import Face, faces
from whatsapp import actions, preferences
from whatsapp.models import Account, Action

Status = Action.Status
TONES: dict[str, str] = {
    Status.QUEUED: "info",
    Status.SENDING: "info",
    Status.FAILED: "bad",
    Status.CANCELLED: "",
}
# What of a payload says in a line what an act is about; the first that is there.
TELLING = (
    "text",
    "caption",
    "name",
    "subject",
    "description",
    "status",
    "emoji",
    "type",
    "action",
    "message_id",
)
LONGEST_SUMMARY = 120
WAITING_SHOWN = 100  # of the acts that wait, more than these are not counted


@dataclass(frozen=True, slots=True)
class Row:
    """An act. `face` is whom it is about."""

    action: Action
    face: Face | None

    @property
    def title(self) -> str:
        return title_of(self.action.kind)

    @property
    def icon(self) -> str:
        return icon_of(self.action.kind)

    @property
    def tone(self) -> str:
        """The badge of its status."""
        status: str = self.action.status
        return TONES.get(status, "good")

    @property
    def summary(self) -> str:
        payload = self.action.payload
        found = next((str(payload[name]) for name in TELLING if payload.get(name)), "")
        name = file_of(payload).get("filename") or ""
        text = " · ".join(filter(None, [str(payload.get("filename") or name), found]))
        return text if len(text) <= LONGEST_SUMMARY else text[:LONGEST_SUMMARY] + " …"

    @property
    def is_queued(self) -> bool:
        return bool(self.action.status == Status.QUEUED)

    @property
    def is_waiting(self) -> bool:
        return self.action.status in actions.UNFINISHED

    @property
    def has_failed(self) -> bool:
        return bool(self.action.status == Status.FAILED)

    @property
    def conversation(self) -> str:
        """Where the message is that was sent; empty when there is none."""
        message, key = self.action.message_id, (self.action.result or {}).get("key") or {}
        chat = key.get("remoteJid") or self.action.jid
        return f"/messages/{chat}?message={message}" if message and chat else ""

    @property
    def form(self) -> str:
        """The slug of the form that asks for such an act; empty when there is none."""
        form = BY_KIND.get(self.action.kind)
        return form.slug if form else ""

    @property
    def file(self) -> dict[str, Any]:
        return file_of(self.action.payload)

    @property
    def payload(self) -> dict[str, Any]:
        """What was asked for, but the file, which is no text."""
        return {name: value for name, value in self.action.payload.items() if name != "file"}


def file_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    file = payload.get("file")
    return file if isinstance(file, dict) else {}


def rows_of(account: Account, found: Iterable[Action]) -> list[Row]:
    acts = list(found)
    known = faces(account, (act.jid for act in acts))
    return [Row(act, known.get(act.jid or "")) for act in acts]


# Filters


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as it was typed; what can't be read narrows nothing."""

    kind: str = ""
    status: str = ""
    jid: str = ""
    shown: str = ""  # the name of whoever `jid` is
    day: str = ""

    @classmethod
    def of(cls, account: Account, typed: Mapping[str, str]) -> "Filters":
        text = typed.get("jid", "").strip()
        jid = jid_meant(account, text, ("chats", "contacts", "groups")) or ""
        shown = faces(account, [jid])[jid].name if jid else text
        kind, status = typed.get("kind", ""), typed.get("status", "")
        return cls(
            kind=kind,
            status=status if status in Status.values else "",
            jid=jid,
            shown=shown,
            day=typed.get("day", "") if day_in(typed.get("day", "")) else "",
        )

    @property
    def are_set(self) -> bool:
        return any((self.kind, self.status, self.jid, self.day))

    def acts(self, account: Account) -> QuerySet[Any]:
        """The account's acts that these leave, the newest first."""
        return Action.objects.asked_for(
            account, kind=self.kind, status=self.status, jid=self.jid, day=day_in(self.day)
        )


def day_in(text: str) -> tuple[datetime, datetime] | None:
    """From when until when that day is, in the reader's time zone; None for what is no day."""
    try:
        day = parse_date(text.strip())
    except ValueError:
        return None
    if day is None:
        return None
    start = timezone.make_aware(datetime(day.year, day.month, day.day))
    following = day + timedelta(days=1)
    return start, timezone.make_aware(datetime(following.year, following.month, following.day))


def kinds() -> list[tuple[str, str]]:
    """(kind, title) of what can be asked for."""
    asked = [*BY_KIND, *actions.CONNECTION_KINDS]
    return [(kind, title_of(kind)) for kind in asked]


def pace() -> str:
    """How fast messages go out now, in a sentence."""
    rate, jitter = preferences.get("sendRatePerMinute"), preferences.get("sendJitterSeconds")
    if not rate:
        return "Messages go out at once, without a limit."
    late = f", each up to {jitter:g} s late by chance" if jitter else ""
    return f"After a few at once, {rate} messages a minute go out{late}. Everything else goes at once."


def waiting(account: Account) -> int:
    """How many acts wait or are under way; WAITING_SHOWN at the most."""
    return int(Action.objects.waiting(account)[:WAITING_SHOWN].count())
