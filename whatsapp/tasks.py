"""Upkeep by the clock, in the worker process."""

from django.conf import settings
from django.core.management import call_command
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from whatsapp import upkeep


@db_periodic_task(crontab(minute="*"))
def every_minute() -> None:
    upkeep.end_silent_calls()
    upkeep.end_mutes()


@db_periodic_task(crontab(minute="7"))
def hourly() -> None:
    upkeep.remove_drafts()
    upkeep.forget_old_questions()
    call_command("clearsessions")
    if settings.PRESENCE_RETENTION_DAYS:
        upkeep.forget_old_presence(settings.PRESENCE_RETENTION_DAYS)
    upkeep.optimize_database()
