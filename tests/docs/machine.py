"""A machine that the documents' commands may do what they want to: a copy of the code with an environment
that is installed already, and stand-ins for what would change the real machine."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import ROOT, put_in
from tests.tools import run

COPIED = ("api", "bench", "dashboard", "hub", "static", "templates", "whatsapp", "Makefile", "README.md")
COPIED += ("manage.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt", "openapi.json")
CODE, DATA = "/opt/whatsapp-hub", "/var/lib/whatsapp-hub"  # where the documents have the hub

NOTE = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
"""
RUN = """#!/bin/sh
while case "$1" in -u) shift;; -*) ;; *) false;; esac; do shift; done
exec env "$@"
"""
NOTED = ("apt", "useradd", "chown", "systemctl", "journalctl", "docker")


@dataclass
class Machine:
    """`code` and `data` stand for the folders of the documents."""

    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def noted(self) -> list[str]:
        """The commands that would have changed the machine, in order."""
        log = self.folder / "noted"
        return log.read_text().splitlines() if log.exists() else []

    def forget(self) -> None:
        (self.folder / "noted").unlink(missing_ok=True)

    def at_home(self, text: str) -> str:
        """The text with this machine's folders."""
        for documented, here in ((CODE, self.code), (DATA, self.data)):
            text = text.replace(documented, str(here))
        return text

    def words(self, **environment: str) -> list[str]:
        """What a command begins with that has this environment, and nothing of the tests' own."""
        path = os.pathsep.join([str(self.folder / "stand-ins"), os.environ["PATH"]])
        here = {"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8", **environment}
        return ["env", "-i", *(f"{name}={value}" for name, value in here.items())]

    def does(self, text: str, *pairs: tuple[str, str], **environment: str) -> str:
        """Runs the commands in the code's folder; what they print."""
        script = put_in(self.at_home(text), *pairs)
        return run([*self.words(**environment), "bash", "-euc", script], self.code)


def build_machine(folder: Path) -> Machine:
    machine = Machine(folder)
    machine.code.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, machine.code / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, machine.code)
    environment, installed = machine.code / ".venv", Path(sys.prefix)
    environment.mkdir()
    for name in ("bin", "lib", "lib64", "include", "pyvenv.cfg"):
        if (installed / name).exists():
            (environment / name).symlink_to(installed / name)
    for name in (".installed", ".installed-dev"):  # newer than what it is made from, so nothing is installed
        (environment / name).touch()
    stand_ins = folder / "stand-ins"
    stand_ins.mkdir()
    for name in NOTED:
        put_program(stand_ins / name, NOTE.format(log=folder / "noted"))
    put_program(stand_ins / "sudo", RUN)
    return machine


def put_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
