"""What becomes of events on their way to rows."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from tests.faults.stage import Report, Stage

LOCKED_SECONDS = 10.0


def test_the_database_is_locked(stage: Stage, report: Report) -> None:
    """By somebody who has opened it beside the hub, for ten seconds."""

    def blow() -> None:
        with closing(sqlite3.connect(stage.hub.folder / "whatsapp-hub.db", timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(LOCKED_SECONDS)
            other.rollback()

    stage.suffers("database locked for 10 seconds", blow, report)
