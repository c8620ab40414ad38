"""What `manage.py doctor` finds, and what it says to do."""

import email.utils
import http.server
import shutil
import socket
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.builders import build_inbox_event, build_message, build_webhook
from tests.tools import about_sqlite
from whatsapp import doctor
from whatsapp.doctor import Finding, Level
from whatsapp.models import Account, Connection, InboxEvent, Webhook

pytestmark = pytest.mark.django_db

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def away(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Nothing but loopback is asked, and nobody listens there."""
    monkeypatch.setattr(doctor, "WHATSAPP", f"http://127.0.0.1:{free_port()}/")
    settings.PORT = free_port()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def findings(part: str) -> list[Finding]:
    return list(doctor.EXAMINATIONS[part](part))


def only(part: str) -> Finding:
    (finding,) = findings(part)
    return finding


@contextmanager
def answering(status: int = 200, body: bytes = b"", **headers: str) -> Iterator[int]:
    """A server on loopback; yields its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def test_each_finding_that_is_not_good_says_what_to_do() -> None:
    Account.default()
    found = list(doctor.examine())
    assert {finding.part for finding in found} >= set(doctor.EXAMINATIONS)
    for finding in found:
        assert bool(finding.fix) == (finding.level is not Level.GOOD), finding


def test_the_command_ends_with_1_where_something_is_bad() -> None:
    output = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=output)
    assert end.value.code == 1
    assert "bad  whatsapp" in output.getvalue()
    assert "→ See whether this machine has Internet access" in output.getvalue()


def test_the_command_ends_well_where_nothing_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    output = StringIO()
    with answering(Date=email.utils.formatdate()) as port:
        monkeypatch.setattr(doctor, "WHATSAPP", f"http://127.0.0.1:{port}/")
        call_command("doctor", stdout=output)
    assert "\nbad" not in output.getvalue()


# The machine


def test_a_file_that_others_may_read_is_named_with_the_command_that_mends_it(
    settings: Any, tmp_path: Path
) -> None:
    settings.ENV_FILE = tmp_path / ".env"
    settings.ENV_FILE.write_text("API_KEY=secret")
    settings.ENV_FILE.chmod(0o644)
    (finding,) = [one for one in findings("permissions") if str(settings.ENV_FILE) in one.what]
    assert (finding.level, finding.fix) == (Level.LOOK, f"chmod go-rwx {settings.ENV_FILE}")
    settings.ENV_FILE.chmod(0o600)
    assert not [one for one in findings("permissions") if str(settings.ENV_FILE) in one.what]


@pytest.mark.parametrize(
    ("free", "level"), [(100 * 1024**2, Level.BAD), (1024**3, Level.LOOK), (50 * 1024**3, Level.GOOD)]
)
def test_a_disk_that_fills_up_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(100 << 30, 0, free))
    assert only("disk").level is level


def test_a_disk_is_named_once_however_much_is_on_it(settings: Any) -> None:
    assert only("disk").what.endswith(f" are free for {settings.DATA_DIR}.")
    settings.OUTBOX_DIR = settings.MEDIA_DIR = Path("/dev/shm")  # another disk than that of the data
    folders = [finding.what.split(" for ")[1] for finding in findings("disk")]
    assert folders == [f"{settings.DATA_DIR}.", "/dev/shm."]


def test_a_hub_that_runs_is_told_from_a_stranger_on_its_port(settings: Any) -> None:
    assert "the hub is stopped" in only("port").what
    with answering(body=b'{"version": "0.1.0", "status": "ok"}') as settings.PORT:
        assert only("port").level is Level.GOOD
        assert "A hub 0.1.0 answers" in only("port").what
    for body in (b"<html>", b"[]", b"{}"):
        with answering(body=body) as settings.PORT:
            assert only("port").level is Level.BAD


@pytest.mark.parametrize(
    ("off", "level"), [(0, Level.GOOD), (-30, Level.GOOD), (300, Level.BAD), (-300, Level.BAD)]
)
def test_a_clock_that_is_off_is_noticed(monkeypatch: pytest.MonkeyPatch, off: int, level: Level) -> None:
    with answering(Date=email.utils.formatdate(time.time() + off)) as port:
        monkeypatch.setattr(doctor, "WHATSAPP", f"http://127.0.0.1:{port}/")
        reached, clock = findings("whatsapp")
    assert reached.level is Level.GOOD
    assert (clock.part, clock.level) == ("clock", level)


def test_whatsapp_that_is_out_of_reach_is_bad() -> None:
    assert only("whatsapp").level is Level.BAD


# What is stored


def test_a_database_of_a_newer_hub_is_bad() -> None:
    assert only("database").level is Level.GOOD
    MigrationRecorder(connection).record_applied("whatsapp", "9999_later")
    finding = only("database")
    assert finding.level is Level.BAD
    assert "whatsapp.9999_later" in finding.what


def test_tables_that_are_still_to_be_made_are_named() -> None:
    ((app, newest),) = MigrationLoader(None).graph.leaf_nodes("whatsapp")
    MigrationRecorder(connection).record_unapplied(app, newest)
    finding = only("database")
    assert finding.level is Level.LOOK
    assert f"{app}.{newest}" in finding.what


@about_sqlite
def test_an_index_that_is_not_in_step_is_bad_until_it_is_made_anew() -> None:
    message = build_message("lighthouse")
    assert only("search and counts").level is Level.GOOD
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER whatsapp_message_fts_insert")
    build_message("cake")
    assert "lack whatsapp_message_fts_insert" in only("search and counts").what
    call_command("reindex", stdout=StringIO())
    assert only("search and counts").level is Level.GOOD
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM whatsapp_message_fts_docsize WHERE id = %s", [message.pk])
    finding = only("search and counts")
    assert finding.level is Level.BAD
    assert "whatsapp_message_fts (+1 rows)" in finding.what
    call_command("reindex", stdout=StringIO())
    assert only("search and counts").level is Level.GOOD


def test_secrets_that_were_sealed_with_another_key_are_named(settings: Any) -> None:
    settings.ENCRYPTION_KEY = "one key, long enough"
    webhook = build_webhook(secret="of this webhook")
    assert only("secrets").level is Level.GOOD
    settings.ENCRYPTION_KEY = "another key, long enough"
    finding = only("secrets")
    assert finding.level is Level.BAD
    assert f"webhooks {webhook.pk} " in finding.what


# What runs


def test_a_line_says_how_it_is() -> None:
    account = Account.default()
    assert only("connection").what == "default: no session runs."
    lines = Connection.objects.filter(account=account)
    lines.update(heartbeat_at=int(time.time()), status="qr")
    assert "no phone is linked" in only("connection").what
    lines.update(status="disconnected", reason="The phone has unlinked the hub.")
    assert only("connection").what == "default: The phone has unlinked the hub."
    lines.update(status="connected")
    assert only("connection").level is Level.GOOD


def test_what_is_left_lying_is_said() -> None:
    assert only("backlog").level is Level.GOOD
    build_inbox_event(state=InboxEvent.State.QUARANTINED)
    webhook = build_webhook()
    Webhook.objects.filter(pk=webhook.pk).update(paused_at=1)
    kept, paused = findings("backlog")
    assert kept.what.startswith("1 of WhatsApp's events")
    assert paused.what == f"Webhooks {webhook.pk} are paused."
