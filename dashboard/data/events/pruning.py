"""The form that deletes old events, and what it would delete."""

import time

from whatsapp.models import Account, Event
from whatsapp.upkeep import DAY, MOST_DAYS

MOST_COUNTED = 10_000
DEFAULT_DAYS = 30
WRONG = f"It must be a whole number of days from 1 to {MOST_DAYS:,}."


def days_in(text: str) -> int | None:
    """The number of days that was typed; None for what is none."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        return None
    return int(text) if 1 <= int(text) <= MOST_DAYS else None


def number_before(account: Account, days: int) -> int:
    """How many events are older than that, counted up to a bound."""
    old = Event.objects.filter(account=account).logged_before(int((time.time() - days * DAY) * 1000))
    number: int = old[: MOST_COUNTED + 1].count()
    return number


def number_words(number: int) -> str:
    if not number:
        return "No event is so old."
    if number > MOST_COUNTED:
        return f"More than {MOST_COUNTED:,} events are so old."
    return f"{number:,} event{' is' if number == 1 else 's are'} so old."
