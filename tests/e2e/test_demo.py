"""The whole hub as a newcomer meets it: `python -m hub.start --demo`, and HTTP."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from django.conf import settings

from tests.demo_hub import ALICE, SESSION, WEB, WEB_PROCESSES, WORKER, Hub, free_port
from tests.servers import is_tested_on_postgresql
from tests.waiting import eventually

STORY_SECONDS = 60.0
EMMA = "447700900187@s.whatsapp.net"  # who is addressed by her LID
KINDS = {"text", "image", "video", "audio", "document", "sticker", "location", "contact", "reaction", "poll"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A demo whose story has been told."""
    running = Hub(tmp_path_factory.mktemp("demo"), free_port(), is_new=True)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        print(running.output[-5000:])  # pytest shows it when a test fails


def test_it_says_where_it_is_and_where_the_key_is(hub: Hub) -> None:
    assert f"http://localhost:{hub.port}" in hub.output
    assert f"API_KEY in {hub.folder / '.env'}" in hub.output
    assert hub.key not in hub.output


def test_every_kind_of_message_is_there_within_a_minute(hub: Hub) -> None:
    def missing() -> set[str]:
        messages = hub.messages()
        seen = {message["message_type"] for message in messages}
        marks = {
            "view once": any(message["is_view_once"] for message in messages),
            "forwarded": any(message["is_forwarded"] for message in messages),
            "quoted": any(message["quoted_id"] for message in messages),
            "mentions": any(message["mentions"] for message in messages),
            "ephemeral": any(message["is_ephemeral"] for message in messages),
            "edited": any(message["edited_at"] for message in messages),
            "deleted": any(message["is_deleted"] for message in messages),
        }
        return (KINDS - seen) | {name for name, there in marks.items() if not there}

    eventually(lambda: not missing() or None, "every kind", timeout=STORY_SECONDS)
    assert missing() == set()


def test_all_else_that_happens_is_told_within_a_minute(hub: Hub) -> None:
    wanted = {
        "wa.call",
        "wa.group-participants.update",
        "wa.groups.upsert",
        "wa.messaging-history.set",
        "wa.poll.vote",
        "wa.presence.update",
        "wa.story",
        "wa.story.view",
    }

    def missing() -> set[str]:
        return wanted - {row["event_type"] for row in hub.call("/api/stats/events/types")["data"]}

    eventually(lambda: not missing(), f"all kinds of events; missing {missing()}", STORY_SECONDS)


def test_the_owner_signs_in_to_admin_with_the_key(hub: Hub) -> None:
    admin = f"http://127.0.0.1:{hub.port}/admin/"
    with requests.Session() as browser:
        form = browser.get(admin, timeout=10)
        token = next(cookie.value for cookie in browser.cookies if "csrf" in cookie.name)
        signed_in = browser.post(
            form.url,
            data={"key": hub.key, "next": "/admin/", "csrfmiddlewaretoken": token},
            headers={"Referer": form.url},
            timeout=10,
        )
        assert signed_in.url == admin
        assert "Poll votes" in signed_in.text
        assert browser.get(f"{admin}whatsapp/message/", timeout=10).status_code == 200


def test_what_is_stored_is_for_its_owner_alone(hub: Hub) -> None:
    stored = [path for path in hub.folder.rglob("*") if path.is_file() and path.name != "output"]
    assert any(
        path.name == ("machine" if is_tested_on_postgresql() else "whatsapp-hub.db") for path in stored
    )
    assert [path.name for path in stored if path.stat().st_mode & 0o077] == []


def test_search_finds_a_word_of_them(hub: Hub) -> None:
    found = eventually(
        lambda: (hits := hub.call("/api/messages/search?q=map"))["total"] and hits, "the message"
    )
    assert all("map" in message["body"].lower() for message in found["data"])


def test_files_download_byte_for_byte_as_they_were_sent(hub: Hub) -> None:
    """The sender's own hash of the file is in the message that it encrypted."""

    def files() -> list[dict[str, Any]]:
        return hub.messages(has_media="true")

    def status_of(message: dict[str, Any]) -> str:
        return str(hub.call(f"/api/media/{message['media_id']}")["download_status"])

    eventually(lambda: {status_of(message) for message in files()} == {"downloaded"}, "all downloads")
    for message in files():
        raw = hub.call(f"/api/messages/{message['id']}")["raw"]
        file = hub.open(f"/api/media/{message['media_id']}/download").content
        digest = hashlib.sha256(file).digest()
        assert base64.b64encode(digest).decode() in json.dumps(raw), message["message_type"]


