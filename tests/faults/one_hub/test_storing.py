"""What becomes of events on their way to rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import requests

from tests.demo_hub import SESSION
from tests.faults.stage import RECOVERY_SECONDS, Stage
from tests.faults.table import Report
from tests.faults.truth import Truth
from tests.waiting import eventually
from whatsapp.ingest import codes
from whatsapp.ingest.spool import HEADER
from whatsapp.simulator import compose
from whatsapp.simulator.history import many

LOCKED_SECONDS = 10.0
SPOOLED_BYTES = 8_000
CHATS, MESSAGES_EACH = 40, 100  # four slices
LONG_AGO = 30 * 86_400  # seconds
IMPORTING = "SELECT id FROM whatsapp_historysync WHERE finished_at IS NULL AND step > 0"
FINISHED = "SELECT count(*) FROM whatsapp_historysync WHERE finished_at IS NOT NULL"
QUARANTINED = "SELECT id FROM whatsapp_inboxevent WHERE state = 3"


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Somebody has opened the database beside the hub, and lets nobody write."""
    with closing(sqlite3.connect(stage.hub.folder / "whatsapp-hub.db", timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.rollback()


def test_the_database_is_locked(stage: Stage, report: Report) -> None:
    def blow() -> None:
        with locked(stage):
            time.sleep(LOCKED_SECONDS)

    stage.suffers("database locked for 10 seconds", blow, report)


def test_a_history_is_interrupted_half_way(stage: Stage, report: Report) -> None:
    """The session is killed when some slices of it are rows; the rest follows when it is back."""
    (blob,) = many(
        CHATS, MESSAGES_EACH, owner=stage.olivia.jid, in_one_blob=CHATS, end=int(time.time()) - LONG_AGO
    )
    before = stage.hub.sql(FINISHED)[0][0]

    def blow() -> None:
        stage.olivia.hands_over_history(blob)
        eventually(lambda: stage.hub.sql(IMPORTING), "some of the history", RECOVERY_SECONDS)
        stage.kill(SESSION)
        assert stage.hub.sql(IMPORTING)
        eventually(lambda: stage.hub.sql(FINISHED)[0][0] > before, "the rest of it", RECOVERY_SECONDS)

    def is_whole(truth: Truth) -> None:
        old = stage.machines.pages(f"/api/messages?before={int(time.time()) - LONG_AGO // 2}")
        ids = [row["id"] for row in old]
        truth.check(len(ids) == len(set(ids)) == CHATS * MESSAGES_EACH, f"of the history: {len(ids)}")

    stage.suffers("history interrupted half-way", blow, report, then=is_whole)


def test_the_spool_is_corrupted(stage: Stage, report: Report) -> None:
    """In the middle, while the database is locked, so that there is much in it; the session dies with it. One
    event is set aside, with its bytes, and handled once they are right again; no other is lost."""
    spool = stage.hub.folder / "auth" / "default" / "inbox.spool"

    def blow() -> None:
        with locked(stage):
            eventually(lambda: spool.stat().st_size > SPOOLED_BYTES, "events in the spool", RECOVERY_SECONDS)
            (pid,) = stage.hub.pids_of(SESSION)
            session = psutil.Process(pid)
            session.suspend()
            second = HEADER.size + HEADER.unpack_from(spool.read_bytes())[0]
            right = turn_over(spool, second + HEADER.size + 5)
            session.kill()
            session.wait(10)
            stage.note_kill()
        eventually(lambda: stage.hub.sql(QUARANTINED), "it to be set aside", RECOVERY_SECONDS)
        stage.hub.sql(
            "UPDATE whatsapp_inboxevent SET state = 0, error = NULL, "
            f"data = CAST(substr(data, 1, 5) || X'{right:02X}' || substr(data, 7) AS BLOB) WHERE state = 3"
        )

    stage.suffers("spool corrupted, session killed", blow, report)


def turn_over(file: Path, place: int) -> int:
    """Damages the byte at that place; returns what it was."""
    with file.open("r+b") as opened:
        opened.seek(place)
        right = opened.read(1)[0]
        opened.seek(place)
        opened.write(bytes([right ^ 0xFF]))
    return right


def test_rows_of_the_inbox_are_corrupted(stage: Stage, report: Report) -> None:
    """One that waits for the message it changes, and one in line. Both are set aside, each alone; and
    handled, once their bytes are right again."""
    carol = stage.simulator.person("Carol", "15550103")
    device = carol.account.devices[0]
    ids: list[str] = []

    def sends_under(message_id: str, text: str) -> None:
        stage.simulator.call(stage.simulator.world.faults.next_id.__setitem__, device, message_id)
        carol.send_text(stage.olivia, text)

    def blow() -> None:
        message_id = f"3EB0{stage.chance.getrandbits(64):016X}"
        ids.append(message_id)
        edit = compose.edit(compose.key(stage.olivia.jid, message_id, True, None), compose.text("second"))
        carol.send_message(stage.olivia, edit)
        waits = f"SELECT id, account_id, hex(data) FROM whatsapp_inboxevent WHERE waits_for = '{message_id}'"
        ((row, account, data),) = eventually(lambda: stage.hub.sql(waits), "the edit", RECOVERY_SECONDS)
        stage.hub.sql(f"UPDATE whatsapp_inboxevent SET data = X'FFFF{data[4:]}' WHERE id = {row}")
        stage.hub.sql(
            "INSERT INTO whatsapp_inboxevent (account_id, code, data, received_at, state) "
            f"VALUES ({account}, {codes.MESSAGE}, X'FFFF{data}', 0, 0)"
        )
        sends_under(message_id, "first")
        eventually(lambda: len(stage.hub.sql(QUARANTINED)) == 2, "both to be set aside", RECOVERY_SECONDS)
        assert body_of(message_id) == "first"
        told = requests.get(f"{stage.hub.url}/metrics", headers={"x-api-key": stage.hub.key}, timeout=20).text
        assert 'whatsapp_hub_inbox_events{state="quarantined"} 2.0' in told
        assert "2 events in quarantine" in stage.hub.manage("quarantine").stdout
        stage.hub.sql(f"UPDATE whatsapp_inboxevent SET data = X'{data}' WHERE state = 3")
        stage.hub.manage("quarantine", "--replay")
        eventually(lambda: not stage.hub.sql(QUARANTINED), "both to be handled", RECOVERY_SECONDS)
        assert body_of(message_id) == "second"

    def body_of(message_id: str) -> str:
        return str(stage.machines.call(f"/api/messages/{message_id}")["body"])

    def are_right(truth: Truth) -> None:
        truth.check([truth.rows[one]["body"] for one in ids] == ["second"] * len(ids), "edits are missing")

    stage.suffers("rows of the inbox corrupted", blow, report, then=are_right)
