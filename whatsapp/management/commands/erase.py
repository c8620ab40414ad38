"""`manage.py erase`: forgets one person."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import erasing
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.management.accounts import account_in, add_account
from whatsapp.models import Account
from whatsapp.session import forgetting, lock


class Command(BaseCommand):
    help = (
        "Deletes what is stored of a person, everywhere: their chat, what they wrote in groups, files, "
        "calls, and their number in what others wrote. It can't be undone. Backups keep what they have; "
        "what WhatsApp tells of the person later is stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_account(parser)
        parser.add_argument("--contact", required=True, metavar="WHO", help="their number, JID or LID")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_in(options) or Account.default()
        who = options["contact"]
        try:
            whom = erasing.person(account, parse_jid(who))
        except InvalidJid as error:
            raise CommandError(f"--contact is {who!r}: {error}") from error
        except erasing.IsOwn as error:
            raise CommandError(f"--contact is {who!r}: that is the account itself.") from error
        if whom is None:
            raise CommandError(f"--contact is {who!r}: the account {account.name} knows nobody there.")
        if not options["yes"]:
            self._ask(who)
        for table, rows in sorted(erasing.erase(account, whom).items()):
            self.stdout.write(f"{table.removeprefix('whatsapp_')}: {rows} rows")
        try:
            kept = forgetting.forget(account, whom)
        except lock.Taken:
            self.stdout.write(
                "The session runs, and holds keys and a name of theirs: stop the hub and run this once more."
            )
            return
        self.stdout.write(f"keys and names in the library's store: {kept} rows")
        if lock.all_are_free():
            erasing.write_anew()

    def _ask(self, who: str) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is nobody to ask: give --yes.")
        self.stdout.write(
            f"All that is stored of {who} will be deleted, for good. Type it again: ", ending=""
        )
        self.stdout.flush()
        if sys.stdin.readline().strip() != who:
            raise CommandError("Nothing was deleted.")