def test_a_message_is_sent_and_answered(hub: Hub) -> None:
    answer = hub.call("/api/actions/send/text", {"jid": ALICE, "text": "How are you, Alice?"})
    assert answer["success"]
    assert answer["key"]["remoteJid"] == ALICE
    assert answer["key"]["fromMe"]

    def quoted() -> list[str]:
        return [message["quoted_id"] for message in hub.messages(chat=ALICE, from_me="false")]

    eventually(lambda: answer["key"]["id"] in quoted(), "Alice's answer", timeout=30)
    eventually(
        lambda: hub.messages(chat=ALICE, from_me="true")[0]["status"] in ("delivered", "read"), "receipts"
    )


@pytest.mark.parametrize("words", [SESSION, WEB, WORKER])
def test_a_process_that_dies_is_started_again(hub: Hub, words: str) -> None:
    before = hub.pids_of(words)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: len(hub.pids_of(words) - {killed}) == len(before), f"another {words}")
    eventually(hub.is_up, "the hub to answer")
    hub.waits_for("connected")


def test_nobody_is_turned_away_while_a_web_process_starts_again(hub: Hub) -> None:
    before = hub.pids_of(WEB)
    assert len(before) == WEB_PROCESSES
    first, *others = before
    os.kill(first, signal.SIGKILL)
    while len(hub.pids_of(WEB) - {first}) < len(before):
        assert hub.call("/health")["status"] == "ok"
    for pid in others:  # now the other ones, of which all connections are
        os.kill(pid, signal.SIGKILL)
        assert hub.call("/health")["status"] == "ok"


def test_whoever_comes_while_no_web_process_runs_has_to_wait(hub: Hub) -> None:
    before = eventually(lambda: found if len(found := hub.pids_of(WEB)) == WEB_PROCESSES else None, "all")
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert hub.call("/health")["status"] == "ok"


def test_a_second_start_is_refused_with_one_sentence(hub: Hub) -> None:
    for port, words in (
        (hub.port, f"PORT {hub.port} can't be listened on"),
        (free_port(), "another one is running"),
    ):
        second = Hub(hub.folder, port)
        result = subprocess.run(
            [sys.executable, "-m", "hub.start", "--demo"],
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(second.folder), "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert result.returncode != 0
        assert words in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_only_loopback_is_spoken_to(hub: Hub) -> None:
    """Every socket of every process of the demo, as the system lists them."""
    assert hub.process is not None
    processes = psutil.Process(hub.process.pid).children(recursive=True)
    assert len(processes) == 4 + WEB_PROCESSES
    sockets = [socket for process in processes for socket in process.net_connections("inet")]
    ends = {end.ip for socket in sockets for end in (socket.laddr, socket.raddr) if end}
    assert ends
    assert {ip.removeprefix("::ffff:") for ip in ends} <= {"127.0.0.1", "::1"}


@pytest.mark.skipif(is_tested_on_postgresql(), reason="it looks into SQLite's files")
@pytest.mark.parametrize("who", [ALICE, EMMA])
def test_a_person_who_is_erased_is_in_no_table_and_no_file_any_more(
    hub: Hub, who: str, tmp_path: Path
) -> None:
    """Of a copy of the hub, at rest."""
    copy = Hub(tmp_path / "copy", free_port(), is_new=True, settings={"API_KEY": hub.key})
    backup = str(tmp_path / "backup.tar")
    assert hub.manage("backup", backup).returncode == 0
    assert copy.manage("restore", backup).returncode == 0
    ((jid, lid),) = copy.sql(f"SELECT jid, lid FROM whatsapp_contact WHERE '{who}' IN (jid, lid)")
    numbers = [address.partition("@")[0].encode() for address in (jid, lid) if address]
    files = [copy.folder / "whatsapp-hub.db", copy.folder / "auth" / "default" / "neonize.db"]
    assert all(any(number in file.read_bytes() for number in numbers) for file in files)
    (events,) = copy.sql("SELECT max(id), count(*) FROM whatsapp_event")
    others = copy.sql("SELECT count(*) FROM whatsapp_message WHERE from_me = 0")

    erased = copy.manage("erase", "--contact", jid, "--yes")

    assert erased.returncode == 0, erased.stderr
    assert "message: " in erased.stdout
    for file in files:
        assert not any(number in file.read_bytes() for number in numbers), file
    assert copy.sql("SELECT max(id), count(*) FROM whatsapp_event") == [events]
    assert 0 < copy.sql("SELECT count(*) FROM whatsapp_message WHERE from_me = 0")[0][0] < others[0][0]
    assert copy.sql("SELECT * FROM pragma_foreign_key_check") == []
    assert copy.sql("SELECT * FROM pragma_quick_check") == [("ok",)]
    assert "knows nobody there" in copy.manage("erase", "--contact", jid, "--yes").stderr


def test_it_can_be_stopped_and_started_again(hub: Hub) -> None:
    known = {message["id"] for message in hub.messages()}
    hub.stop()
    assert hub.process is not None
    assert hub.process.returncode == 0

    hub.start()
    assert known <= {message["id"] for message in hub.messages()}
    hub.waits_for("connected")
