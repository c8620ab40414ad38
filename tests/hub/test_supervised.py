"""What all processes begin with, and how they end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

LOOK = """
import gc, io, json, mmap, os, socket, sqlite3, sys, threading
from hub import supervised
supervised.load_code()
gc.unfreeze()
kinds = (io.FileIO, mmap.mmap, socket.socket, sqlite3.Connection)
names = ("hub.urls", "huey", "hub.asgi", "hub.web", "neonize.client")
print(json.dumps({
    "threads": threading.active_count(),
    "held": [repr(one) for one in gc.get_objects() if isinstance(one, kinds)],
    "loaded": [name for name in names if name in sys.modules],
}))
"""
BEGIN = """
import sys
from hub import supervised
supervised.begin(None, sys.executable, [sys.executable, *sys.argv[1:]], {"GIVEN": "yes"})
"""
SAY = """
import sys
from hub import supervised
supervised.adapt()
from supervisor import loggers
logger = loggers.getLogger()
for output in (supervised.OUTPUT, supervised.ERRORS):
    loggers.handle_file(logger, output, "%(message)s")
logger.critical(b"said by a process")
logger.critical("said by supervisord")
"""


def python(code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={
            "ENV_FILE": "/dev/null",
            "API_KEY": settings.API_KEY,
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "PYTHONPATH": str(settings.BASE_DIR),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_shared_holds_neither_threads_nor_files(tmp_path: Path) -> None:
    """A process has its own: what Python would close in it might be another's by then."""
    done = python(LOOK, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["threads"] == 1
    assert found["loaded"] == ["hub.urls", "huey"]  # and not what begins to work, or what Go has written
    assert [one for one in found["held"] if "/" in one or "socket" in one or "sqlite" in one] == []
    assert not (tmp_path / "whatsapp-hub.db").exists()


@pytest.mark.parametrize(
    ("program", "code", "output", "errors"),
    [
        (
            "import os, sys; print(sys.argv[1:], os.environ['GIVEN'], __name__)",
            0,
            "['a b'] yes __main__\n",
            "",
        ),
        ("import sys; sys.exit()", 0, "", ""),
        ("import sys; sys.exit(7)", 7, "", ""),
        ("import sys; sys.exit('It is taken.')", 1, "", "It is taken.\n"),
        ("raise OSError('Oh')", 1, "", "OSError: Oh\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15, "", ""),
    ],
)
def test_a_process_runs_and_ends_as_if_python_had_been_started(
    program: str, code: int, output: str, errors: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(program)
    for words in (["program.py", "a b"], ["-m", "program", "a b"]):
        done = python(BEGIN, *words, folder=tmp_path)
        assert (done.returncode, done.stdout) == (code, output)
        assert done.stderr.endswith(errors)


def test_the_supervisor_goes_on_when_its_output_takes_no_more(tmp_path: Path) -> None:
    """A file on a disk that is full."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", SAY],
            env={"PYTHONPATH": str(settings.BASE_DIR)},
            cwd=tmp_path,
            stdout=full,
            stderr=full,
            check=False,
        )
    assert done.returncode == 0
