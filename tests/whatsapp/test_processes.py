"""Signs of life, and what becomes of those of processes that were killed."""

import os
import subprocess
import sys
import time

import pytest

from tests.builders import build_process
from whatsapp import processes
from whatsapp.models import Process

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_row_of_a_killed_process_goes_once_it_counts_as_dead(dead_pid: int) -> None:
    silent = int(time.time()) - processes.ALIVE_SECONDS
    host = processes.own_host()
    gone = {f"web-{host}-{dead_pid}": silent}
    stays = {
        f"web-{host}-{os.getppid()}": silent,  # it lives, and is slow
        f"web-{host}x-{dead_pid}": silent,  # of another machine
        f"web-other-{host}-{dead_pid}": silent,
        f"web-{host}-{dead_pid}0": silent + 5,
        f"worker-{host}-{dead_pid}": silent,  # its own kind sees to it
    }
    for name, seen_at in (gone | stays).items():
        build_process(name.partition("-")[0], id=name, seen_at=seen_at)
    processes.beat("web")
    left = set(Process.objects.values_list("id", flat=True))
    assert left == {*stays, processes.own_id("web")}
