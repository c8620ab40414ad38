"""The session process: keeps the line to WhatsApp up, for ever, and everything that needs it.

The main thread holds the line: it connects, listens for what becomes of it, says so in the connection's row
and decides when to try again. Ingest, acts and downloads have a thread each and never wait for one another.
"""

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from django.db import DatabaseError

from whatsapp.ingest import codes
from whatsapp.log_levels import LIBRARY
from whatsapp.models import Account, Connection
from whatsapp.session import (
    deeds,  # noqa: F401  (fills the list of performers)
    questions,  # noqa: F401  (fills the list of questions)
    room,
    terminal,
)
from whatsapp.session.acts import Acts, Lane
from whatsapp.session.asking import Asking
from whatsapp.session.commands import Commands
from whatsapp.session.credentials import credentials_of
from whatsapp.session.downloads import Downloads, free_interrupted
from whatsapp.session.ingesting import Ingesting
from whatsapp.session.lastwords import LastWords
from whatsapp.session.library import set_library_level
from whatsapp.session.line import Line
from whatsapp.session.moving import take_link_along
from whatsapp.session.pace import Pace
from whatsapp.session.state import State
from whatsapp.session.verdicts import Delays, Verdict, judge
from whatsapp.session.worker import Worker

log = logging.getLogger(__name__)

Status = Connection.Status

HEARTBEAT_SECONDS = 5.0
TICK_SECONDS = 0.25
LOOK_SECONDS = 3.0
STOP_SECONDS = 1.0  # what a thread may take to finish its step
DOWNLOADS_AT_ONCE = 2

# How a session process that starts itself afresh knows how often it has failed to connect.
FAILURES = "SESSION_FAILURES"


@dataclass(frozen=True, slots=True)
class News:
    """What a line's listener heard: of an event, a code, how a login went, or the end."""

    kind: str
    text: str = ""
    code: int = 0
    data: bytes = b""


