"""Programs that some tests need and a machine may not have.

Where one is missing the test is skipped, and says why; with CI in the environment it fails.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers import is_tested_on_postgresql

FOLDER = Path(__file__).parent / "contract" / "typescript"
INSTALL_SECONDS = 180
RUN_SECONDS = 120


about_sqlite = pytest.mark.skipif(is_tested_on_postgresql(), reason="it is about SQLite")


def lacking(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def program(*names: str) -> str:
    """The path of a program of this environment or of the machine; of the first that is there."""
    for name in names:
        beside = Path(sys.executable).parent / name
        if found := str(beside) if beside.exists() else shutil.which(name):
            return found
    lacking(f"{' or '.join(names)} is not there")


def node_modules() -> Path:
    """The folder of the pinned packages of npm, installed when they are not there yet."""
    npm, lock = program("npm"), FOLDER / "package-lock.json"
    program("node")
    installed = FOLDER / "node_modules" / ".as-locked"
    with lock.open() as turn:  # tests run in parallel, and one of them installs
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            try:
                run([npm, "ci", "--no-audit", "--no-fund"], FOLDER, timeout=INSTALL_SECONDS)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                lacking(f"npm could not install what the lock file names: {error}")
            shutil.copy(lock, installed)
    return FOLDER / "node_modules"


def run(
    command: list[str], folder: Path, *, timeout: float = RUN_SECONDS, path: str = "", **environment: str
) -> str:
    """What the command prints. Fails the test, with all that was said, when it does not succeed. `path` is
    looked in before the machine's own."""
    paths = [path, str(Path(sys.executable).parent), os.environ["PATH"]]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join(filter(None, paths)), **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
