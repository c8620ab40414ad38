"""Threads for what may take a while: whatever asks the database or the disk, or waits for WhatsApp."""

import asyncio
import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

# Requests may wait for WhatsApp, each in a thread; a thread also keeps its connection to the database.
REQUESTS_AT_ONCE = 32
QUICK_SECONDS = 0.02  # a job that takes longer waits for something, most likely
IDLE_SECONDS = 60.0  # that a thread waits for more to do, before it ends


@dataclass(eq=False, slots=True)
class Job:
    """A call for a thread, and what the event loop is told of it."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    begun_at: float = 0.0

    def run(self) -> None:
        result, error = None, None
        try:
            result = self.function(*self.args)
        except BaseException as raised:
            error = raised
        self.loop.call_soon_threadsafe(self._settle, result, error)

    def _settle(self, result: Any, error: BaseException | None) -> None:
        """On the event loop."""
        if self.future.cancelled():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


@dataclass(eq=False, slots=True)
class Worker:
    """A thread: its job, and the lock that it waits at while it has none."""

    job: Job | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


class Threads:
    """A pool for the event loop, of `most` threads.

    Python runs one thread at a time. Were all of them at work, each would wait for all others after every
    row that it reads, and some for a tenth of a second. So only one has a turn, in the order of the jobs,
    until its job is done or is not quick; then it goes on beside the next.

    Who has worked last works next: its connection to the database has the most in its cache, and the others
    may end.

    The threads do not outlive the server. Python waits at its end for the threads of its own pool, so that a
    hub would stop only when the last request has waited for its act. No client could be told the result any
    more.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._number = 0  # of threads
        self._started = 0
        self._jobs: deque[Job] = deque()  # that wait
        self._quick: Job | None = None  # that has the turn
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._impatience: asyncio.TimerHandle | None = None

    # On the event loop

    def run(self, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """What the function will have returned in a thread."""
        loop = asyncio.get_running_loop()
        job = Job(function, args, loop.create_future(), loop)
        with self._lock:
            self._jobs.append(job)
            self._hand_out()
            if self._jobs and self._impatience is None:
                self._impatience = loop.call_later(QUICK_SECONDS, self._pass_on, loop)
        return job.future

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Jobs wait: is it for one that is not quick?"""
        with self._lock:
            if self._quick is not None and time.monotonic() - self._quick.begun_at >= QUICK_SECONDS:
                self._quick = None
                self._hand_out()
            self._impatience = loop.call_later(QUICK_SECONDS, self._pass_on, loop) if self._jobs else None

    # With the lock

    def _hand_out(self) -> None:
        """Gives the turn to the next job, if nobody has it and there is a thread."""
        if self._quick is not None or not self._jobs:
            return
        if self._idle:
            worker = self._idle.pop()
        elif self._number < self._most:
            worker = self._start()
        else:
            return
        self._quick = worker.job = self._jobs.popleft()
        self._quick.begun_at = time.monotonic()
        worker.turn.release()

    def _start(self) -> Worker:
        worker = Worker()
        worker.turn.acquire()
        name = f"{self._name}-{self._started}"
        self._number += 1
        self._started += 1
        threading.Thread(target=self._work, args=(worker,), name=name, daemon=True).start()
        return worker

    # In a thread

    def _work(self, worker: Worker) -> None:
        while self._has_turn(worker):
            job, worker.job = worker.job, None
            assert job is not None
            job.run()
            with self._lock:
                if self._quick is job:
                    self._quick = None
                self._idle.append(worker)
                self._hand_out()
            del job  # nothing of a request is kept while waiting for the next
        connections.close_all()
        give_back_memory()

    def _has_turn(self, worker: Worker) -> bool:
        """Waits until it has a job. False when it is not needed any more, after all this time; but the last
        one stays. None keeps memory that it needed for what is long done."""
        while not worker.turn.acquire(timeout=IDLE_SECONDS):
            with self._lock:
                if worker in self._idle and self._number > 1:
                    self._idle.remove(worker)
                    self._number -= 1
                    return False
            give_back_memory()
        return True


def give_back_memory() -> None:
    """Hands what is free to the system. The C library would keep it, and a search through a million messages
    leaves fifty megabytes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
