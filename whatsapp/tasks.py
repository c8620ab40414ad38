"""Upkeep by the clock, in one of all workers. Each of it is a function of `whatsapp.upkeep` or
`whatsapp.orphans`; for some there is a command, too."""

import logging
import time

from django.core.management import call_command
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_startup

from whatsapp import accounts, forgetting, orphans, periodic, preferences, upkeep
from whatsapp.periodic import by_one_worker
from whatsapp.webhooks import tasks as webhook_tasks  # noqa: F401  (huey finds all tasks by this module)

log = logging.getLogger(__name__)


@on_startup()
def follow_settings() -> None:
    preferences.follow()


@db_periodic_task(by_one_worker("every_minute", crontab(minute="*")))
def every_minute() -> None:
    upkeep.end_silent_calls()
    upkeep.end_mutes()


@db_periodic_task(by_one_worker("go_on_removing_accounts", crontab(minute="*")))
def go_on_removing_accounts() -> None:
    accounts.go_on_removing()


@db_periodic_task(by_one_worker("hourly", crontab(minute="7")))
def hourly() -> None:
    upkeep.remove_drafts()
    upkeep.remove_unsent()
    upkeep.forget_old_questions()
    call_command("clearsessions")
    upkeep.retry_media(now=int(time.time()), most=upkeep.DOWNLOADS_AT_ONCE)
    upkeep.prune()
    forgetting.forget_old_messages()
    upkeep.optimize_database()
    periodic.forget_old(int(time.time()))


@db_periodic_task(by_one_worker("daily", crontab(hour="3", minute="17")))
def daily() -> None:
    upkeep.refresh_pictures()


@db_periodic_task(by_one_worker("weekly", crontab(day_of_week="0", hour="4", minute="27")))
def weekly() -> None:
    try:
        orphans.sweep(delete=True)
    except orphans.NothingThere as error:
        log.error("%s", error)
    except OSError as error:
        log.error("The stored files can't be looked through: %s", error)
