"""Real keepers, each as on a machine of its own: a data folder of its own, and one database."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from django.conf import settings

from tests.waiting import PATIENCE, eventually
from whatsapp.models import Account, Connection, Message
from whatsapp.simulator.phone import Companion, Phone

SCRIPT = Path(__file__).with_name("quick_session.py")


class KeeperProcess:
    """`manage.py runsession`, and the sessions that it looks after."""

    def __init__(self, simulator_config: Path, data: Path, log: Path) -> None:
        self.data = data
        self.log = log
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(settings.BASE_DIR),
            "DATA_DIR": str(data),
            "MEDIA_DIR": str(data / "media"),
            "SIMULATOR": str(simulator_config),
            "LOG_LEVEL": "debug",
            "SEND_RATE_PER_MINUTE": "0",
        }
        for name in ("NEONIZE_BOT_TAG", "SSL_CERT_FILE"):
            self.environment.pop(name, None)  # it sees to these itself
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(SCRIPT)],
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def sessions(self) -> dict[str, int]:
        """Account's name → process, of the sessions that run."""
        assert self.process is not None
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    words = " ".join(child.cmdline()).split()
                    if "--account" in words and child.status() != psutil.STATUS_ZOMBIE:
                        found[words[words.index("--account") + 1]] = child.pid
        return found

    def waits_for_session(self, name: str, other_than: int | None = None, timeout: float = PATIENCE) -> int:
        return eventually(
            lambda: (pid := self.sessions.get(name)) != other_than and pid, f"a session {name}", timeout
        )

    def ends(self, number: int = signal.SIGTERM) -> int:
        """Sends the keeper the signal and returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def is_cut_off(self) -> None:
        """kill -9 of all its processes, as when a machine goes down."""
        if self.process is None or self.process.poll() is not None:
            return
        keeper = psutil.Process(self.process.pid)
        keeper.suspend()  # it starts none again
        processes = [*keeper.children(recursive=True), keeper]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(PATIENCE)
        psutil.wait_procs(processes, PATIENCE)

    def is_gone(self) -> None:
        """For the end of a test."""
        self.is_cut_off()
        if self.log.exists():
            sys.stdout.write(f"{self.log.name}:\n{self.log.read_text(errors='replace')[-20000:]}\n")


def line_of(name: str) -> Connection:
    return Connection.objects.select_related("account").get(account__name=name)


def waits_for_status(name: str, status: str, timeout: float = PATIENCE) -> None:
    eventually(lambda: line_of(name).status == status, f"{name} to be {status}", timeout)


def link(name: str, phone: Phone) -> Companion:
    """The phone scans the code that the account shows."""
    companion = phone.scan(eventually(lambda: line_of(name).qr, f"a code of {name}"))
    waits_for_status(name, "connected")
    return companion


def waits_for_message(account: Account, body: str, timeout: float = PATIENCE) -> Message:
    found = Message.objects.filter(account=account, body=body)
    return eventually(found.first, f"{body!r} in {account}", timeout)
