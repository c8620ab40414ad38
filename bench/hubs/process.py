"""A hub of the bench's own, started as `make run` starts it, and the injection door into it."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.clients.http import Connection, Failed, call
from bench.hubs.usage import Memory, cpu_seconds, memory_of, tree

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.003
QUIET_SHARE, QUIET_SECONDS, PATIENCE_SECONDS = 0.10, 1.0, 60.0
PORTS = range(20_000, 32_000)  # below those of connections (ip_local_port_range)
LAST_OUTPUT = 4_000  # characters


class Broken(Exception):
    """A process doesn't do what it must. The message has the last that it said."""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from starting the processes to the first 200 of /health, and of a list of messages."""

    health: float
    messages: float


@dataclass
class Hub:
    """A hub on a data folder. `simulator` is the `simulator.json` of the WhatsApp that it talks to."""

    folder: Path
    simulator: Path
    is_injected: bool = False  # the injection door is in the session process's place
    settings: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    port: int = 0
    door_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of what the owner may have set for a hub of their own."""
        inherited = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
        }
        return inherited | {
            "DATA_DIR": str(self.folder),
            "ENV_FILE": str(self.folder / ".env"),
            "API_KEY": self.key,
            "PORT": str(self.port),
            "SIMULATOR": str(self.simulator),
            "ALLOW_PRIVATE_URLS": "true",
            "REQUESTS_PER_MINUTE": "0",
            "SEND_RATE_PER_MINUTE": "0",
            **self.settings,
        }

    async def start(self) -> Start:
        """Raises Broken when it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.door_port = free_port(), free_port()
        what = ["bench.hubs.injected", str(self.door_port)] if self.is_injected else ["hub.start"]
        began = time.perf_counter()
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *what],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl+C is for the bench, which then stops it
            )
        await self._first_success("/health")
        health = time.perf_counter() - began
        await self._first_success("/api/messages?limit=50")
        started = Start(health, time.perf_counter() - began)
        if self.is_injected:
            await self._opened()
        return started

    async def _first_success(self, path: str) -> None:
        async for _ in self._tries(f"The hub does not answer at {path}."):
            try:
                await self.call("GET", path)
            except (OSError, Failed, asyncio.IncompleteReadError):
                continue
            return

    async def _opened(self) -> None:
        async for _ in self._tries("The injection door does not open."):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.door_port)
            except OSError:
                continue
            writer.close()
            return

    async def _tries(self, failure: str) -> AsyncIterator[None]:
        """Tries for as long as a start may take; then raises Broken."""
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            yield
            await asyncio.sleep(LOOK_SECONDS)
        raise Broken(f"{failure} The last that the hub said:\n{last_of(self.folder / 'output')}")

    def stop(self) -> None:
        """As Ctrl+C does; what is left after that is killed."""
        process, self.process = self.process, None
        if process is not None:
            end(process)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await call(self.url, method, path, key=self.key, body=body)

    def connection(self) -> Connection:
        return Connection(self.url, {"x-api-key": self.key})

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def memory(self) -> Memory:
        return memory_of(self.pid)

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    async def becomes_quiet(self) -> None:
        """Returns when its processes together need less than a tenth of a core, or after a minute."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            before = self.cpu_seconds
            await asyncio.sleep(QUIET_SECONDS)
            if self.cpu_seconds - before < QUIET_SHARE * QUIET_SECONDS:
                return

    @property
    def door(self) -> "Door":
        """The way in for invented messages."""
        assert self.is_injected
        return Door(f"http://127.0.0.1:{self.door_port}")


@dataclass(frozen=True, slots=True)
class Door:
    """`manage.py injectiondoor`."""

    url: str

    async def load(self, path: Path, limit: int | None = None, *, history: bool = False) -> dict[str, Any]:
        """The door's figures of taking a corpus in."""
        wish = {"path": str(path), "limit": limit, "history": history}
        figures = dict(await call(self.url, "POST", "/load", body=wish))
        if figures["quarantined"]:
            raise Broken(f"The hub could not handle {figures['quarantined']} of the events in {path}.")
        return figures

    async def live(self, count: int, rate: float, run: str) -> dict[str, Any]:
        """The door's figures of `count` messages at `rate` a second; 0 is as fast as they are handled."""
        figures = dict(await call(self.url, "POST", "/live", body={"count": count, "rate": rate, "run": run}))
        if figures["quarantined"]:
            raise Broken(f"The hub could not handle {figures['quarantined']} of the messages of {run}.")
        return figures


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[Hub]:
    """The hub, started and come to rest; stopped at the end, whatever happens."""
    try:
        await hub.start()
        await hub.becomes_quiet()
        yield hub
    finally:
        hub.stop()


def end(process: subprocess.Popen[Any]) -> None:
    """Asks the process to stop; kills it, and all that it has started, when it doesn't."""
    below = list(tree(process.pid))
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for one in psutil.wait_procs(below, timeout=5)[1]:
        one.kill()


def last_of(path: Path) -> str:
    return path.read_text(errors="replace")[-LAST_OUTPUT:]


def free_port() -> int:
    """One that nobody listens at, and that the system gives to no connection meanwhile."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
