"""The health check of the container: whether the hub answers."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.demo_hub import ROOT, free_port


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Yields the port of what answers with this status, and knows one address."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def checked(port: int, **more: str) -> tuple[int, str]:
    """The code that it ends with, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "hub.healthcheck"],
        cwd=ROOT,
        env={"PORT": str(port), **more},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_hub_that_answers_is_healthy() -> None:
    with answering(200) as port:
        assert checked(port) == (0, "")


def test_it_asks_the_hub_itself_whatever_proxy_there_is() -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    with answering(200) as port:
        assert checked(port, http_proxy=proxy, HTTP_PROXY=proxy) == (0, "")


@pytest.mark.parametrize("status", [503, 404, 302])
def test_one_that_answers_otherwise_is_not(status: int) -> None:
    with answering(status) as port:
        assert checked(port) == (1, f"it answers with {status}\n")


def test_one_that_does_not_answer_is_not() -> None:
    code, said = checked(free_port())
    assert code == 1
    assert said.startswith("no answer: ")
