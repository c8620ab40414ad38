"""What the library last complained about: it reconnects silently, and only its log says why it must."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

WORTH_REMEMBERING = re.compile(r"connect|failure|stream error|dial|websocket|reconnect", re.IGNORECASE)
FRESH_SECONDS = 60.0
SYMPTOM = "Error reading from websocket"
SYMPTOM_SECONDS = 5.0
LONGEST = 200  # characters


class LastWords(logging.Handler):
    """Keeps the last warning of whatsmeow's client that is about the connection."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._words = ""
        self._at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        words, now = record.getMessage(), time.monotonic()
        if not WORTH_REMEMBERING.search(words):
            return
        if words.startswith(SYMPTOM) and self._words and now - self._at < SYMPTOM_SECONDS:
            return  # that the line broke follows from what was said before
        self._words, self._at = words.splitlines()[0][:LONGEST], now

    def recall(self) -> str:
        """The words, empty when there are none or they are old."""
        return self._words if time.monotonic() - self._at < FRESH_SECONDS else ""

    @contextmanager
    def listening(self) -> Iterator[None]:
        logger = logging.getLogger("whatsmeow.Client")
        logger.addHandler(self)
        try:
            yield
        finally:
            logger.removeHandler(self)
