"""Programs of the documents that go on until they are stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import PATIENCE, eventually


@dataclass
class Program:
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def printed(self) -> str:
        """All that it has said, over all its runs in that folder."""
        return self.output.read_text(errors="replace")

    def says(self, words: str, seconds: float = PATIENCE) -> None:
        eventually(lambda: words in self.printed, f"{words!r} in {self.output}", seconds)

    def ends(self, seconds: float) -> int:
        """As a service manager stops it that tells it alone (SIGTERM); its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def is_interrupted(self) -> int:
        """As a terminal does it (Ctrl+C), with all that it has started; its exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)


@contextmanager
def going(command: list[str], folder: Path, **environment: str) -> Iterator[Program]:
    output = folder / "printed"
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with output.open("ab") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PATH": paths, **environment},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    going_on = Program(process, output)
    try:
        yield going_on
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        print(going_on.printed[-5000:])  # pytest shows it when a test fails
