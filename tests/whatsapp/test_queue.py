"""The worker's queue: a task begins soon after it is queued, by this process or another."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from whatsapp.queue import PromptHuey, PromptStorage


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
