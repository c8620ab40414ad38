"""Two machines, one PostgreSQL: one of them has an account's session, and the other goes on when it can't.

Each machine is a keeper with a data folder of its own.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from tests.protobufs import build_message
from tests.session.keepers import KeeperProcess, line_of, link, waits_for_message, waits_for_status
from tests.waiting import eventually
from whatsapp import actions, leases
from whatsapp.ingest import codes
from whatsapp.ingest.spool import Spool
from whatsapp.models import Account, InboxEvent, Lease, Message
from whatsapp.simulator import Simulator
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Companion, Phone

pytestmark = pytest.mark.skipif(
    not leases.are_needed(), reason="machines share a PostgreSQL only: TEST_DATABASE=postgresql"
)

HOME = "default"
ALICE = "15550101@s.whatsapp.net"
TAKEOVER_SECONDS = 30.0


@pytest.fixture
def machines(
    transactional_db: None, simulator: Simulator, tmp_path: Path
) -> Iterator[tuple[KeeperProcess, KeeperProcess]]:
    Account.default()
    both = tuple(
        KeeperProcess(simulator.config_path, tmp_path / name, tmp_path / f"{name}.log")
        for name in ("first", "second")
    )
    yield both
    for machine in both:
        machine.is_gone()


@pytest.fixture
def first(machines: tuple[KeeperProcess, KeeperProcess], olivia: Phone) -> KeeperProcess:
    """The machine that has the session, linked to Olivia's phone."""
    machines[0].start()
    link(HOME, olivia)
    return machines[0]


@pytest.fixture
def second(machines: tuple[KeeperProcess, KeeperProcess], first: KeeperProcess) -> KeeperProcess:
    """The machine that waits."""
    machines[1].start()
    eventually(lambda: (machines[1].data / "auth" / "sessions.lock").exists(), "the second keeper")
    time.sleep(5)  # it looks every two seconds, and finds nothing to do
    return machines[1]


def connections_of(simulator: Simulator, companion: Companion) -> int:
    """How many clients are connected as that device."""
    world = simulator.world
    return simulator.call(lambda: sum(one.device is companion.device for one in world.connections))


