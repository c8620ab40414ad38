"""Turns by the clock. huey's clock runs in each worker, so with several of them each would begin every task;
the database gives a turn to one of them alone."""

import calendar
import logging
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, close_old_connections

from whatsapp.models import PeriodicRun

log = logging.getLogger(__name__)

FORGET_MINUTES = 30 * 24 * 60  # of machines that are no more

IsDue = Callable[[datetime], bool]


def by_one_worker(name: str, is_due: IsDue) -> IsDue:
    """`is_due` for huey's clock, but true in one worker only, and once a minute. The name is the task's."""

    def is_our_turn(moment: datetime) -> bool:
        return is_due(moment) and take_turn(name, calendar.timegm(moment.timetuple()) // 60)

    return is_our_turn


def take_turn(name: str, minute: int) -> bool:
    """False when another worker has the turn of that minute, or a later one; or when the database can't be
    asked: then the next turn is in time."""
    for is_last_try in (False, True):  # the connection may have been lost since the last turn
        try:
            return is_taken(name, minute)
        except DatabaseError as error:
            close_old_connections()
            if is_last_try:
                log.warning("%s is left out, the database can't be asked whose turn it is: %s", name, error)
    return False


def is_taken(name: str, minute: int) -> bool:
    if PeriodicRun.objects.filter(name=name, minute__lt=minute).update(minute=minute):
        return True
    return PeriodicRun.objects.get_or_create(name=name, defaults={"minute": minute})[1]


def forget_old(now: int) -> None:
    """Deletes what was last begun long before `now` (Unix seconds)."""
    PeriodicRun.objects.filter(minute__lt=now // 60 - FORGET_MINUTES).delete()
