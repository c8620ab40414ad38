"""A whole hub of a test's own: `python -m hub.start`, mostly with `--demo`, and a client of it."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests

from tests.servers import database_of
from tests.waiting import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0  # five processes, each of which loads Python anew
WEB, WORKER, SESSION = "hub.web", "run_huey", "runsession --account"  # words of their commands
WEB_PROCESSES = 2
ALICE = "12025550161@s.whatsapp.net"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Hub:
    """A running hub, and a client of it. One without a demo's people has to be linked; one that is new makes
    its tables itself."""

    folder: Path
    port: int
    demo: bool = True
    is_new: bool = False
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @cached_property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "HOME": str(self.folder),
            "ENV_FILE": str(self.folder / ".env"),
            "WEB_PROCESSES": str(WEB_PROCESSES),
            **database_of(self.folder, is_empty=self.is_new),
            **self.settings,
        }

    def start(self) -> None:
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.start", *(["--demo"] if self.demo else [])],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(self.is_up, "the hub to answer", START_SECONDS)
        if self.demo:
            self.waits_for("connected", START_SECONDS)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")

    @property
    def key(self) -> str:
        if "API_KEY" in self.settings:
            return self.settings["API_KEY"]
        found = re.search(r"^API_KEY=(.+)\n", (self.folder / ".env").read_text(), re.MULTILINE)
        if not found:
            raise FileNotFoundError("the key is being written")
        return found[1]

    def is_up(self) -> bool:
        try:
            return bool(self.call("/health")["status"] == "ok")
        except OSError:  # no key yet, or no answer
            return False

    def open(self, path: str, body: Any = None) -> requests.Response:
        method, headers = "POST" if body else "GET", {"x-api-key": self.key}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=40)
        assert answer.ok, answer.text
        return answer

    def call(self, path: str, body: Any = None) -> Any:
        return self.open(path, body).json()

    def delete(self, path: str) -> None:
        answer = requests.delete(self.url + path, headers={"x-api-key": self.key}, timeout=40)
        assert answer.ok, answer.text

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return list(self.call(f"/api/messages?limit=500&{query}")["data"])

    def waits_for(self, status: str, timeout: float = PATIENCE) -> None:
        eventually(lambda: self.call("/api/connection/status")["status"] == status, status, timeout)

    def pids_of(self, words: str) -> set[int]:
        """The processes whose command has these words."""
        assert self.process is not None
        pids = set()
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
                if words in " ".join(child.cmdline()):
                    pids.add(child.pid)
        return pids

    def manage(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """What one of the hub's commands says, run beside it; `more` is in its environment."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Asks or changes the database, beside the hub."""
        url = self.environment.get("DATABASE_URL")
        if url is not None:
            with psycopg.connect(url) as server:
                done = server.execute(statement)  # type: ignore[arg-type]  # it is our own
                return done.fetchall() if done.description else []
        with closing(sqlite3.connect(self.folder / "whatsapp-hub.db", timeout=20)) as file, file:
            return file.execute(statement).fetchall()
