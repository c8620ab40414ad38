"""`manage.py prune`: deletes what is old."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import forgetting, preferences, upkeep


class Command(BaseCommand):
    help = (
        "Deletes what is older than the settings keep it, as the worker does every hour; or, with options, "
        "only what these name. Events that a follower has not got yet stay as long as the settings keep "
        "events."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for kept in upkeep.KEPT:
            parser.add_argument(
                f"--{kept.name}", metavar="DAYS", help=f"{kept.name} of more than so many days ago"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        asked = [kept for kept in upkeep.KEPT if options[kept.name] is not None]
        days = {kept.name: days_in(f"--{kept.name}", options[kept.name]) for kept in asked}
        if not asked:
            days = {kept.name: preferences.get(kept.setting) for kept in upkeep.KEPT}
        for kept in upkeep.KEPT:
            if kept.name not in days:
                continue
            if days[kept.name]:
                self.stdout.write(f"{kept.name}: {kept.forget(days[kept.name])} deleted.")
            else:
                self.stdout.write(f"{kept.name}: kept for ever ({kept.setting} is 0).")
        if not asked:
            self.stdout.write(
                f"messages: {forgetting.forget_old_messages()} deleted, of chats that keep them for a while."
            )


def days_in(option: str, text: str) -> int:
    """The number of days that `text` is. Raises CommandError, which names the option."""
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= upkeep.MOST_DAYS:
        return int(text)
    raise CommandError(f"{option} is {text!r}: it must be a number of days from 1 to {upkeep.MOST_DAYS}.")
