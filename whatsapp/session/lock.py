"""One session process for each account: two that share credentials throw each other off the line."""

import fcntl
import os
from pathlib import Path

from django.conf import settings

from whatsapp.models import Account


class Taken(Exception):
    """Another process holds the account's session."""


def folder(account: Account) -> Path:
    """Where neonize keeps the session's credentials; made when it is not there."""
    account.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return account.folder


def hold(account: Account) -> int:
    """Takes the session for this process, until it ends or closes the file that is returned. Raises Taken."""
    handle = os.open(folder(account) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Taken(f"Another process holds the session {account.name!r} in {settings.DATA_DIR}.") from error
    return handle


def is_free(account: Account) -> bool:
    """Whether no process holds the account's session."""
    try:
        os.close(hold(account))
    except Taken:
        return False
    return True
