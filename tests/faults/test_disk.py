"""The disk is full, or can't be written to. Both are mended while the hub runs, and it goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.faults.disks import Disk, mounted
from tests.faults.stage import RECOVERY_SECONDS, Report, Stage
from tests.waiting import eventually

if TYPE_CHECKING:
    from whatsapp.simulator import Authority

MEGABYTES = 64
FULL = {"503: The hub's disk is full.", "503: The file can't be stored: No space left on device."}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with mounted(tmp_path_factory.mktemp("disk") / "data", MEGABYTES) as made:
        yield made


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, authority: Authority, disk: Disk) -> Iterator[Stage]:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        made = Stage(simulator, tmp_path_factory.mktemp("hub"), hub=disk.path)
        try:
            made.begin()
            yield made
        finally:
            made.end()


def reason(stage: Stage) -> str:
    """Why the hub isn't connected."""
    return str(stage.machines.call("/api/connection/status")["reason"])


def test_the_disk_is_full(stage: Stage, disk: Disk, report: Report) -> None:
    """Before it is, the hub hangs up and says why, so that WhatsApp keeps what comes. Programs are told."""

    def blow() -> None:
        with disk.full():
            eventually(lambda: "is full" in reason(stage), "the hub to say so", RECOVERY_SECONDS)
            eventually(lambda: FULL & set(stage.program.refusals), "a program to be told", RECOVERY_SECONDS)

    stage.suffers("disk full", blow, report)
