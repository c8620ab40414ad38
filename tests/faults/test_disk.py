"""The disk is full, or can't be written to. Both are mended while the hub runs, and it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.demo_hub import ROOT
from tests.faults.disks import Disk, mounted
from tests.faults.stage import RECOVERY_SECONDS, Stage
from tests.faults.table import Report
from tests.waiting import eventually

if TYPE_CHECKING:
    from whatsapp.simulator import Authority

MEGABYTES = 64
TOLD = {
    "full": {"503: The hub's disk is full.", "503: The file can't be stored: No space left on device."},
    "read-only": {"503: The file can't be stored: Read-only file system."},
}


@dataclass
class Disks:
    """`data` is the hub's own, `files` that of the files of messages and of those to be sent."""

    data: Disk
    files: Disk


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disks]:
    folder = tmp_path_factory.mktemp("disks")
    with mounted(folder / "data", MEGABYTES) as data, mounted(folder / "files", MEGABYTES) as files:
        yield Disks(data, files)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, authority: Authority, disks: Disks) -> Iterator[Stage]:
    from whatsapp.simulator import Simulator

    places = {"MEDIA_DIR": str(disks.files.path / "media"), "OUTBOX_DIR": str(disks.files.path / "outbox")}
    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        made = Stage(simulator, tmp_path_factory.mktemp("hub"), hub=disks.data.path, **places)
        try:
            made.begin()
            yield made
        finally:
            made.end()


def reason(stage: Stage) -> str:
    """Why the hub isn't connected."""
    return str(stage.machines.call("/api/connection/status")["reason"])


def is_told(stage: Stage, trouble: str) -> None:
    refusals = stage.program.refusals
    eventually(lambda: TOLD[trouble] & set(refusals), "a program to be told", RECOVERY_SECONDS)


def test_the_disk_is_full(stage: Stage, disks: Disks, report: Report) -> None:
    """Before it is, the hub hangs up and says why, so that WhatsApp keeps what comes. Programs are told."""

    def blow() -> None:
        with disks.data.full(), disks.files.full():
            eventually(lambda: "is full" in reason(stage), "the hub to say so", RECOVERY_SECONDS)
            is_told(stage, "full")

    stage.suffers("disk full", blow, report)


def test_the_disk_of_files_becomes_read_only(stage: Stage, disks: Disks, report: Report) -> None:
    """Downloads wait, and uploads are refused; nothing else is held up."""

    def blow() -> None:
        with disks.files.read_only():
            is_told(stage, "read-only")
            eventually(
                lambda: stage.machines.call("/api/media/stats")["pending"], "a file to wait", RECOVERY_SECONDS
            )

    stage.suffers("disk of files read-only", blow, report)


def test_the_disk_is_read_only_at_the_start(stage: Stage, disks: Disks, report: Report) -> None:
    """The hub says so in a sentence, and starts once it isn't. (The kernel makes no disk read-only while a
    database on it is open, but for damage.)"""

    def blow() -> None:
        stage.hub.stop()
        with disks.data.read_only():
            tried = subprocess.run(
                [sys.executable, "-m", "hub.start"],
                cwd=ROOT,
                env=stage.hub.environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert tried.returncode == 1
            assert "can't be written to" in tried.stderr, tried.stderr
            assert "Traceback" not in tried.stderr
        stage.hub.start()

    stage.suffers("disk read-only at the start", blow, report)
