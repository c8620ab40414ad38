"""What a form narrows a list by: somebody, and days. What can't be read is told as an error of its field."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from dashboard.data.choosing import jid_meant
from whatsapp.models import Account
from whatsapp.models.message import KEY_BITS

LAST_KEY = 2**62  # beyond each


@dataclass
class Narrowed(ABC):
    """What a form asks for. `values` are the parameters as they were typed; `errors` parameter → sentence."""

    account: Account
    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, account: Account, query: QueryDict) -> Self:
        asked = cls(account, filled(query))
        asked.read()
        return asked

    @abstractmethod
    def read(self) -> None:
        """Makes sense of the parameters, once."""


def filled(query: QueryDict) -> dict[str, str]:
    """The parameters that have a value, without spaces around it."""
    return {name: text for name, value in query.items() if (text := str(value).strip())}


def without_empty(query: QueryDict) -> Any:
    """A query of the parameters that have a value: what an address is to show of a form."""
    left = query.copy()
    for name, value in query.items():
        if not str(value).strip():
            del left[name]
    return QueryDict(left.urlencode())


def somebody(
    account: Account, values: Mapping[str, str], name: str, kinds: Iterable[str], errors: dict[str, str]
) -> str | None:
    """The JID that the field `name` means; None when it is empty or means nobody."""
    text = values.get(name, "")
    jid = jid_meant(account, text, kinds)
    if text and jid is None:
        errors[name] = f"“{text[:40]}” means nobody, or several. Choose one of the list."
    return jid


def day(values: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    """The day in the field `name`; None when it is empty or no day."""
    text = values.get(name, "")
    try:
        found = parse_date(text)
    except ValueError:  # such as 31 February
        found = None
    if text and found is None:
        errors[name] = f"“{text[:40]}” is not a day: write it as 2026-01-31."
    return found


def first_key(day: date) -> int:
    """The lowest key that something of that day can have, in the reader's time zone."""
    try:
        start = datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
        return max(0, int(start.timestamp())) << KEY_BITS
    except (ValueError, OverflowError):  # the first and the last of all days begin in no time zone's year
        return 0 if day.year < 1970 else LAST_KEY


def key_after(day: date) -> int:
    """The lowest key that something after that day can have."""
    return first_key(day + timedelta(days=1)) if day < date.max else LAST_KEY
