"""Threads that do one thing for as long as the session runs."""

import logging
import threading

from django.db import Error, close_old_connections, connection

from whatsapp import wakeup

log = logging.getLogger(__name__)

AFTER_TROUBLE_SECONDS = 1.0


class Worker:
    """Calls `step` whenever it may have something to do, in a thread of its own.

    `step` returns whether it did something; when it did not, the worker sleeps until there is news (from the
    database, or by `wake`) or `pause` seconds are over. No error ends the thread.
    """

    name = "worker"
    pause = 5.0  # seconds

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def step(self) -> bool:
        raise NotImplementedError(f"{type(self).__name__} must say what it does")

    def begin(self) -> None:
        """Once, before the first step."""

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._news.set()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._news.set()

    def join(self, timeout: float) -> None:
        """Waits `timeout` seconds for the thread to finish its step."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def _run(self) -> None:
        begun = False
        with wakeup.heard_by(self._news) as longest:
            while not self.is_stopping:
                self._news.clear()
                if self.is_stopping:  # which it may have been told in between
                    break
                try:
                    if not begun:
                        self.begin()
                        begun = True
                    busy = self.step()
                except Error as error:
                    log.error("%s: the database is in trouble, trying again: %s", self.name, error)
                    close_old_connections()
                    busy = self._rest()
                except Exception:
                    log.exception("%s failed, trying again", self.name)
                    busy = self._rest()
                if not busy:
                    self._news.wait(min(self.pause, longest))
        connection.close()

    def pause_for(self, seconds: float) -> bool:
        """Waits; returns at once, and True, when the worker is to stop."""
        return self._stopping.wait(seconds)

    def _rest(self) -> bool:
        self.pause_for(AFTER_TROUBLE_SECONDS)
        return True
