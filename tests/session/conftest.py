"""The real session process, as `manage.py runsession` runs it for each account, on a simulated WhatsApp.

Test and session process share one database file. Olivia owns the hub; Alice and Bob are her contacts.
"""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from django.conf import settings

from tests.session import quick_session
from tests.waiting import PATIENCE, eventually
from whatsapp import actions
from whatsapp.models import Account, Action, Connection, Message
from whatsapp.simulator import Simulator, router
from whatsapp.simulator.binary import Node
from whatsapp.simulator.connection import Connection as Client
from whatsapp.simulator.phone import Companion, Phone

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.session.prepared"])


class SessionProcess:
    """A session process that can be started, stopped, killed and asked what it does."""

    def __init__(self, simulator_config: Path | None, log: Path) -> None:
        self.log = log
        self.environment = {
            **os.environ,
            **quick_session.USUAL,
            "SIMULATOR": str(simulator_config or ""),
        }
        self.process: BaseProcess | None = None

    def start(self) -> None:
        words = ["--account", settings.SESSION_NAME]
        self.process = FORKS.Process(
            target=quick_session.run_forked, args=(words, self.environment, self.log), daemon=True
        )
        self.process.start()

    def ends(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit code."""
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, number)
        return self.exit_code()

    def exit_code(self) -> int:
        """Waits until it has ended."""
        assert self.process is not None
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "the session process goes on"
        return self.process.exitcode

    def is_killed(self) -> None:
        self.ends(signal.SIGKILL)

    @property
    def connection(self) -> Connection:
        return Connection.objects.select_related("account").get(account=Account.default())

    def waits_for_status(self, status: str, timeout: float = PATIENCE) -> Connection:
        return eventually(
            lambda: ((row := self.connection).status == status and row) or None, f"status {status}", timeout
        )

    def waits_for_reason(self, words: str, timeout: float = PATIENCE) -> Connection:
        return eventually(
            lambda: ((row := self.connection).reason and words in row.reason and row) or None,
            f"a reason with {words!r}",
            timeout,
        )

    def waits_for_code(self, other_than: str | None = None) -> str:
        """The text of the QR code that is shown now."""
        return eventually(lambda: ((qr := self.connection.qr) != other_than and qr) or None, "a QR code")

    def links_to(self, phone: Phone) -> Companion:
        companion = phone.scan(self.waits_for_code())
        self.waits_for_status("connected")
        return companion

    def waits_for_message(self, body: str, timeout: float = PATIENCE) -> Message:
        found = Message.objects.with_relations()
        return eventually(lambda: found.filter(body=body).first(), f"the message {body!r}", timeout)


def done(action: Action) -> Action:
    """The act, once the session has done it."""
    action = actions.wait_for(action, PATIENCE)
    assert action.status in actions.DONE, action.error or action.status
    return action


def failed(action: Action) -> str:
    """Why the session could not do the act."""
    action = actions.wait_for(action, PATIENCE)
    assert action.status == Action.Status.FAILED, action.status
    return action.error or ""


@pytest.fixture
def unlinked_session(
    transactional_db: None,
    simulator: Simulator,
    tmp_path: Path,
) -> Iterator[SessionProcess]:
    """A running session process that no phone has been linked to yet."""
    shutil.rmtree(settings.DATA_DIR / "auth", ignore_errors=True)
    Account.default()
    session = SessionProcess(simulator.config_path, tmp_path / "session.log")
    session.start()
    yield session
    if session.process is not None and session.process.is_alive():
        session.is_killed()
    sys.stdout.write(session.log.read_text(errors="replace")[-20000:])  # pytest shows it when a test fails


@pytest.fixture
def sent_stanzas(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """The messages that the simulator is handed from here on, as they are on the wire."""
    sent: list[Node] = []
    deliver = router._stanzas["message"]

    def note(client: Client, node: Node) -> None:
        sent.append(node)
        deliver(client, node)

    monkeypatch.setitem(router._stanzas, "message", note)
    return sent


@pytest.fixture
def session(unlinked_session: SessionProcess, olivia: Phone) -> SessionProcess:
    """A running session process, linked to Olivia's phone."""
    unlinked_session.links_to(olivia)
    return unlinked_session
