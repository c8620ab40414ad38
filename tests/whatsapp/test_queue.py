"""The worker's queue: a task begins soon after it is queued, by this process or another."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from huey.contrib import djhuey

from tests.redis_for_tests import running_redis, used_here
from tests.servers import Server, redis_url
from tests.waiting import eventually
from whatsapp import queue, redis_server
from whatsapp.queue import PromptHuey, PromptStorage, SharedHuey, SharedStorage


def environment_of_tests() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}


def storage(path: Path) -> PromptStorage:
    return PromptStorage("tests", filename=str(path))


def test_a_waiting_thread_gets_what_another_process_queues(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    waiting, got = storage(path), []

    def wait() -> None:
        while not got:
            if (data := waiting.dequeue()) is not None:
                got.append((data, time.time()))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    code = (
        "import sys, time; from huey.storage import SqliteStorage;"
        "s = SqliteStorage('tests', filename=sys.argv[1]); time.sleep(0.3);"
        "s.enqueue(b'tea'); print(time.time())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    thread.join(5)
    ((data, at),) = got
    assert bytes(data) == b"tea"
    assert at - float(done.stdout) < 0.5


def test_each_task_is_taken_once_by_whoever_waits(tmp_path: Path) -> None:
    queue, got = storage(tmp_path / "queue.db"), []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            if (data := queue.dequeue()) is not None:
                got.append(bytes(data))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(50):
        queue.enqueue(b"%d" % number)
    deadline = time.monotonic() + 10
    while len(got) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(b"%d" % number for number in range(50))
    assert queue.queue_size() == 0


def test_nothing_comes_of_waiting_for_nothing(tmp_path: Path) -> None:
    assert storage(tmp_path / "queue.db").dequeue() is None


def test_schedules_work_as_ever(tmp_path: Path) -> None:
    huey = PromptHuey("tests", filename=str(tmp_path / "queue.db"))

    @huey.task()
    def add(one: int, two: int) -> int:
        return one + two

    result = add.schedule((1, 2), delay=0)
    for task in huey.read_schedule():
        huey.enqueue(task)
    task = huey.dequeue()
    assert huey.execute(task) == 3
    assert result.get() == 3


def test_a_queue_that_can_not_be_read_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huey = PromptHuey("tests", filename=str(tmp_path / "queue.db"))
    monkeypatch.setattr(djhuey, "HUEY", huey)
    huey.storage.enqueue(b"tea")
    assert queue.number_waiting() == 1
    huey.storage.close()
    (tmp_path / "queue.db").write_bytes(b"no database at all" * 1000)
    assert queue.number_waiting() is None


# In Redis


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_redis() as running:
        yield running


@pytest.fixture
def redis(server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with used_here(server, settings, monkeypatch):
        SharedStorage("tests").flush_all()
        yield server


class Taking:
    """Threads that take what is queued, as a worker's do."""

    def __init__(self, *queues: SharedStorage) -> None:
        self.got: list[tuple[bytes, float]] = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._take, args=[queue], daemon=True) for queue in queues]
        for thread in self.threads:
            thread.start()

    def _take(self, queue: SharedStorage) -> None:
        while not self.stop.is_set():
            if (data := queue.dequeue()) is not None:
                self.got.append((data, time.time()))

    def end(self) -> list[bytes]:
        self.stop.set()
        for thread in self.threads:
            thread.join(10)
        return sorted(data for data, _ in self.got)


QUEUEING = """
import sys, time, django; django.setup()
from whatsapp.queue import SharedStorage
queue = SharedStorage("tests")
for number in range(int(sys.argv[1])):
    time.sleep(0.05)
    began = time.time()
    queue.enqueue(b"%d" % number)
    print(began)
"""


def queue_in_another_process(server: Server, number: int) -> list[float]:
    """Queues so many, and returns when each was."""
    environment = {**environment_of_tests(), "REDIS_URL": redis_url(server=server)}
    command = [sys.executable, "-c", QUEUEING, str(number)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.splitlines()]


def test_a_task_from_another_machine_begins_at_once(redis: Server) -> None:
    taking = Taking(SharedStorage("tests"))
    began = queue_in_another_process(redis, 20)
    eventually(lambda: len(taking.got) == 20, "all tasks")
    taking.end()
    waits = sorted(at - then for (_, at), then in zip(taking.got, began, strict=True))
    assert waits[10] < 0.05, waits


def test_each_task_is_taken_by_one_of_all_machines(redis: Server) -> None:
    taking = Taking(*(SharedStorage("tests") for _ in range(6)))
    one, other = SharedStorage("tests"), SharedStorage("tests")
    for number in range(100):
        (one, other)[number % 2].enqueue(b"%d" % number)
    eventually(lambda: one.queue_size() == 0, "an empty queue")
    assert taking.end() == sorted(b"%d" % number for number in range(100))


def test_a_queue_in_redis_outlives_a_restart_of_redis(
    redis: Server, caplog: pytest.LogCaptureFixture
) -> None:
    queue, taking = SharedStorage("tests"), Taking(SharedStorage("tests"), SharedStorage("tests"))
    queue.enqueue(b"before")
    eventually(lambda: len(taking.got) == 1, "the first task")
    redis.stop()
    eventually(lambda: "Redis can't be reached" in caplog.text, "a warning")
    queue.enqueue(b"meanwhile")  # is left out, and nobody falls over it
    assert queue.read_schedule(datetime.now()) == []
    redis.start()

    def gets_through() -> bool:
        queue.enqueue(b"after")
        return any(data == b"after" for data, _ in taking.got)

    eventually(gets_through, "a task after the restart")
    taking.end()
    assert [one.levelname for one in caplog.records].count(logging.getLevelName(logging.WARNING)) == 1
    assert all(one.levelno < logging.ERROR for one in caplog.records)


def test_a_task_that_is_under_way_when_redis_goes_is_done(redis: Server) -> None:
    huey, done = SharedHuey("tests"), []

    @huey.task()
    def note(word: str) -> str:
        done.append(word)
        return word

    for word in ("before", "after"):
        note(word)
    tasks = [huey.dequeue(), huey.dequeue()]
    redis.stop()
    try:
        for task in tasks:
            huey.execute(task)
    finally:
        redis.start()
    assert done == ["before", "after"]


def test_schedules_work_in_redis(redis: Server) -> None:
    huey = SharedHuey("tests")

    @huey.task()
    def add(one: int, two: int) -> int:
        return one + two

    result = add.schedule((1, 2), delay=0)
    for task in huey.read_schedule():
        huey.enqueue(task)
    assert huey.execute(huey.dequeue()) == 3
    assert result.get() == 3


def test_a_hub_has_a_queue_of_its_own_in_a_redis_of_several(
    redis: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    SharedStorage("tests").enqueue(b"ours")
    settings.SECRET_KEY = "another hub's"
    monkeypatch.setattr(redis_server, "own_name", redis_server.own_name.__wrapped__)
    assert SharedStorage("tests").queue_size() == 0


def test_a_queue_in_redis_that_can_not_be_reached_is_known(
    redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    huey = SharedHuey("tests")
    monkeypatch.setattr(djhuey, "HUEY", huey)
    huey.storage.enqueue(b"tea")
    assert queue.number_waiting() == 1
    redis.stop()
    try:
        assert queue.number_waiting() is None
    finally:
        redis.start()
