"""Small disks of a test's own, which fill up and become read-only."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.tools import lacking
from tests.waiting import eventually

MEGABYTE = 1024 * 1024
MEGABYTE_SECONDS = 0.05  # as quickly as something fills it up


class Disk:
    """A tmpfs that is mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is left on it, meanwhile; it takes some seconds to fill up."""
        ballast = self.path / "ballast"
        self._fill(ballast)
        try:
            yield
        finally:
            ballast.unlink()

    def _fill(self, ballast: Path) -> None:
        with ballast.open("ab", buffering=0) as file:
            for size in (MEGABYTE, 4096):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))
                        time.sleep(MEGABYTE_SECONDS * size / MEGABYTE)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written to it, meanwhile. The kernel waits for files that are open for writing."""
        eventually(lambda: self._remount("ro"), "no file to be open for writing")
        try:
            yield
        finally:
            assert self._remount("rw")

    def _remount(self, how: str) -> bool:
        return run("mount", "-o", f"remount,{how}", str(self.path)) == ""


@contextmanager
def mounted(path: Path, megabytes: int) -> Iterator[Disk]:
    """Skips the test where this is not allowed."""
    path.mkdir()
    error = run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "faults", str(path))
    if error:
        lacking(f"A disk can't be mounted here: {error}")
    try:
        yield Disk(path)
    finally:
        error = run("umount", "--lazy", str(path))
        assert not error, error


def run(*words: str) -> str:
    """What the command complains of; nothing where it succeeds."""
    if os.getuid() != 0:
        return "only root may"
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return (done.stderr.strip() or "it failed") if done.returncode else ""
