"""Passphrases, as the command line gets them: never as one of its words, which others on the machine see."""

import os
import sys
from getpass import getpass

from django.core.management.base import CommandError

VARIABLE = "BACKUP_PASSPHRASE"
LEAST = 12


def passphrase(*, is_new: bool) -> str:
    """BACKUP_PASSPHRASE of the environment, or what is typed. Raises CommandError."""
    found = os.environ.get(VARIABLE, "") or typed(is_new=is_new)
    if is_new and len(found) < LEAST:
        raise CommandError(f"The passphrase has {len(found)} characters: it must have {LEAST} or more.")
    return found


def typed(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"{VARIABLE} is not set, and there is nobody to ask for a passphrase.")
    first = getpass("Passphrase: ")
    if is_new and getpass("The same again: ") != first:
        raise CommandError("These were two different ones.")
    return first
