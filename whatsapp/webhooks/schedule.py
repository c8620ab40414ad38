"""When what has failed is tried again, and when a webhook is paused."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Seconds before the second attempt, the third, …: a day in all. Twice as long each time, so that a receiver
# which is well again has waited no longer than it was not.
DELAYS = (*(5 << number for number in range(13)), 21_600, 21_600)
JITTER = 0.2  # of a delay, at most, so that not all receivers are asked at the same moment
MOST_ATTEMPTS = len(DELAYS) + 1

STUBBORN = 3  # attempts that one delivery fails before a later one is tried beside it
PAUSE_SECONDS = 24 * 3600  # a receiver that fails for so long is left alone

LONGEST_RETRY_AFTER = 3600  # seconds; whoever asks for more is asked again then


def delay(failures: int, retry_after: float | None = None) -> float:
    """How many seconds to wait after so many failures in a row (1 or more), or as the receiver asks for."""
    planned = DELAYS[min(failures, len(DELAYS)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # nosec B311  # jitter is no secret
    return max(planned, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def seconds_in(retry_after: str | None, now: datetime) -> float | None:
    """What a Retry-After header says, as a number of seconds or a date; None when it says nothing."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
