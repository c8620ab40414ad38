"""kill -9 of each process, and of all of them; and SIGTERM in the middle of everything."""

from __future__ import annotations

import time
from functools import partial

from tests.demo_hub import SESSION, WEB, WORKER
from tests.faults.nobody_misses.machines import goes_down
from tests.faults.stage import Stage
from tests.faults.table import Report

STOP_SECONDS = 24.0  # at worst, as docs/operating.md says


def test_the_web_processes(stage: Stage, report: Report) -> None:
    stage.suffers("kill -9: the web processes", lambda: stage.kill(WEB), report, times=3)


def test_the_worker(stage: Stage, report: Report) -> None:
    stage.suffers("kill -9: the worker", lambda: stage.kill(WORKER), report, times=3)


def test_the_session(stage: Stage, report: Report) -> None:
    stage.suffers("kill -9: the session", lambda: stage.kill(SESSION), report, times=3)


def test_all_three_at_once(stage: Stage, report: Report) -> None:
    blow = partial(stage.kill, WEB, WORKER, SESSION)
    stage.suffers("kill -9: all three at once", blow, report, times=2)


def test_all_with_the_supervisor(stage: Stage, report: Report) -> None:
    """As when the machine loses its power; somebody starts the hub again."""

    def blow() -> None:
        goes_down(stage.hub)
        stage.note_kill()
        time.sleep(stage.chance.uniform(0, 1))
        stage.hub.start()

    stage.suffers("kill -9: all, and their supervisor", blow, report)


def test_sigterm_during_everything(stage: Stage, report: Report) -> None:
    """It ends in order and in time, hands over what the library has in memory, and stays linked."""
    took: list[float] = []

    def blow() -> None:
        began = time.monotonic()
        stage.hub.stop()
        took.append(time.monotonic() - began)
        time.sleep(stage.chance.uniform(0, 1))
        stage.hub.start()

    stage.suffers("SIGTERM during everything", blow, report, times=2)
    assert max(took) < STOP_SECONDS
    assert len(stage.olivia.companions) == 1
