"""Keys for programs, as they are listed and made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from api.access import Scope
from api.resources.keys import KeyBody, NewKeyBody
from dashboard.acting import errors_of
from dashboard.data.actions.fields import Field, Typed
from dashboard.data.faces import Face, faces
from whatsapp import api_keys
from whatsapp.models import Account, ApiKey

SCOPES = {
    Scope.READ: "Looks at what is stored: messages, people, files, events.",
    Scope.SEND: "Speaks on WhatsApp: sends, reacts, edits, marks as read.",
    Scope.MANAGE: "Is for groups, the connection, webhooks, settings and keys.",
}
FACES_SHOWN = 4  # of the chats that a key is for

CHATS = Field("chats", "Only these chats", "people", only="chats,contacts,groups")
DAYS = Field("expires_in_days", "Ends after days", "whole")


@dataclass(frozen=True, slots=True)
class Row:
    """A key. `accounts` are the names of those that it is for; `chats` the first few; `more` is how many
    there are besides."""

    key: ApiKey
    accounts: list[str]
    chats: list[Face]
    more: int
    now: datetime

    @property
    def status(self) -> str:
        if self.key.revoked_at is not None:
            return "revoked"
        return "good" if self.key.is_good(self.now) else "expired"

    @property
    def tone(self) -> str:
        return {"good": "good", "expired": "warn"}.get(self.status, "")

    @property
    def is_limited(self) -> bool:
        return self.key.chats is not None

    @property
    def has_accounts(self) -> bool:
        """Whether it is for certain accounts alone."""
        return self.key.accounts is not None


def all_keys() -> QuerySet[Any]:
    """All of them, the newest first."""
    return ApiKey.objects.order_by("-id")


def rows_of(account: Account, keys: Iterable[ApiKey]) -> list[Row]:
    found = list(keys)
    shown = {key.pk: (key.chats or [])[:FACES_SHOWN] for key in found}
    known = faces(account, (jid for jids in shown.values() for jid in jids))
    now = timezone.now()
    names = {one.pk: one.name for one in Account.objects.by_name().values()}
    return [
        Row(
            key,
            sorted(names[number] for number in key.accounts or () if number in names),
            [known[jid] for jid in shown[key.pk]],
            max(0, len(key.chats or []) - FACES_SHOWN),
            now,
        )
        for key in found
    ]


def account_names() -> list[str]:
    return list(Account.objects.kept().order_by("name").values_list("name", flat=True))


def make(
    typed: Typed, scopes: list[str], accounts: Iterable[str] = ()
) -> tuple[ApiKey | None, str, dict[str, list[str]]]:
    """Makes the key that the form asks for: its row, the key itself, and no errors; or none, and why. No
    `accounts` (their names): it is for all."""
    data: dict[str, Any] = {"name": typed.get("name", ""), "scopes": scopes}
    names = list(accounts)
    numbers = {one.name: one.pk for one in Account.objects.kept()}
    if unknown := [name for name in names if name not in numbers]:
        return None, "", {"accounts": [f"There is no account {unknown[0]!r} any more."]}
    chats, days = CHATS.value(typed), DAYS.value(typed)
    data |= {"chats": chats} if chats else {}
    data |= {"expires_in_days": days} if days is not None else {}
    body = NewKeyBody(data=data)
    if not body.is_valid():
        return None, "", errors_of(body.errors)
    wanted = body.validated_data
    row, key = api_keys.create(
        wanted["name"],
        wanted["scopes"],
        accounts=[numbers[name] for name in names] or None,
        chats=wanted.get("chats"),
        expires_at=wanted.get("expires_at"),
    )
    return row, key, {}


def edit(row: ApiKey, typed: Typed) -> dict[str, list[str]]:
    """Gives the key the name and end of the form. Returns errors; with any, nothing was changed."""
    end = typed.get("expires_at", "").strip()
    unchanged = row.expires_at is not None and end == local_text(row.expires_at)
    data: dict[str, Any] = {"name": typed.get("name", "")}
    if not unchanged:
        data["expires_at"] = aware_text(end) if end else None
    body = KeyBody(data=data)
    if not body.is_valid():
        return errors_of(body.errors)
    api_keys.edit(
        row,
        name=body.validated_data["name"],
        expires_at=body.validated_data.get("expires_at", row.expires_at),
    )
    return {}


def local_text(moment: datetime | None) -> str:
    """A moment as a field of a browser has it, in the reader's time zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def aware_text(text: str) -> str:
    """The same moment with its time zone; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else timezone.make_aware(moment)).isoformat()


def grouped(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The errors by field: those of one of several values are the field's."""
    found: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        found.setdefault(name.partition(".")[0], []).extend(sentences)
    return found
