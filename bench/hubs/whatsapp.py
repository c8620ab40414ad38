"""The bench's side of the simulated WhatsApp (`bench.hubs.simulated`).

Every hub that is measured talks to it and to nothing beyond this machine. Most show it a QR code that nobody
scans; it is a process of its own, so that no figure of the hub's has it in it.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.clients.http import Failed
from bench.hubs.process import ROOT, Broken, Hub, last_of

START_SECONDS = 120.0  # in a new folder it first learns the library's words
LINK_SECONDS = 60.0
END_SECONDS = 20.0
LOOK_SECONDS = 0.1


class WhatsApp:
    """`simulator` is the file that tells hubs how to reach it, `friend` whom the owner may write to."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.simulator = Path()
        self.friend = ""

    async def greet(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            said = await self._answer()
        self.simulator, self.friend = Path(said["simulator"]), said["friend"]

    async def link(self, hub: Hub) -> None:
        """The owner scans the hub's code; returns when that is connected."""
        async with asyncio.timeout(LINK_SECONDS):
            await self._ask("link", await self._code_of(hub))
            while (await hub.call("GET", "/api/connection/status"))["status"] != "connected":
                await asyncio.sleep(LOOK_SECONDS)

    async def unlink(self) -> None:
        """The owner logs the hub out; it then shows codes again."""
        await self._ask("unlink", True)

    async def send(self, text: str) -> float:
        """The friend writes to the owner by the same library as the hub uses; milliseconds."""
        return float(await self._ask("send", text))

    async def _code_of(self, hub: Hub) -> str:
        while True:
            try:
                return str((await hub.call("GET", "/api/connection/qr"))["raw"])
            except Failed:  # there is none yet
                await asyncio.sleep(LOOK_SECONDS)

    async def _ask(self, name: str, wish: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({name: wish}, option=orjson.OPT_APPEND_NEWLINE))
        await self._process.stdin.drain()
        return (await self._answer())[name]

    async def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise Broken(f"The simulated WhatsApp has ended:\n{last_of(self._log)}")
        return orjson.loads(line)


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[WhatsApp]:
    """A WhatsApp on loopback, with its files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.hubs.simulated", str(folder)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    whatsapp = WhatsApp(process, log)
    try:
        await whatsapp.greet()
        yield whatsapp
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def run_name(letter: str) -> str:
    """A name that no other run has."""
    return f"{letter}{time.monotonic_ns() // 1_000_000}"
