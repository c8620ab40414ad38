"""Several web processes at one socket."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings

from hub.start import is_free, listen
from tests.api.conftest import ROOT, answers
from tests.servers import database_of
from tests.waiting import eventually

PROCESSES = 2
REQUEST = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


class Webs:
    """Web processes of one hub, and the socket that they share."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.door = listen(host, 0)
        self.port: int = self.door.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "API_KEY": settings.API_KEY,
            "DATA_DIR": str(folder),
            **database_of(folder),
            "WEB_PROCESSES": str(PROCESSES),
        }
        self.log = (folder / "web.log").open("ab")
        self.processes = [self.start(number) for number in range(PROCESSES)]

    def start(self, number: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "hub.web", "--fd", "0", "--number", str(number)],
            env=self.environment,
            cwd=ROOT,
            stdin=self.door,
            stdout=self.log,
            stderr=self.log,
        )

    def of_each(self) -> list[int]:
        """How many connections from its clients each process has."""
        return [
            sum(
                end.status == "ESTABLISHED" and end.laddr.port == self.port
                for end in psutil.Process(process.pid).net_connections("tcp")
            )
            for process in self.processes
        ]

    def are_all_up(self) -> bool:
        """Whether the hub has so many, and each of these would end in order: one that has just ended may be
        counted still."""
        is_whole = (
            answers(self.url) and len(httpx.get(f"{self.url}/health").json()["web_processes"]) == PROCESSES
        )
        return is_whole and all(catches(process.pid, signal.SIGTERM) for process in self.processes)

    def stop(self) -> None:
        self.door.close()
        self.log.close()  # the processes have it open themselves
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        assert [process.wait(10) for process in self.processes] == [0] * PROCESSES


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler for that signal (proc(5): SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.fixture(scope="module")
def webs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webs]:
    running = Webs(tmp_path_factory.mktemp("hub"))
    try:
        eventually(running.are_all_up, "all web processes")
        yield running
    finally:
        running.stop()


async def burst(port: int, connections: int) -> list[asyncio.StreamWriter]:
    """So many connections at once, each answered."""
    lines = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", port) for _ in range(connections)),
    )
    for reader, writer in lines:
        writer.write(REQUEST)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    return [writer for _, writer in lines]


def test_a_burst_of_connections_is_shared(webs: Webs) -> None:
    async def shares() -> list[list[int]]:
        found = []
        for _ in range(5):
            writers = await burst(webs.port, 16)
            found.append(webs.of_each())
            for writer in writers:
                writer.close()
                await writer.wait_closed()
            eventually(lambda: sum(webs.of_each()) == 0, "the ends of all connections")
        return found

    found = asyncio.run(shares())
    assert [sum(share) for share in found] == [16] * 5
    assert min(min(share) for share in found) >= 4


def test_who_does_not_move_holds_up_nobody(webs: Webs) -> None:
    """A process that is stopped counts as one with few connections, and is waited for; but not for long."""
    still = webs.processes[0]
    still.send_signal(signal.SIGSTOP)
    try:
        for _ in range(20):
            assert httpx.get(f"{webs.url}/health", timeout=10).status_code == 200
    finally:
        still.send_signal(signal.SIGCONT)


def test_a_connection_that_waits_outlives_all_processes(webs: Webs) -> None:
    for process in webs.processes:
        process.kill()
        process.wait()
    with socket.create_connection(("127.0.0.1", webs.port), timeout=30) as line:
        line.sendall(REQUEST)
        webs.processes = [webs.start(number) for number in range(PROCESSES)]
        assert line.recv(1000).startswith(b"HTTP/1.1 200 ")
    eventually(webs.are_all_up, "all web processes")


def test_the_socket_of_a_process_that_ends_is_still_everybodys(webs: Webs) -> None:
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", webs.port), timeout=10))
            for _ in range(8)
        ]
        eventually(lambda: min(webs.of_each()) > 0 and sum(webs.of_each()) == 8, "connections to each")
        webs.processes[0].terminate()
        assert webs.processes[0].wait(10) == 0
        answered = []
        for line in lines:
            try:
                line.sendall(REQUEST)
                answered.append(bool(line.recv(1000)))
            except ConnectionError:
                answered.append(False)
        assert any(answered)
        assert httpx.get(f"{webs.url}/health").status_code == 200
    webs.processes[0] = webs.start(0)
    eventually(webs.are_all_up, "all web processes")


@pytest.mark.skipif(not is_free("::1", 0), reason="there is no IPv6 on this machine")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_the_socket_may_be_of_ipv6(host: str) -> None:
    with listen(host, 0) as door:
        port = door.getsockname()[1]
        assert not is_free(host, port)
        socket.create_connection(("::1", port)).close()
        if host == "::":  # every network, those of IPv4 too
            socket.create_connection(("127.0.0.1", port)).close()
