"""One session process for each account: two that share credentials throw each other off the line.

A file's lock keeps those of one machine apart; those of several, the account's lease (`whatsapp.leases`). The
locked file has the name under which this machine holds the lease. As whoever held it under that name had the
lock, and has it no more, whoever has the lock now need not wait for the lease to run out.
"""

import fcntl
import os
import secrets
from pathlib import Path

from django.conf import settings

from whatsapp.models import Account

NAME_SIZE = 64
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Taken(Exception):
    """Another process holds the account's session."""


def folder(account: Account) -> Path:
    """Where the account's session keeps its files; made when it is not there."""
    account.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return account.folder


def hold(account: Account) -> int:
    """Takes the session for this process, until it ends or closes the file that is returned. Raises Taken."""
    held = lock(folder(account) / "lock")
    if held is None:
        raise Taken(f"Another process holds the session {account.name!r} in {settings.DATA_DIR}.")
    forget_others(account)
    return held


def forget_others(account: Account) -> None:
    """Deletes what came for an account of the same name that is removed, if this machine was off when that
    was done: else it would be taken in for this one."""
    whose = account.folder / "account"
    if whose.exists() and whose.read_text() != str(account.pk):
        account.spool.unlink(missing_ok=True)
    whose.write_text(str(account.pk))


def is_free(account: Account) -> bool:
    """Whether no process holds the account's session."""
    try:
        os.close(hold(account))
    except Taken:
        return False
    return True


def hold_all() -> int:
    """Takes the care of all sessions, as `hold` does that of one."""
    held = lock(keepers_lock())
    if held is None:
        raise Taken(f"Another process holds the sessions in {settings.DATA_DIR}.")
    return held


def all_are_free() -> bool:
    """Whether no process takes care of the sessions."""
    held = lock(keepers_lock())
    if held is not None:
        os.close(held)
    return held is not None


def keepers_lock() -> Path:
    sessions = Path(settings.DATA_DIR) / "auth"
    sessions.mkdir(parents=True, exist_ok=True, mode=0o700)
    return sessions / "sessions.lock"  # no account can have that name


def lock(path: Path) -> int | None:
    """The file, locked; None when another process has it locked."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def holder(held: int) -> str:
    """The name under which this machine holds the lease, out of the locked file. It is made anew where it was
    made before the machine was last started: the file may be on a disk of several machines."""
    name = os.pread(held, NAME_SIZE, 0).decode(errors="replace")
    if not name.startswith(kernel()):
        name = f"{kernel()}.{secrets.token_hex(8)}"
        os.ftruncate(held, 0)
        os.pwrite(held, name.encode(), 0)
    return name


def last_holder(account: Account) -> str:
    """What `holder` has told those who held the account's session on this machine; empty: nothing yet."""
    try:
        name = (account.folder / "lock").read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return name if name.startswith(kernel()) else ""


def kernel() -> str:
    """Names the machine from when it was started until it is stopped."""
    return BOOT_ID.read_text().strip()