class Session:
    """One account's session. `run` returns when it is told to stop."""

    def __init__(self, account: Account, delays: Delays | None = None, proxy: str | None = None) -> None:
        self.account = account
        self.delays = delays or Delays()
        self.proxy = proxy
        self.state = State(account)
        self.stopping = threading.Event()
        self.failures = int(os.environ.pop(FAILURES, "0"))
        self.line: Line | None = None
        self.last_event_at: int | None = None
        self._news: queue.Queue[News] = queue.Queue()
        self._last_words = LastWords()
        self._next_heartbeat = 0.0
        self._next_look = 0.0
        ingesting = Ingesting(account)
        self.inbox = ingesting.inbox
        self.credentials = credentials_of(account)
        pace = Pace()
        acts = [Acts(account, self._line_in_use, self.credentials, lane, pace) for lane in Lane]
        downloads = [Downloads(account, self._line_in_use, proxy) for _ in range(DOWNLOADS_AT_ONCE)]
        self.commands = Commands(account)
        self.asking = Asking(account, self.inbox, self._line_in_use)
        self.workers: list[Worker] = [ingesting, *acts, self.asking, *downloads]

    def stop(self) -> None:
        """Asks the session to end; never logs out."""
        self.stopping.set()
        self._news.put(News("stop"))

    # Listener: called from the library's threads

    def on_event(self, code: int, data: bytes) -> None:
        if code in codes.CONNECTION_CODES:
            self._news.put(News("event", code=code, data=data))
        else:
            self.last_event_at = int(time.time())
            self.inbox.receive(code, data)
            self.asking.prompt(code)

    def on_qr(self, text: str) -> None:
        self._news.put(News("qr", text=text))

    def on_login(self, word: str) -> None:
        self._news.put(News("login", text=word))

    def on_end(self, error: str) -> None:
        self._news.put(News("end", text=error))

    # The main thread

    def run(self) -> None:
        take_link_along(self.account, self.credentials)
        free_interrupted(self.account)
        for worker in self.workers:
            worker.start()
        try:
            with self._last_words.listening():
                while not self.stopping.is_set():
                    verdict = self._hold_a_line()
                    if verdict is not None:
                        ended = self._hang_up(verdict)
                        self._wait_to_retry(verdict)
                        if not ended and not self.stopping.is_set():
                            # What the library keeps it keeps for ever; only a new process is free of it.
                            self._start_afresh()
        finally:
            self._end()

    def _end(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.close()
        self._stop_workers()
        self.state.live(self.last_event_at)
        self.state.become(Status.DISCONNECTED, "The session process is stopped; the phone stays linked.")

    def _hold_a_line(self) -> Verdict | None:
        """Connects and stays on the line. Returns why it has to be given up; None to stop."""
        self._news = queue.Queue()  # what an earlier line still has to say is of no interest
        if (full := self._out_of_room(room.ENOUGH_BYTES)) is not None:
            return full
        self.state.become(Status.CONNECTING, self.state.connection.reason)
        set_library_level(logging.getLogger(LIBRARY).level)
        try:
            self.credentials.prepare()
            store = self.credentials.address
        except DatabaseError as error:
            return Verdict(f"The database can't be reached ({cause(str(error))}).")
        self.line = line = Line(store, self.account.name, self, self.proxy)
        line.open()
        lost_at: float | None = None
        opened = time.monotonic()
        self._next_look = opened + LOOK_SECONDS
        while not self.stopping.is_set():
            news = self._next_news()
            verdict: Verdict | None = None
            if news is None:
                verdict = self._out_of_patience(lost_at, opened) or self._silently_unlinked(line)
            elif news.kind == "qr":
                self._show_code(news.text)
            elif news.kind == "login":
                verdict = self._after_scan(news.text)
                lost_at = time.monotonic()  # it connects anew now, however long the code was shown
            elif news.kind == "end":
                verdict = Verdict(f"WhatsApp can't be reached ({cause(news.text)}).")
            elif news.kind == "event":
                lost_at = self._follow(news.code, lost_at)
                verdict = judge(news.code, news.data, self.delays)
            verdict = verdict or self._out_of_room(room.LEAST_BYTES) or self._obey(line)
            if verdict is not None:
                return verdict
        return None

    def _out_of_room(self, least: int) -> Verdict | None:
        lack = room.lack(least)
        return Verdict(lack, room.LOOK_SECONDS) if lack is not None else None

    def _obey(self, line: Line | None) -> Verdict | None:
        """Carries out what the owner asks of the line."""
        try:
            command = self.commands.next()
            return command.carry_out(line) if command is not None else None
        except DatabaseError as error:
            log.error("The owner's commands can't be read, trying again: %s", error)
            return None

    def _next_news(self) -> News | None:
        """What is heard within a moment. Gives signs of life meanwhile."""
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
            self.state.live(self.last_event_at)
        try:
            return self._news.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return None

    def _show_code(self, text: str) -> None:
        self.state.become(Status.QR, "Waiting for a phone to scan the code.", qr=text)
        terminal.show_code(text)

    def _after_scan(self, word: str) -> Verdict | None:
        if word == "success":
            self.state.become(Status.CONNECTING, "The code was scanned; logging in.")
            return None
        if word == "timeout":
            return Verdict("The codes were not scanned in time; here are new ones.", 0)
        return Verdict(f"Linking failed ({word}).")

    def _follow(self, code: int, lost_at: float | None) -> float | None:
        """Shows what an event says of the line. Returns since when it has been down, None when it is up."""
        if code == codes.CONNECTED:
            assert self.line is not None
            self.failures = 0
            self.state.be_someone(self.line.me())
            self.state.become(Status.CONNECTED)
            self.asking.begin_anew()
            return None
        if code == codes.DISCONNECTED:
            self.state.become(Status.CONNECTING, f"The connection was lost; reconnecting{self._heard()}.")
            return time.monotonic()
        if code == codes.KEEP_ALIVE_TIMEOUT:
            self.state.become(self.state.status, "WhatsApp doesn't answer; waiting for it.")
        elif code == codes.KEEP_ALIVE_RESTORED:
            self.state.become(self.state.status)
        return lost_at

    def _out_of_patience(self, lost_at: float | None, opened: float) -> Verdict | None:
        """The library reconnects by itself, silently. When it takes long, we try, and say when and why."""
        if self.state.status != Status.CONNECTING:
            return None
        if time.monotonic() < (lost_at or opened) + self.delays.patience:
            return None
        return Verdict(f"WhatsApp can't be reached{self._heard()}.")

    def _silently_unlinked(self, line: Line) -> Verdict | None:
        """A login that WhatsApp refuses at once makes the library forget who we are before it has told us,
        and then it tells nothing at all (`FetchMe` in goneonize's main.go). Its store shows it."""
        if line.is_introduced or self.state.status != Status.CONNECTING or self.account.device is None:
            return None
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + LOOK_SECONDS
        try:
            if self.credentials.is_linked():
                return None
        except (subprocess.SubprocessError, DatabaseError) as error:
            log.warning("The library's store can't be looked into, trying again: %s", error)
            return None
        return Verdict("WhatsApp has unlinked this device. Scan the new code to link it again.", 0, True)

    def _heard(self) -> str:
        words = self._last_words.recall()
        return f" ({cause(words)})" if words else ""

    def _hang_up(self, verdict: Verdict) -> bool:
        """Gives the line up. False when the library doesn't let go of all that it took."""
        ended = True
        line, self.line = self.line, None  # no act begins on it any more, and is tried in vain until it fails
        if line is not None:
            ended = line.close() and self.credentials.is_closed_by_library
        if verdict.logged_out:
            self._forget(verdict)
        return ended

    def _forget(self, verdict: Verdict) -> None:
        """The link to the phone is dead: its credentials go, what was stored stays."""
        self.state.be_no_one(verdict.reason)
        self.credentials.forget()

    def _start_afresh(self) -> None:
        """Becomes the same program again, which goes on counting its failures."""
        log.info("Starting the session process afresh")
        self._stop_workers()
        os.environ[FAILURES] = str(self.failures)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.argv])

    def _wait_to_retry(self, verdict: Verdict) -> None:
        """Waits as long as the verdict says, or until the owner asks for a try."""
        wait = verdict.wait
        if wait is None:
            wait = self.delays.jitter(self.delays.after(self.failures))
            self.failures += 1
            self.state.give_up(self.failures, verdict.reason)
        if not wait:
            self.state.become(Status.CONNECTING, verdict.reason)
            return
        self.state.become(Status.DISCONNECTED, verdict.reason, retry_at=time.time() + wait)
        until = time.monotonic() + wait
        while time.monotonic() < until and not self.stopping.is_set():
            self._next_news()
            order = self._obey(None)
            if order is not None and order.logged_out:
                self._forget(order)
            if order is not None:
                return

    def _stop_workers(self) -> None:
        self.inbox.close()
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.join(STOP_SECONDS)

    def _line_in_use(self) -> Line | None:
        """The line, when messages can go over it now."""
        line = self.line
        return line if line is not None and self.state.status == Status.CONNECTED else None


def cause(error: str) -> str:
    """The part of one of Go's chained messages that says what happened, after all that it prevented."""
    return error.rpartition('": ')[2].strip() or error or "no reason given"
