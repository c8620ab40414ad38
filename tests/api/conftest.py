"""Clients with and without a key, a session that answers, and a hub that runs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api import acts
from hub.start import listen
from tests.servers import database_of
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Action

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def api(db: None) -> Client:
    """A program that shows the key."""
    return Client(headers={"x-api-key": settings.API_KEY})


@pytest.fixture
def stranger() -> Client:
    """A program that has no key."""
    return Client()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for the session process."""
    monkeypatch.setattr(acts, "RESULT_SECONDS", 0.05)
    monkeypatch.setattr(acts, "COMMAND_SECONDS", 0.05)


class Session:
    """Stands for the session process: finishes each act the moment it is queued, as it was told to."""

    def __init__(self) -> None:
        self.taken: list[Action] = []
        self._outcome: dict[str, Any] | None = None

    def will(self, status: str, **outcome: Any) -> None:
        self._outcome = {"status": status, **outcome}

    def take(self, sender: Any, instance: Action, created: bool, **kwargs: Any) -> None:
        if not created:
            return
        self.taken.append(instance)
        if self._outcome is not None:
            actions.finish(Action.objects.get(pk=instance.pk), **self._outcome)


@pytest.fixture
def session(impatient: None) -> Iterator[Session]:
    """A session process that has not been told to do anything yet, so acts stay queued."""
    double = Session()
    post_save.connect(double.take, sender=Action)
    yield double
    post_save.disconnect(double.take, sender=Action)


@pytest.fixture
def count_queries() -> Callable[[Callable[[], Any]], int]:
    """How many queries a call makes."""

    def count(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    return count


# A hub that runs


@dataclass
class Hub:
    """A web process of its own, with its own data folder."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def run(self, code: str) -> str:
        """Runs Python in the hub's settings; the builders are at hand. Returns what it prints."""
        script = f"import django; django.setup()\nfrom tests.builders import *\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def scribe(self) -> Iterator["Scribe"]:
        """A process in the hub's settings that goes on running Python as it is told to."""
        with running_scribe(self.environment) as scribe:
            yield scribe

    def open_files(self) -> list[str]:
        """What the process has open, of those that have no name any more, too ("… (deleted)")."""
        targets = []
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it is closed while we look
                targets.append(str(link.readlink()))
        return targets

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"x-api-key": settings.API_KEY}, timeout=30)


SCRIBE = """
import contextlib, io, json, sys, traceback
import django; django.setup()
from tests.builders import *
for line in sys.stdin:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), globals())
        print(json.dumps([True, printed.getvalue()]), flush=True)
    except Exception:
        print(json.dumps([False, traceback.format_exc()]), flush=True)
"""


@dataclass
class Scribe:
    process: subprocess.Popen[str]

    def begin(self, code: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()

    def end(self) -> str:
        """What the code that was begun has printed. Fails when it failed."""
        assert self.process.stdout is not None
        went_well, printed = json.loads(self.process.stdout.readline())
        assert went_well, printed
        return str(printed)

    def run(self, code: str) -> str:
        self.begin(code)
        return self.end()


@contextmanager
def running_scribe(environment: dict[str, str]) -> Iterator[Scribe]:
    command = [sys.executable, "-c", SCRIBE]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Scribe(process)
        process.stdin.close()  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@contextmanager
def running_hub(folder: Path, **settings_of_its_own: str) -> Iterator[Hub]:
    """A web process, serving the hub from `folder` as it does in the field."""
    environment = {
        **os.environ,
        "WEB_PROCESSES": "1",
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "API_KEY": settings.API_KEY,
        "DATA_DIR": str(folder),
        "MEDIA_DIR": str(folder / "media"),
        **database_of(folder),
        **settings_of_its_own,
    }
    with listen("127.0.0.1", 0) as door, (folder / "web.log").open("wb") as log:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        command = [sys.executable, "-m", "hub.web", "--fd", "0"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=door, stdout=log, stderr=log)
    running = Hub(url, environment, process)
    try:
        eventually(lambda: answers(running.url), f"an answer; the log is {log.name}")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url + "/health").status_code == 200
    except httpx.TransportError:
        return False
