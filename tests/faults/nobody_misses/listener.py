"""A WebSocket client that connects anew every second, and whenever it is cut off."""

import itertools
import threading
import time
from collections import defaultdict
from typing import Any

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.faults.nobody_misses.machines import Machines

CONNECTED_SECONDS = 1.0
UPSERT = "wa.messages.upsert"


class Listener:
    """`account` is whose events it asks for: without, as a client does that knows of one account only. Each
    connection is to the next machine."""

    def __init__(self, machines: Machines, account: str | None = None) -> None:
        self._key = {"x-api-key": machines.key}
        self._urls = itertools.cycle(machines.urls)
        self._account = f"&account={account}" if account else ""
        self.heard: list[dict[str, Any]] = []
        self.cursor = 0
        self.times_greeted = 0
        self.greeted_at: defaultdict[str, float] = defaultdict(float)  # a machine's address → the last time
        self.cuts = 0
        self.farewells: list[dict[str, Any]] = []
        self.newest_message_ms: defaultdict[str, int] = defaultdict(int)  # of each account
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self._connect(next(self._urls))
            except (OSError, WebSocketException):
                self.cuts += 1
                self._stop.wait(0.1)

    def _connect(self, url: str) -> None:
        address = f"{url.replace('http', 'ws')}/ws?since={self.cursor}{self._account}"
        with connect(
            address, additional_headers=self._key, max_size=None, open_timeout=5, close_timeout=1
        ) as line:
            hello = orjson.loads(line.recv(timeout=5))
            assert hello["data"]["status"] == "ws_connected"
            self.times_greeted += 1
            self.greeted_at[url] = time.time()
            until = time.monotonic() + CONNECTED_SECONDS
            while (left := until - time.monotonic()) > 0:
                try:
                    event = orjson.loads(line.recv(timeout=left))
                except TimeoutError:
                    return
                if "id" not in event:
                    self.farewells.append(event["data"])  # why the hub hangs up
                    continue
                self.heard.append(event)
                self.cursor = event["id"]
                if event["type"] == UPSERT:
                    self.newest_message_ms[event["account"]] = event["timestamp"]

    def told_messages(self, account: str, most: int = 0) -> list[str]:
        """The ids of the account's messages that were told of, as often as they were; of the last `most`
        events, or of all."""
        return [
            message["key"]["id"]
            for event in self.heard[-most:]
            if (event["type"], event["account"]) == (UPSERT, account)
            for message in event["data"]["messages"]
        ]
