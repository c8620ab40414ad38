"""`manage.py retrymedia`: fetches files again that could not be fetched."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import upkeep
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.management.accounts import account_in, add_account
from whatsapp.management.moments import parse_since


class Command(BaseCommand):
    help = (
        "Queues all files again whose download has failed, but for those that WhatsApp has said are gone. "
        "The worker does so by itself, some times in the weeks after a failure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", help="only files from then on: 2026-01-31, an ISO time or Unix seconds"
        )
        add_account(parser, "only files of that account; of all unless told")
        parser.add_argument("--chat", metavar="JID", help="only files of that chat: JID, LID or phone number")

    def handle(self, *args: Any, **options: Any) -> None:
        since = parse_since(options["since"]) if options["since"] else 0
        try:
            chat = parse_jid(options["chat"]) if options["chat"] else None
        except InvalidJid as error:
            raise CommandError(f"--chat is {options['chat']!r}: {error}") from error
        due = upkeep.retry_media(since, chat, account=account_in(options))
        self.stdout.write(f"{due} files are to be fetched again.")
