"""`manage.py reingest`: reads what is stored again, after the hub has learnt to understand more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from whatsapp.ingest import again
from whatsapp.management.accounts import account_in, add_account
from whatsapp.management.moments import parse_since
from whatsapp.models import Account

MESSAGES, STORIES = "message", "story"


class Command(BaseCommand):
    help = (
        "Derives rows again from the bytes that WhatsApp delivered. Nothing is doubled; edits, receipts and "
        "whatever else the bytes of a message don't know stay. Other events are put back in line: the "
        "session process handles them, at once or when it starts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = sorted({MESSAGES, STORIES, *again.event_kinds()})
        add_account(parser)
        parser.add_argument("--since", help="only from then on: 2026-01-31, an ISO time or Unix seconds")
        parser.add_argument(
            "--kind", action="append", choices=kinds, metavar="KIND", help=f"only this: {', '.join(kinds)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_in(options) or Account.default()
        since = parse_since(options["since"]) if options["since"] else 0
        kinds: list[str] | None = options["kind"]
        if kinds is None or MESSAGES in kinds:
            done = 0
            for done in again.reingest_messages(account, since):
                self.stderr.write(f"{done} messages …", ending="\r")
            self.stdout.write(f"{done} messages derived again.")
        if kinds is None or STORIES in kinds:
            self.stdout.write(f"{again.reingest_stories(account, since)} stories derived again.")
        numbers = again.event_kinds()
        wanted = [numbers[kind] for kind in kinds if kind in numbers] if kinds is not None else None
        if wanted is None or wanted:
            count = again.replay_events(account, wanted, since)
            self.stdout.write(f"{count} other events are back in line.")
