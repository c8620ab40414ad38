"""Renews the lease of the account whose session this process is, and ends the process when it can't."""

import logging
import signal
import threading
import time

from django.db import Error, close_old_connections, connection

from whatsapp import leases
from whatsapp.ingest.inbox import move_to_table
from whatsapp.models import Account

log = logging.getLogger(__name__)

TRY_SECONDS = 1.0  # between tries to take or renew it


class Leasing:
    """Holds the account's lease, from `take` until `give_back`.

    An alarm that each renewal puts off ends the process: the kernel's, so that it does so whatever hangs.
    """

    def __init__(self, account: Account, holder: str) -> None:
        self.account = account
        self.holder = holder
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def take(self) -> None:
        """Returns once the lease is taken, however long somebody else has it."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        waiting = False
        while True:
            asked = time.monotonic()
            try:
                if leases.take(self.account, self.holder):
                    break
                move_to_table(self.account)  # of an earlier session
                if not waiting:
                    log.info("Another machine has the session %s: waiting for it", self.account.name)
                    waiting = True
            except Error as error:
                log.error("The lease can't be asked for, trying again: %s", error)
                close_old_connections()
            time.sleep(TRY_SECONDS)
        self._put_off(asked)
        self._thread.start()

    def give_back(self) -> None:
        """The session has ended: another machine may go on with it at once, and with what it had not yet
        taken in. This one may not come back."""
        self._ending.set()
        self._thread.join(TRY_SECONDS)
        try:
            move_to_table(self.account)
        except (Error, OSError) as error:
            log.error("What has come last stays in %s for now: %s", self.account.spool, error)
        try:
            leases.give_back(self.account, self.holder)
        except Error as error:
            log.error("The lease can't be given back, others have to wait for its end: %s", error)

    def _run(self) -> None:
        pause = leases.RENEW_SECONDS
        while not self._ending.wait(pause):
            asked, pause = time.monotonic(), leases.RENEW_SECONDS
            try:
                if not leases.renew(self.account, self.holder):
                    leases.lose(self.account)
            except leases.Lost:
                break
            except Error as error:
                log.error("The lease can't be renewed, trying again: %s", error)
                close_old_connections()
                pause = TRY_SECONDS
                continue
            self._put_off(asked)
        connection.close()

    def _put_off(self, asked: float) -> None:
        """`asked` is when the database was asked, which is no later than it took note."""
        left = asked + leases.ALONE_SECONDS - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
