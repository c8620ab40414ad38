"""Threads for what may take a while: whatever asks the database or the disk, or waits for WhatsApp."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

# Requests may wait for WhatsApp, each in a thread; a thread also keeps its connection to the database.
REQUESTS_AT_ONCE = 32
IDLE_SECONDS = 60.0  # that a thread waits for more to do, before it ends


@dataclass(slots=True)
class Job:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop

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
    """A thread: its next job, and the lock that it waits at while there is none."""

    job: Job | None
    turn: threading.Lock = field(default_factory=threading.Lock)


class Threads:
    """A pool for the event loop. Who has worked last works next: its connection to the database has the most
    in its cache, and the others may end.

    The threads do not outlive the server. Python waits at its end for the threads of its own pool, so that a
    hub would stop only when the last request has waited for its act. No client could be told the result any
    more.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._number = 0  # of threads
        self._started = 0
        self._idle: list[Worker] = []
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()

    def run(self, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """What the function will have returned in a thread. For the event loop."""
        loop = asyncio.get_running_loop()
        job = Job(function, args, loop.create_future(), loop)
        with self._lock:
            if self._idle:
                worker = self._idle.pop()
                worker.job = job
                worker.turn.release()
            elif self._number < self._most:
                self._start(job)
            else:
                self._jobs.append(job)
        return job.future

    def _start(self, job: Job) -> None:
        worker = Worker(job)
        worker.turn.acquire()
        name = f"{self._name}-{self._started}"
        self._number += 1
        self._started += 1
        threading.Thread(target=self._work, args=(worker,), name=name, daemon=True).start()

    def _work(self, worker: Worker) -> None:
        while worker.job is not None:
            worker.job.run()
            worker.job = None  # nothing of a request is kept while waiting for the next
            with self._lock:
                if self._jobs:
                    worker.job = self._jobs.popleft()
                    continue
                self._idle.append(worker)
            self._wait(worker)
        connections.close_all()

    def _wait(self, worker: Worker) -> None:
        """Until it has a job. Without one after all this time, the thread is not needed any more; but the
        last one stays."""
        while not worker.turn.acquire(timeout=IDLE_SECONDS):
            with self._lock:
                if worker in self._idle and self._number > 1:
                    self._idle.remove(worker)
                    self._number -= 1
                    return
