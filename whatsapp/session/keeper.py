"""Looks after the accounts: one session process for each, on whichever machine its lease is.

The keeper loads nothing of the library, whose Go runtime can't be forked: a session begins as a copy of the
keeper, which has Django's memory until it writes to it, and loads the library then.
"""

import ctypes
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import setproctitle
from django.core.management.base import CommandError
from django.db import Error, connections

from whatsapp import leases
from whatsapp.ingest.inbox import move_to_table
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.session.credentials import remove_all

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 1.0  # before a session that has died is started again; doubled each time
LONGEST_PAUSE_SECONDS = 60.0
GOOD_SECONDS = 10.0  # one that lived so long is started again at once
STOP_SECONDS = 6.0  # what a session may take to end; supervisord gives the keeper eight

TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(slots=True)
class Child:
    """The session process of an account, or what is known of the last one."""

    account: Account
    pid: int | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = 0.0  # when it may be started again
    kill_at: float | None = None  # it was told to end


class Keeper:
    """Runs `session` with an account's name, in a process of its own, for each account that there is."""

    def __init__(self, session: Callable[[str], None]) -> None:
        self.session = session
        self.children: dict[int, Child] = {}
        self.is_stopping = False

    def run(self) -> None:
        """Returns when it was told to stop and all sessions have ended."""
        signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
        while True:
            self._bury()
            if self.is_stopping and not self.children:
                return
            try:
                self._look()
            except (Error, OSError) as error:
                log.error("The accounts can't be looked after, trying again: %s", error)
                connections.close_all()
            self._kill_the_slow()
            heard = signal.sigtimedwait(TOLD, LOOK_SECONDS)
            if heard is not None and heard.si_signo != signal.SIGCHLD and not self.is_stopping:
                self._stop()

    def _look(self) -> None:
        """Starts sessions for accounts that have none, and ends those of accounts that are gone."""
        if self.is_stopping:
            return
        accounts = {account.pk: account for account in Account.objects.to_run().only("name")}
        for key, child in list(self.children.items()):
            if key not in accounts and child.pid is not None:
                self._end(child)
            elif key not in accounts:
                remove_all(child.account)
                del self.children[key]
        ending = {child.account.name for key, child in self.children.items() if key not in accounts}
        held = leases.holders() if leases.are_needed() else {}
        for key, account in accounts.items():
            child = self.children.setdefault(key, Child(account))
            if child.pid is not None or time.monotonic() < child.due or account.name in ending:
                continue
            if held.get(key, "") in ("", lock.last_holder(account)):
                self._start(child)
            else:
                hand_over(account)

    def _start(self, child: Child) -> None:
        connections.close_all()  # a copy of a connection is no connection
        sys.stdout.flush()
        sys.stderr.flush()
        keeper = os.getpid()
        child.started = time.monotonic()
        child.pid = os.fork()
        if child.pid == 0:
            self._become_session(child.account.name, keeper)
        log.info("The session %s is process %d", child.account.name, child.pid)

    def _become_session(self, name: str, keeper: int) -> NoReturn:
        code = 1
        try:
            # Who starts the session afresh finds its command here.
            sys.argv = [*sys.argv, "--account", name]
            setproctitle.setproctitle(" ".join([sys.executable, *sys.argv]))
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
            if os.getppid() == keeper:
                self.session(name)
            code = 0
        except CommandError as error:
            log.error("%s", error)
        except KeyboardInterrupt:
            log.info("The session %s was interrupted", name)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _bury(self) -> None:
        """Takes note of sessions that have ended."""
        living = {child.pid: child for child in self.children.values() if child.pid is not None}
        while living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            child = living.pop(pid)
            lived, child.pid = time.monotonic() - child.started, None
            if child.kill_at is None:
                child.pause = (
                    0.0
                    if lived >= GOOD_SECONDS
                    else min(LONGEST_PAUSE_SECONDS, child.pause * 2 or FIRST_PAUSE_SECONDS)
                )
                child.due = time.monotonic() + child.pause
                log.warning(
                    "The session %s %s; it is started again %s.",
                    child.account.name,
                    end_of(os.waitstatus_to_exitcode(status)),
                    f"in {child.pause:.0f} s" if child.pause else "at once",
                )
            elif self.is_stopping:
                del self.children[child.account.pk]
            child.kill_at = None

    def _stop(self) -> None:
        """Passes on that all is to end; never logs out."""
        self.is_stopping = True
        for key, child in list(self.children.items()):
            if child.pid is None:
                del self.children[key]
            else:
                self._end(child)

    def _end(self, child: Child) -> None:
        if child.pid is not None and child.kill_at is None:
            child.kill_at = time.monotonic() + STOP_SECONDS
            os.kill(child.pid, signal.SIGTERM)

    def _kill_the_slow(self) -> None:
        for child in self.children.values():
            if child.pid is not None and child.kill_at is not None and time.monotonic() > child.kill_at:
                log.error("The session %s doesn't end: killing it", child.account.name)
                os.kill(child.pid, signal.SIGKILL)


def end_of(code: int) -> str:
    if code == -signal.SIGALRM:
        return "could not renew its lease in time and has ended itself"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"has ended with status {code}"


def hand_over(account: Account) -> None:
    """Gives what an earlier session of this machine has left in its spool to the one that runs elsewhere."""
    try:
        held = lock.hold(account)
    except lock.Taken:
        return
    try:
        move_to_table(account)
    finally:
        os.close(held)
