"""Moments, as people write them on the command line."""

from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def parse_since(text: str) -> int:
    """Unix seconds. Raises CommandError."""
    if text.isdecimal():
        return int(text)
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)) is not None:
            moment = datetime(day.year, day.month, day.day)
    except ValueError as error:
        raise CommandError(f"--since is {text!r}: {error}.") from error
    if moment is None:
        raise CommandError(
            f"--since is {text!r}: it must be like 2026-01-31, 2026-01-31T12:00 or Unix seconds."
        )
    aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    return int(aware.timestamp())
