"""Upkeep by the clock, in the worker process."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from whatsapp import upkeep


@db_periodic_task(crontab(minute="7"))
def hourly() -> None:
    upkeep.remove_drafts()
    upkeep.optimize_database()
