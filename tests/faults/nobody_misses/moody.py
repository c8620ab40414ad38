"""A receiver of webhooks that works, then fails, then hangs, then works again."""

import os
import select
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from standardwebhooks.webhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError

from tests.whatsapp.webhooks.receiver import Received, answer

FAILING_SECONDS = float(os.environ.get("NOBODY_MISSES_SECONDS", "3.5"))
TIME_OUT_SECONDS = 10.0  # the hub's
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Moody:
    """How the receiver at /moody behaves: well; 500 for a while; not at all, until the hub has once waited in
    vain for as long as it does; well again."""

    def __init__(self) -> None:
        self._judge = Judge(SECRET)
        self.forged: list[str] = []
        self._turned = threading.Event()
        self.failing = threading.Event()
        self.hanging = threading.Event()
        self.hung_out = threading.Event()
        self.well_again = threading.Event()
        self.fails_until = float("inf")
        self.hung_for: list[float] = []
        self.failed = 0
        self._lock = threading.Lock()

    def turns(self) -> None:
        self._turned.set()

    @property
    def mood(self) -> str:
        states = (
            ("well again", self.well_again),
            ("left alone", self.hung_out),
            ("hanging", self.hanging),
            ("failing", self.failing),
        )
        return next((name for name, event in states if event.is_set()), "well")

    def decide(self, got: Received) -> Callable[[BaseHTTPRequestHandler], None]:
        try:
            self._judge.verify(got.body, {name.lower(): value for name, value in got.headers.items()})
        except WebhookVerificationError as error:
            self.forged.append(f"{got.delivery_id}: {error}")
        with self._lock:
            if self.hung_out.is_set():
                self.well_again.set()
                return answer()
            if not self._turned.is_set():
                return answer()
            if not self.failing.is_set():
                self.fails_until = time.monotonic() + FAILING_SECONDS
                self.failing.set()
            if time.monotonic() < self.fails_until:
                self.failed += 1
                return answer(500, b"out of order")
        return self.hang

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Until the hub hangs up."""
        began = time.monotonic()
        self.hanging.set()
        select.select([handler.connection], [], [], 60)
        self.hanging.clear()
        self.hung_for.append(time.monotonic() - began)
        if self.hung_for[-1] > TIME_OUT_SECONDS * 0.9:
            self.hung_out.set()
        handler.close_connection = True
