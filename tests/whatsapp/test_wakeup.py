"""News of what another process has written."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.builders import build_event
from tests.waiting import eventually
from whatsapp import wakeup

pytestmark = pytest.mark.django_db(transaction=True)

of_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="is about the file of a SQLite")

WAITER = """
import django; django.setup()
from whatsapp import wakeup
wakeup.LOOK_SECONDS = 60.0
seen = wakeup.now()
print("waiting", flush=True)
print(wakeup.wait(seen, 30.0) != seen, flush=True)
"""


def folder() -> Path:
    path = Path(str(connection.settings_dict["NAME"]))
    return path.with_name(path.name + "-news")


def test_who_waits_is_nudged_by_whoever_logs_an_event() -> None:
    """It would look by itself a minute later."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    command = [sys.executable, "-c", WAITER]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as waiter:
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "waiting\n"
        time.sleep(0.2)  # its first look is over
        build_event()
        assert waiter.stdout.readline() == "True\n"


@of_sqlite
def test_what_a_dead_process_has_left_is_swept_away() -> None:
    wakeup.now()  # so that there is the folder
    left = folder() / "1-1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(left))
    assert left.exists()
    build_event()
    assert not left.exists()


@of_sqlite
def test_two_may_sweep_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of them has listed the other may have swept away by then."""
    seen = wakeup.now()
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([path / "1-1", *listed(path)]))
    build_event()
    assert eventually(lambda: wakeup.wait(seen, 0.1) != seen)


def test_who_is_nudged_often_reads_all_nudges(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its socket holds few of them, and whoever writes waits for nobody."""
    seen = wakeup.now()
    for _ in range(300):
        wakeup.nudge()
    build_event()
    assert eventually(lambda: wakeup.wait(seen, 0.1) != seen)


@of_sqlite
def test_a_database_in_a_deep_folder_can_be_watched(tmp_path: Path) -> None:
    """The address of a socket has a hundred characters at the most."""
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    wakeup.Watch(deep / "hub.db")
    assert len(list((deep / "hub.db-news").iterdir())) == 1


def test_who_listens_is_told_until_they_stop() -> None:
    news = threading.Event()
    with wakeup.heard_by(news):
        build_event()
        assert news.wait(5.0)
    news.clear()
    seen = wakeup.now()
    build_event()
    assert eventually(lambda: wakeup.wait(seen, 0.1) != seen)
    assert not news.is_set()
