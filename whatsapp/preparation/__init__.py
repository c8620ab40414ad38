"""Makes a file fit to be sent: looks at what it really is, converts what WhatsApp's clients can't show, and
finds out what a message says of it.

The work is done by `python -m whatsapp.preparation` in a process of its own, for files come from anywhere:
what a decoder takes of memory and time, or breaks, is not the caller's. It reads nothing but the file it is
given, writes only into the folder it is given, and needs neither Django nor a database.
"""

import base64
import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 120
AT_ONCE = threading.BoundedSemaphore(2)  # a video takes a core or more
WAIT_SECONDS = 60
PASSED_ON = ("LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")  # of the environment, which holds secrets too

THUMBNAIL = "thumbnail.jpg"


class Busy(Exception):
    """Too many files are being prepared."""


class NotSuitable(Exception):
    """The file can't be sent as what it is meant for; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file to send and what is known of it; None for what it doesn't have."""

    path: str
    mime_type: str
    width: int | None = None  # pixels, as it is shown
    height: int | None = None
    duration: int | None = None  # seconds
    thumbnail: bytes | None = None  # JPEG
    waveform: bytes | None = None  # of a voice note: 64 numbers from 0 to 100
    is_animated: bool = False  # of a sticker, or of a video that is shown as a GIF

    def as_json(self) -> str:
        values = asdict(self)
        for name in ("thumbnail", "waveform"):
            if values[name] is not None:
                values[name] = base64.b64encode(values[name]).decode()
        return json.dumps(values)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Prepared":
        for name in ("thumbnail", "waveform"):
            if values[name] is not None:
                values[name] = base64.b64decode(values[name])
        return cls(**values)


def prepare(kind: str, path: Path) -> Prepared:
    """Prepares the file at `path` as an image, video, audio, voice (a voice note) or sticker. What is
    converted lies beside it. Raises NotSuitable, Busy."""
    if not AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        done = run(json.dumps({"kind": kind, "path": str(path)}))
    except subprocess.TimeoutExpired as error:
        raise NotSuitable(f"Converting this file takes longer than {LONGEST_SECONDS} seconds.") from error
    finally:
        AT_ONCE.release()
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        words = done.stderr.decode(errors="replace")[-2000:]
        log.error("Preparing a file as %s ended with code %s: %s", kind, done.returncode, words)
        raise NotSuitable("This file can't be read: it is damaged, or too large to be unpacked.") from error
    if "refused" in answer:
        raise NotSuitable(answer["refused"])
    return Prepared.from_json(answer)


def run(order: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "whatsapp.preparation"],
        input=order.encode(),
        capture_output=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        timeout=LONGEST_SECONDS,
        check=False,
    )
