"""The event log as a list: each event in words, its type, and how many there are of each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Length

from dashboard.data.events.words import Words, said, words_of
from dashboard.data.faces import faces
from whatsapp.events import TYPES, render
from whatsapp.models import Account, Event

MOST_COUNTED = 1000  # events of each type
MOST_LOOKED_AT = 100_000  # newest events, for those of several types
LONGEST_READ = 20_000  # characters of an event's data that are read for a list
MOST_CHARACTERS = 200_000  # of its JSON on a page
KINDS = {
    "wa.messages": "good",
    "wa.message": "good",
    "connection": "warn",
    "webhook": "bad",
    "media.failed": "bad",
    "wa.call": "info",
    "wa.story": "info",
    "action": "info",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a row. `kind` is the colour of its badge."""

    id: int
    event_type: str
    at: float  # Unix seconds
    text: str
    path: str | None

    @property
    def kind(self) -> str:
        return next((kind for start, kind in KINDS.items() if self.event_type.startswith(start)), "")


def found(account: Account, event_type: str) -> Any:
    """The events of a type, or of all types that begin with it and a dot, newest first; all of them when it
    is empty. Of several types, which no index knows in their order, those among the newest events alone."""
    rows = Event.objects.filter(account=account).order_by("-id")
    if not event_type:
        return rows
    if event_type in TYPES:
        return rows.filter(event_type=event_type)
    newest = Event.objects.newest_id()
    return rows.filter(event_type__startswith=event_type.rstrip(".") + ".", pk__gt=newest - MOST_LOOKED_AT)


def newer(account: Account, event_type: str, after: int, most: int) -> Sequence[Any]:
    """The newest events after that id, `most` of them at the most, newest first."""
    rows: Sequence[Any] = light(found(account, event_type).filter(pk__gt=after))[:most]
    return rows


def light(rows: Any) -> Any:
    """The rows without data that is too long for a line."""
    read = Case(When(size__lte=LONGEST_READ, then=F("payload")), default=Value(""), output_field=TextField())
    return rows.annotate(size=Length("payload"), short=read).defer("payload")


def lines_of(account: Account, rows: Iterable[Any]) -> list[Line]:
    """The rows, which are `light`, in words. Those who stand in them are named together."""
    found = [(event, told(event)) for event in rows]
    names = {
        jid: face.name for jid, face in faces(account, (j for _, words in found for j in words.jids)).items()
    }
    return [
        Line(event.pk, event.event_type, event.logged_at / 1000, words.text(names), words.path)
        for event, words in found
    ]


def told(event: Any) -> Words:
    if not event.short:
        return said(f"{event.event_type}, {event.size:,} characters")
    return words_of(event.event_type, json.loads(event.short))


@dataclass(frozen=True, slots=True)
class TypeCount:
    name: str
    number: int

    @property
    def words(self) -> str:
        return f"{MOST_COUNTED:,}+" if self.number >= MOST_COUNTED else f"{self.number:,}"


def types_of(account: Account) -> list[TypeCount]:
    """The types that the log has, with how many events there are of each, counted up to a bound."""
    is_alone = not Account.objects.exclude(pk=account.pk).exists()
    numbers = Event.objects.numbers_of_types(TYPES, MOST_COUNTED, None if is_alone else account.pk)
    return [TypeCount(name, numbers[name]) for name in TYPES if numbers.get(name)]


# One of them


@dataclass(frozen=True, slots=True)
class Detail:
    line: Line
    json: str
    is_cut: bool
    older: int | None
    newer: int | None


def json_of(account: Account, event: Event) -> tuple[str, bool]:
    """The envelope as programs get it, and whether it is cut because it is too long for a page."""
    event.account = account
    text = json.dumps(render([event])[0], indent=2, ensure_ascii=False)
    # JSON can hold halves of characters, which no page can be made of.
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode(), len(text) > MOST_CHARACTERS


def detail_of(account: Account, event_id: int) -> Detail | None:
    own = Event.objects.filter(account=account)
    event = own.filter(pk=event_id).first()
    if event is None:
        return None
    line = lines_of(account, light(own.filter(pk=event_id)))[0]
    text, is_cut = json_of(account, event)
    keys = own.values_list("pk", flat=True)
    return Detail(
        line,
        text,
        is_cut,
        keys.filter(pk__lt=event_id).order_by("-pk").first(),
        keys.filter(pk__gt=event_id).order_by("pk").first(),
    )