def test_only_one_talks_to_whatsapp(
    first: KeeperProcess, second: KeeperProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    alice.send_text(olivia, "to one of you")
    waits_for_message(line_of(HOME).account, "to one of you")
    assert set(first.sessions) == {HOME}
    assert second.sessions == {}
    assert connections_of(simulator, olivia.companions[0]) == 1
    assert "stream replaced" not in first.log.read_text()


def test_the_other_takes_over_when_one_dies(
    first: KeeperProcess, second: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    alice.send_text(olivia, "before")
    waits_for_message(line_of(HOME).account, "before")
    first.is_cut_off()
    died = time.monotonic()
    alice.send_text(olivia, "to whom it may concern")

    waits_for_message(line_of(HOME).account, "to whom it may concern", TAKEOVER_SECONDS)
    took = time.monotonic() - died
    print(f"taken over after {took:.1f} s")
    assert took < TAKEOVER_SECONDS
    assert set(second.sessions) == {HOME}
    assert len(olivia.companions) == 1  # the same device, with the credentials of the first machine

    action = actions.wait_for(actions.send_text(line_of(HOME).account, ALICE, "from over here"), 20)
    assert action.status in actions.DONE
    alice.waits_for("from over here")

    first.start()  # it comes back, and waits
    time.sleep(5)
    assert first.sessions == {}


def test_the_other_takes_over_at_once_when_one_is_stopped(
    first: KeeperProcess, second: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    started = time.monotonic()
    assert first.ends() == 0
    second.waits_for_session(HOME)
    assert time.monotonic() - started < 8
    waits_for_status(HOME, "connected")
    alice.send_text(olivia, "hello over there")
    waits_for_message(line_of(HOME).account, "hello over there")


def test_a_machine_goes_on_at_once_with_the_session_that_died_on_it(first: KeeperProcess) -> None:
    before = first.sessions[HOME]
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()
    first.waits_for_session(HOME, other_than=before)
    eventually(lambda: "connected" in line_of(HOME).status and recent(), "the line to be back")
    assert time.monotonic() - killed < leases.LEASE_SECONDS / 2


def recent() -> bool:
    return Lease.objects.filter(until__gt=Now()).exists() and time.time() - line_of(HOME).heartbeat_at < 5


def test_a_session_that_was_stopped_by_the_system_does_nothing_when_it_goes_on(
    first: KeeperProcess, second: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    """As a machine that was suspended, with its network, and wakes up."""
    frozen = psutil.Process(first.sessions[HOME])
    assert first.process is not None
    os.kill(first.process.pid, signal.SIGSTOP)
    frozen.suspend()
    second.waits_for_session(HOME, timeout=TAKEOVER_SECONDS)
    waits_for_status(HOME, "connected")
    alice.send_text(olivia, "to the second")
    waits_for_message(line_of(HOME).account, "to the second")

    frozen.resume()
    eventually(lambda: not frozen.is_running() or frozen.status() == psutil.STATUS_ZOMBIE, "it to end", 5)
    os.kill(first.process.pid, signal.SIGCONT)
    time.sleep(5)
    assert first.sessions == {}
    assert set(second.sessions) == {HOME}


def test_one_that_lost_its_lease_writes_nothing_more(
    first: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    account = line_of(HOME).account
    session = first.sessions[HOME]
    Lease.objects.filter(account=account).update(holder="a thief", until=Now() + timedelta(hours=1))
    for number in range(20):
        alice.send_text(olivia, f"stolen {number}")
    act = actions.send_text(account, ALICE, "not by the loser")

    eventually(lambda: not psutil.pid_exists(session), "the loser to end", leases.RENEW_SECONDS + 5)
    time.sleep(3)
    assert first.sessions == {}
    assert not Message.objects.filter(body__startswith="stolen").exists()
    act.refresh_from_db()
    assert act.status == "queued"

    Lease.objects.filter(account=account).update(until=None)
    for number in range(20):
        waits_for_message(account, f"stolen {number}")
    alice.waits_for("not by the loser")


def test_one_that_cannot_renew_ends_before_another_may_take_over(first: KeeperProcess) -> None:
    """The database takes no more of its renewals, as if the machine were cut off from it."""
    session = psutil.Process(first.sessions[HOME])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # we are not cut off
        lease = Lease.objects.select_for_update().get()
        eventually(
            lambda: not session.is_running() or session.status() == psutil.STATUS_ZOMBIE,
            "the session to end itself",
            leases.ALONE_SECONDS + 2,
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            assert cursor.fetchone()[0] < lease.until
    eventually(lambda: "could not renew its lease in time" in first.log.read_text(), "the keeper to say so")
    first.waits_for_session(HOME, other_than=session.pid)


def test_what_a_machine_has_left_in_its_spool_reaches_the_session_elsewhere(
    first: KeeperProcess, second: KeeperProcess
) -> None:
    account = line_of(HOME).account
    first.ends()
    waits_for_status(HOME, "connected")
    second.waits_for_session(HOME)
    spool = Spool(first.data / "auth" / HOME / "inbox.spool")
    for number in range(3):
        spool.append(codes.MESSAGE, build_message(f"3EB0LEFT{number}", f"left behind {number}"))
    spool.close()

    first.start()
    for number in range(3):
        waits_for_message(account, f"left behind {number}")
    eventually(lambda: not (first.data / "auth" / HOME / "inbox.spool").stat().st_size, "an empty spool")
    assert InboxEvent.objects.quarantined().count() == 0


def test_a_machine_that_gets_the_session_back_takes_its_own_spool_in(
    first: KeeperProcess, second: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    """However far the other machine had come in its own."""
    account = line_of(HOME).account
    first.is_cut_off()
    spool = Spool(first.data / "auth" / HOME / "inbox.spool")
    spool.append(codes.MESSAGE, build_message("3EB0LEFT", "left behind"))
    spool.close()
    second.waits_for_session(HOME, timeout=TAKEOVER_SECONDS)
    waits_for_status(HOME, "connected")
    alice.send_text(olivia, "to the second")
    waits_for_message(account, "to the second")
    second.ends()

    first.start()
    waits_for_message(account, "left behind")


def test_the_link_to_the_phone_is_in_the_database_alone(
    first: KeeperProcess, second: KeeperProcess, olivia: Phone
) -> None:
    """The second machine goes on although nothing of the first one's folder is left."""
    first.ends()
    assert not list(first.data.rglob("neonize.db*"))
    assert not (settings.BASE_DIR / "postgres:").exists()  # the library takes addresses for files, too
    shutil.rmtree(first.data)
    waits_for_status(HOME, "connected")
    second.waits_for_session(HOME)
    assert len(olivia.companions) == 1


def test_a_link_in_a_file_is_taken_along_to_the_database(
    machines: tuple[KeeperProcess, KeeperProcess], tmp_path: Path, alice: Person, olivia: Phone
) -> None:
    """A hub that was linked while it had SQLite."""
    hub, before = machines[0], tmp_path / "before"
    with_sqlite = KeeperProcess(Path(hub.environment["SIMULATOR"]), before, tmp_path / "before.log")
    del with_sqlite.environment["DATABASE_URL"]
    environment = {**with_sqlite.environment, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=settings.BASE_DIR, env=environment, check=True)
    with_sqlite.start()
    database = before / "whatsapp-hub.db"
    try:
        olivia.scan(eventually(lambda: in_sqlite(database, "SELECT qr FROM whatsapp_connection"), "a code"))
        connected = "SELECT device FROM whatsapp_account, whatsapp_connection WHERE status = 'connected'"
        device = eventually(lambda: in_sqlite(database, connected), "the line")
        alice.send_text(olivia, "to the old hub")
        there = "SELECT body FROM whatsapp_message WHERE body = 'to the old hub'"
        eventually(lambda: in_sqlite(database, there), "a message")
        assert with_sqlite.ends() == 0
    finally:
        with_sqlite.is_gone()

    Account.objects.update(device=device)
    shutil.copytree(before / "auth", hub.data / "auth")
    hub.start()

    waits_for_status(HOME, "connected")
    alice.send_text(olivia, "to the new hub")
    waits_for_message(line_of(HOME).account, "to the new hub")
    assert line_of(HOME).account.device == device
    assert len(olivia.companions) == 1
    assert not list(hub.data.rglob("neonize.db*"))


def in_sqlite(database: Path, question: str) -> str | None:
    if not database.exists():
        return None
    with contextlib.closing(sqlite3.connect(database)) as opened:
        row = opened.execute(question).fetchone()
    return row[0] if row else None
