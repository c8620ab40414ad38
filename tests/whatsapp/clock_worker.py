"""The worker with a clock that looks every second, and two tasks of every minute that write into LOG who has
run them: `once` as the hub's own are declared, `each` as huey has it."""

import os
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()

    from django.core.management import call_command
    from huey import crontab
    from huey.consumer import Scheduler
    from huey.contrib.djhuey import periodic_task

    from whatsapp.periodic import by_one_worker

    Scheduler.periodic_task_seconds = 1

    def note(name: str) -> None:
        with Path(os.environ["LOG"]).open("a") as log:
            log.write(f"{name} {os.getpid()}\n")

    @periodic_task(by_one_worker("once", crontab(minute="*")))
    def once() -> None:
        note("once")

    @periodic_task(crontab(minute="*"))
    def each() -> None:
        note("each")

    call_command("run_huey", quiet=True)
