"""`manage.py logout`: unlinks the hub from the phone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import actions, leases
from whatsapp.management.accounts import account_in, add_account
from whatsapp.models import Account, Action
from whatsapp.session import lock


class Command(BaseCommand):
    help = "Unlinks the hub from a phone. What is stored stays. Needs a running session process."

    def add_arguments(self, parser: CommandParser) -> None:
        add_account(parser)
        parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait for WhatsApp (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_in(options) or Account.default()
        if lock.is_free(account) and account.pk not in leases.holders():
            raise CommandError("No session process is running: start the hub, then log out.")
        action = actions.wait_for(actions.logout(account), options["timeout"])
        if action.status == Action.Status.FAILED:
            raise CommandError(action.error)
        if action.status != Action.Status.DONE:
            raise CommandError("WhatsApp has not answered yet; the hub logs out as soon as it can.")
        if action.result and action.result["told_whatsapp"]:
            self.stdout.write("Logged out.")
        else:
            self.stdout.write(
                "The hub has forgotten its credentials, but was not connected to tell WhatsApp: "
                "on the phone, remove it under Linked devices."
            )
