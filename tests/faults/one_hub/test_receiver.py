"""A receiver of webhooks that hangs."""

from __future__ import annotations

import select
import threading
import time
from http.server import BaseHTTPRequestHandler

from tests.faults.nobody_misses.moody import TIME_OUT_SECONDS
from tests.faults.stage import RECOVERY_SECONDS, Stage
from tests.faults.table import Report


def test_a_receiver_hangs(stage: Stage, report: Report) -> None:
    """Until the hub has hung up. It gets all of it later; the other receiver waits for nobody."""
    hung_up = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        select.select([handler.connection], [], [], 60)
        handler.close_connection = True
        if time.monotonic() - began > TIME_OUT_SECONDS * 0.9:
            hung_up.set()

    def blow() -> None:
        hung_up.clear()
        stage.receiver.behaves["/moody"] = hang
        assert hung_up.wait(RECOVERY_SECONDS)
        stage.receiver.behaves.clear()

    stage.webhooks["/moody"] = stage.subscribe("/moody")
    try:
        stage.suffers("a receiver hangs", blow, report)
    finally:
        stage.hub.delete(f"/api/webhooks/{stage.webhooks.pop('/moody')}")
