"""Real servers, each started for a run of tests on a port and in a folder of its own, and gone with it.

They are Debian's `postgresql` and `redis-server`. Neither is to be had by pip, so where one isn't installed
its tests are skipped, and say so. Debian has no S3 store; moto's comes with the tests' own packages.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30.0
SQLITE = "whatsapp-hub.db"  # the database's file in the folder of a hub's data


class NotInstalled(Exception):
    """There is no such server on this machine."""


@dataclass
class Server:
    """A running server. `folder` goes when it is stopped."""

    port: int
    folder: Path
    command: list[str]
    is_up: Callable[[int], bool]
    user: dict[str, Any]  # whom it runs as, in Popen's words
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, start_new_session=True, cwd=self.folder, **self.user
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up(self.port):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it as its machine's going down would: at once, and with nothing put in order."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def remove(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL then waits for no connection's end
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def postgresql() -> Server:
    """A PostgreSQL of this process's own, with one superuser `hub` whom it believes."""
    return start_postgresql()


@cache
def redis() -> Server:
    """A Redis of this process's own."""
    return start_redis()


@cache
def s3() -> Server:
    """An S3 store of this process's own, which believes everybody."""
    return start_s3()


def database_url(name: str, server: Server | None = None) -> str:
    """The address of a database of that name, which need not be there yet."""
    return f"postgres://hub@127.0.0.1:{(server or postgresql()).port}/{name}"


def redis_url(number: int = 0, server: Server | None = None) -> str:
    return f"redis://127.0.0.1:{(server or redis()).port}/{number}"


def is_tested_on_postgresql() -> bool:
    return os.environ.get("TEST_DATABASE") == "postgresql"


def database_of(folder: Path, *, is_empty: bool = False) -> dict[str, str]:
    """Makes the database of a hub that has `folder` for its data, unless it is there. With its tables, unless
    it is to be empty, for a hub that makes them itself. Returns what the hub is to have in its environment:
    nothing for SQLite, as the database is in its folder; on PostgreSQL the address of one of its own."""
    if is_tested_on_postgresql():
        return own_database(folder, is_empty=is_empty)
    there = folder / SQLITE
    if not is_empty and not there.exists():
        shutil.copy(tables() / SQLITE, there)
    return {}


def own_database(folder: Path, *, is_empty: bool = False) -> dict[str, str]:
    """The same, on PostgreSQL. Raises NotInstalled."""
    name = f"hub_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    template = "template1" if is_empty else tables_on_postgresql()
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return {"DATABASE_URL": database_url(name)}


@cache
def tables() -> Path:
    """A folder with a database that has its tables and nothing in them. Making them takes seconds, so it is
    done once for all hubs of this process."""
    folder = Path(tempfile.mkdtemp(prefix="hub-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(folder)
    return folder


@cache
def tables_on_postgresql() -> str:
    """The name of such a database on this process's PostgreSQL."""
    name = "hub_tables"
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with tempfile.TemporaryDirectory(prefix="hub-tables-") as folder:
        migrate(Path(folder), DATABASE_URL=database_url(name))
    return name


def migrate(folder: Path, **settings: str) -> None:
    """Makes the tables, as a hub that has `folder` for its data and these `settings`."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "API_KEY": "only-for-its-tables",
        "DATA_DIR": str(folder),
        **settings,
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, cwd=ROOT, check=True)


def start_postgresql() -> Server:
    """Raises NotInstalled."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    beside = shutil.which("postgres")
    postgres = programs[-1] if programs else Path(beside) if beside else None
    if postgres is None:
        raise NotInstalled("PostgreSQL is not there (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="hub-postgresql-"))
    user = somebody_else("postgres", folder)
    initialise = [
        *(str(postgres.with_name("initdb")), "-D", str(folder / "data"), "-U", "hub"),
        *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
    ]
    subprocess.run(initialise, check=True, capture_output=True, cwd=folder, **user)
    port = free_port()
    command = [str(postgres), "-D", str(folder / "data"), "-k", str(folder), "-p", str(port)]
    for setting in (
        *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),  # nothing here outlives a crash
        *("max_connections=300", "shared_buffers=64MB", "listen_addresses=127.0.0.1"),
    ):
        command += ["-c", setting]
    return begin(Server(port, folder, command, takes_queries, user))


def start_redis() -> Server:
    """Raises NotInstalled."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("Redis is not there (Debian: redis-server)")
    folder = Path(tempfile.mkdtemp(prefix="hub-redis-"))
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    return begin(Server(port, folder, command, listens, {}))


def start_s3() -> Server:
    """What it holds goes when it is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="hub-s3-"))
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    return begin(Server(port, folder, command, listens, {}))


def begin(server: Server) -> Server:
    atexit.register(server.remove)
    server.start()
    return server


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def takes_queries(port: int) -> bool:
    try:
        psycopg.connect(f"postgres://hub@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def somebody_else(name: str, folder: Path) -> dict[str, Any]:
    """Whom to run a server as that refuses to be root: nobody else where we are not root."""
    if os.getuid() != 0:
        return {}
    found = pwd.getpwnam(name)
    os.chown(folder, found.pw_uid, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
