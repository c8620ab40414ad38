"""Nobody writes lines of their own into the log, or orders to the terminal that shows it."""

import io
import logging
import re
import socket
from logging.config import dictConfig
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import call_command

from tests.api.conftest import Hub
from tests.attacks.table import tried
from tests.builders import build_inbox_event
from tests.protobufs import build_group_notice
from tests.waiting import eventually
from tests.whatsapp.ingest.arriving import arrive, drain
from whatsapp.ingest import codes
from whatsapp.models import Account, InboxEvent

FORGED = "2026-01-01 00:00:00 INFO    hub.web: forged"
ORDERS = ("\r", "\n", "\r\n", "\x1b[2J", "\x1b]0;title\x07", "\x00", "\x08", "\x85", "\u2028", "\u202e")
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ +[\w.]+: |    ")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written by the handler of the hub's settings."""
    root, written = logging.getLogger(), io.StringIO()
    monkeypatch.setattr(root, "handlers", [])
    console = {**settings.LOGGING["handlers"]["console"], "stream": written}
    before = root.level
    dictConfig({**settings.LOGGING, "handlers": {"console": console}})
    root.setLevel(before)
    return written


def lines_of(log: io.StringIO) -> list[str]:
    return log.getvalue().removesuffix("\n").split("\n")


def is_wrong(line: str) -> bool:
    """Whether it is no line of the hub's own."""
    return line.startswith(FORGED) or not RECORD.match(line) or not line.isprintable()


def fails(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("order", ORDERS)
@tried("line breaks and terminal orders in what is logged")
def test_a_record_is_one_line(log: io.StringIO, order: str) -> None:
    hostile = f"x{order}{FORGED}"
    logging.getLogger("test").warning("A name: %s", hostile)
    try:
        fails(hostile)
    except ValueError:
        logging.getLogger("test").exception("Something failed about %s", hostile)
    first, second, *traceback = lines_of(log)
    for line in (first, second):
        assert RECORD.match(line)
        assert line.isprintable()
    assert traceback
    assert [line for line in traceback if not line.startswith("    ") or not line.isprintable()] == []
    assert "forged" in traceback[-1]


@pytest.mark.django_db
@tried("line breaks in what is quarantined", fields=lambda: ["JIDs of events"])
def test_an_event_that_can_not_be_handled_writes_no_lines(log: io.StringIO, capsys: Any) -> None:
    account = Account.default()
    arrive(account, [(codes.GROUP_INFO, build_group_notice(f"1\n{FORGED}@x", 1), 0)])
    drain(account)
    assert InboxEvent.objects.quarantined().count() == 1
    assert "forged" in log.getvalue()
    assert [line for line in lines_of(log) if is_wrong(line)] == []
    build_inbox_event(state=InboxEvent.State.QUARANTINED, error=f"ValueError: \x1b[2J\r{FORGED}\u202e")
    call_command("quarantine")
    assert [line for line in capsys.readouterr().out.splitlines() if not line.isprintable()] == []


def paths() -> list[str]:
    return ["/api/actions/send/text", "/api/nothing", "/nothing", "/ws", "/admin/nothing"]


@tried("line breaks in paths, queries, headers and keys", paths)
def test_no_request_writes_lines_into_the_log(hub: Hub) -> None:
    log = Path(hub.environment["DATA_DIR"]) / "web.log"
    url = httpx.URL(hub.url)
    encoded = "x%0D%0A" + FORGED.replace(" ", "%20") + "%1B%5B2J"
    for path in paths():
        for target in (f"{path}/{encoded}", f"{path}?{encoded}={encoded}"):
            for headers in (
                f"x-api-key: {encoded}",
                f"User-Agent: {encoded}\r\nX-Forwarded-For: {encoded}\r\nCookie: {encoded}",
                f"x-api-key: {settings.API_KEY}\r\nContent-Length: 200000000",
            ):
                with socket.create_connection((url.host, url.port), timeout=10) as line:
                    line.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode())
                    line.shutdown(socket.SHUT_WR)
                    while line.recv(65536):
                        pass
    eventually(lambda: "forged" in log.read_text(), "something of it to be logged")
    assert [line for line in log.read_text().split("\n")[:-1] if is_wrong(line)] == []
