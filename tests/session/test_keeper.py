"""One command runs all accounts: each in a process of its own, which is started again when it dies."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.session.keepers import KeeperProcess, line_of, link, waits_for_message, waits_for_status
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Account, Message
from whatsapp.simulator import Simulator
from whatsapp.simulator.binary import Node
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

HOME, SHOP = "default", "shop"
ALICE = "15550101@s.whatsapp.net"


@pytest.fixture
def keeper(transactional_db: None, simulator: Simulator, tmp_path: Path) -> Iterator[KeeperProcess]:
    """A keeper of two accounts that no phone has been linked to yet."""
    shutil.rmtree(settings.DATA_DIR / "auth", ignore_errors=True)
    Account.default()
    Account.named(SHOP)
    running = KeeperProcess(simulator.config_path, Path(settings.DATA_DIR), tmp_path / "keeper.log")
    running.start()
    yield running
    running.is_gone()


@pytest.fixture
def paula(simulator: Simulator) -> Phone:
    """The shop's phone."""
    return simulator.phone("Paula", "15550200")


@pytest.fixture
def linked(keeper: KeeperProcess, olivia: Phone, paula: Phone) -> KeeperProcess:
    link(HOME, olivia)
    link(SHOP, paula)
    return keeper


def loads_library(pid: int) -> bool:
    return "neonize-linux" in Path(f"/proc/{pid}/maps").read_text()


def test_two_accounts_are_linked_and_each_gets_its_own_messages(
    linked: KeeperProcess, alice: Person, olivia: Phone, paula: Phone
) -> None:
    assert line_of(HOME).account.jid == "15550100@s.whatsapp.net"
    assert line_of(SHOP).account.jid == "15550200@s.whatsapp.net"

    alice.send_text(olivia, "to the home")
    alice.send_text(paula, "to the shop")

    waits_for_message(line_of(HOME).account, "to the home")
    waits_for_message(line_of(SHOP).account, "to the shop")
    assert Message.objects.filter(body__startswith="to the").count() == 2

    home, shop = linked.sessions[HOME], linked.sessions[SHOP]
    assert home != shop
    assert loads_library(home)
    assert loads_library(shop)
    assert linked.process is not None
    assert not loads_library(linked.process.pid)


def test_people_are_not_told_that_a_bot_writes(
    linked: KeeperProcess, alice: Person, sent_stanzas: list[Node]
) -> None:
    """The library looks for NEONIZE_BOT_TAG in the environment that the process began with, and a session's
    title has been written over that."""
    actions.send_text(line_of(SHOP).account, ALICE, "as a person")

    alice.waits_for("as a person")
    assert sent_stanzas
    assert [child.tag for stanza in sent_stanzas for child in stanza.children if child.tag == "bot"] == []


def test_a_session_that_is_killed_comes_back_and_the_other_one_stays(
    linked: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    before = linked.sessions
    os.kill(before[HOME], signal.SIGKILL)

    linked.waits_for_session(HOME, other_than=before[HOME])
    alice.send_text(olivia, "are you back?")
    waits_for_message(line_of(HOME).account, "are you back?")
    assert linked.sessions[SHOP] == before[SHOP]


def test_an_account_that_is_added_gets_a_session_and_one_that_is_gone_loses_it(
    linked: KeeperProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    quentin = simulator.phone("Quentin", "15550300")
    started = time.monotonic()
    Account.named("office")
    office = linked.waits_for_session("office")
    assert time.monotonic() - started < 5
    link("office", quentin)
    account = line_of("office").account
    alice.send_text(quentin, "to the office")
    waits_for_message(account, "to the office")

    assert actions.wait_for(actions.logout(account), 10).status == "done"
    assert quentin.companions == []
    folder = account.folder
    account.delete()

    eventually(lambda: "office" not in linked.sessions, "the session to end")
    eventually(lambda: not psutil.pid_exists(office), "its process to be gone")
    eventually(lambda: not folder.exists(), "its folder to go")
    alice.send_text(olivia, "and you?")
    waits_for_message(line_of(HOME).account, "and you?")
    assert set(linked.sessions) == {HOME, SHOP}


def test_sigterm_ends_all_soon_and_logs_nobody_out(
    linked: KeeperProcess, alice: Person, olivia: Phone, paula: Phone
) -> None:
    pids = linked.sessions.values()
    started = time.monotonic()
    assert linked.ends() == 0
    assert time.monotonic() - started < 6
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert {line_of(HOME).status, line_of(SHOP).status} == {"disconnected"}
    assert len(olivia.companions) == len(paula.companions) == 1

    alice.send_text(paula, "while you were away")
    linked.start()
    waits_for_message(line_of(SHOP).account, "while you were away")
    waits_for_status(HOME, "connected")


def test_sessions_end_with_a_keeper_that_is_killed_and_the_next_one_takes_them_up(
    linked: KeeperProcess, alice: Person, olivia: Phone
) -> None:
    before = linked.sessions
    linked.ends(signal.SIGKILL)
    linked.start()

    eventually(lambda: not any(psutil.pid_exists(pid) for pid in before.values()), "the orphans to end")
    for name in (HOME, SHOP):
        linked.waits_for_session(name)
        waits_for_status(name, "connected")
    alice.send_text(olivia, "still there?")
    waits_for_message(line_of(HOME).account, "still there?")


def test_a_session_that_cannot_run_is_tried_again_after_growing_pauses(
    keeper: KeeperProcess, simulator: Simulator
) -> None:
    keeper.ends()
    keeper.environment["SIMULATOR"] = str(simulator.config_path.with_name("broken.json"))
    simulator.config_path.with_name("broken.json").write_text("{}")
    keeper.start()

    again = f"The session {HOME} has ended with status 1; it is started again in"
    for seconds in (1, 2, 4):
        eventually(lambda words=f"{again} {seconds} s": words in keeper.log.read_text(), "a longer pause")


def test_a_second_keeper_of_the_same_data_is_refused(keeper: KeeperProcess, simulator: Simulator) -> None:
    keeper.waits_for_session(HOME)
    second = KeeperProcess(simulator.config_path, keeper.data, keeper.log)
    second.start()
    assert second.process is not None
    assert second.process.wait(20) != 0
    assert "Another process holds the sessions" in keeper.log.read_text()
