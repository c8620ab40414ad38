"""Accounts as the command line names them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from whatsapp.models import Account


def add_account(
    parser: CommandParser, words: str = "of this account; of the default one unless told"
) -> None:
    parser.add_argument("--account", metavar="NAME", help=words)


def account_in(options: dict[str, Any]) -> Account | None:
    """The account that `--account` names; None where it is not given. Raises CommandError."""
    name = options["account"]
    if name is None:
        return None
    account: Account | None = Account.objects.named(name)
    if account is None:
        names = ", ".join(sorted(Account.objects.kept().values_list("name", flat=True)))
        raise CommandError(f"--account is {name!r}: there is no such account; there are {names}.")
    return account
