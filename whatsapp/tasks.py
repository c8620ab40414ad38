"""Upkeep by the clock, in the worker process."""

from django.core.management import call_command
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_startup

from whatsapp import preferences, upkeep
from whatsapp.models import Account
from whatsapp.webhooks import tasks as webhook_tasks

__all__ = [
    "every_minute",
    "follow_settings",
    "hourly",
    "webhook_tasks",
]  # huey finds all tasks by this module


@on_startup()
def follow_settings() -> None:
    preferences.follow()


@db_periodic_task(crontab(minute="*"))
def every_minute() -> None:
    upkeep.end_silent_calls()
    upkeep.end_mutes()


@db_periodic_task(crontab(minute="7"))
def hourly() -> None:
    upkeep.remove_drafts()
    upkeep.remove_unsent()
    upkeep.forget_old_questions()
    call_command("clearsessions")
    if days := preferences.get("presenceRetentionDays"):
        upkeep.forget_old_presence(days)
    if days := preferences.get("eventRetentionDays"):
        for account in Account.objects.all():
            upkeep.forget_old_events(account, days)
    upkeep.optimize_database()
