"""A receiver of webhooks on loopback, and the worker that sends to it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def envelope(self) -> Any:
        return orjson.loads(self.body)

    @property
    def event_id(self) -> int:
        return int(self.envelope["id"])

    @property
    def delivery_id(self) -> str:
        return self.headers["X-Hub-Delivery"]


def answer(status: int = 200, body: bytes = b"ok", **headers: str) -> Behaviour:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return act


class Receiver:
    """Writes down what it gets, and answers as `behaves` says: by path, else as for all."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.behaves: dict[str, Behaviour] = {}
        self.default: Behaviour = answer()
        self.decide: Callable[[Received], Behaviour | None] = lambda received: None
        self.released = threading.Event()  # what hangs, hangs until then
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def handle(self) -> None:
                with suppress(ConnectionError):  # the client was killed
                    super().handle()

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                if len(body) < size:  # whoever sent it was killed
                    self.close_connection = True
                    return
                got = Received(self.path, dict(self.headers), body)
                receiver.received.append(got)
                act = receiver.decide(got) or receiver.behaves.get(self.path, receiver.default)
                try:
                    act(self)
                except OSError:
                    self.close_connection = True  # the client has left

            def log_message(self, *args: Any) -> None:
                return None

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait(30)
        handler.close_connection = True

    def at(self, path: str) -> list[Received]:
        return [got for got in self.received if got.path == path]

    def close(self) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()


@contextmanager
def running_worker(folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """huey's consumer as the hub runs it, on the tests' own database; retries come soon (`quick_worker`)."""
    log_path = folder / "worker.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.whatsapp.webhooks.quick_worker"],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "hub.settings",
                "DATA_DIR": str(settings.DATA_DIR),
                "ALLOW_PRIVATE_URLS": "true",
                **environment,
            },
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        print(log_path.read_text(errors="replace")[-3000:])  # pytest shows it when a test fails
