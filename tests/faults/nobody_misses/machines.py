"""The machines of a hub: one with all that it needs, or several that share a PostgreSQL and a Redis."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import requests

from tests.demo_hub import SESSION, Hub
from tests.servers import Server
from whatsapp.ingest import codes
from whatsapp.ingest.spool import Spool
from whatsapp.protobuf import neonize_pb2

RECOVERY_SECONDS = 60.0  # of a process that was killed; only a failing test waits so long
PENDING = "SELECT code, data FROM whatsapp_inboxevent WHERE state = 0"


@dataclass
class Machines:
    """`shared` are the servers that they share; a proxy before them would try another machine where one does
    not take a connection, and so do we."""

    hubs: list[Hub]
    shared: dict[str, Server] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.hubs[0].key

    @property
    def urls(self) -> list[str]:
        return [hub.url for hub in self.hubs]

    def call(self, path: str, body: Any = None) -> Any:
        for hub in self.hubs[:-1]:
            with contextlib.suppress(requests.ConnectionError):
                return hub.call(path, body)
        return self.hubs[-1].call(path, body)

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self.call(f"{path}&limit=500{cursor}")
            yield from page["data"]
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"

    def newest(self) -> int:
        return int(self.call("/health")["log"]["newest"])

    def processes(self, words: str) -> list[tuple[Hub, int]]:
        """The processes whose command has these words, and the machine that each is on."""
        return [(hub, pid) for hub in self.hubs for pid in sorted(hub.pids_of(words))]

    def machine_of(self, account: str) -> Hub | None:
        """The one that has the account's session."""
        found = self.processes(f"{SESSION} {account}")
        return found[0][0] if found else None

    def on_the_way_in(self, hub: Hub, account: str) -> set[str]:
        """The messages in the spool and the inbox of an account whose session has died on that machine."""
        copy = hub.folder / "spool-copy"
        found: list[tuple[Any, bytes]] = []
        with contextlib.suppress(FileNotFoundError):  # it was never linked there
            shutil.copyfile(hub.folder / "auth" / account / "inbox.spool", copy)
            spool = Spool(copy)
            found += [(event.code, event.data) for event in spool.waiting(10_000)]
            spool.close()
        found += hub.sql(PENDING)
        return {neonize_pb2.Message.FromString(data).Info.ID for code, data in found if code == codes.MESSAGE}


def goes_down(hub: Hub) -> None:
    """kill -9 of all its processes, as when a machine loses its power."""
    assert hub.process is not None
    supervisor = psutil.Process(hub.process.pid)
    supervisor.suspend()  # it starts none again
    processes = [*supervisor.children(recursive=True), supervisor]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    hub.process.wait()
    psutil.wait_procs(processes, timeout=10)
