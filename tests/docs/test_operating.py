"""The commands and files of README and docs/operating.md, on a machine of their own (`machine.py`): a hub is
installed there, started as the systemd unit says, backed up, upgraded, examined and stopped.

What needs a package registry, root, systemd or Docker is noted in place of being done, and compared with what
the other files say.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
import yaml
from dotenv import dotenv_values

from bench.__main__ import options, plan_of
from bench.corpus.files import prepare
from hub.env import Environment
from hub.supervisor import configuration
from tests.demo_hub import free_port
from tests.docs.blocks import ROOT, answers, block, put_in
from tests.docs.machine import DATA, Machine, build_machine
from tests.docs.programs import Program, going
from tests.servers import NotInstalled, own_database, tables
from tests.tools import about_sqlite, lacking, program, run
from tests.waiting import eventually
from whatsapp.backup import archive
from whatsapp.doctor import EXAMINATIONS, Level

if TYPE_CHECKING:
    from whatsapp.simulator import Authority, Simulator

pytestmark = about_sqlite

START_SECONDS = 60.0  # only a failing test waits so long
QR = "████"  # of a code that is drawn in a terminal
PASSPHRASE = "twelve characters or more"
DOCTOR = re.compile(r"(good|look|bad ) (.{17}) (\S.*)")
ADVICE = re.compile(r" {23}→ \S.*")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One on which the hub is installed as the document says."""
    made = build_machine(tmp_path_factory.mktemp("machine"))
    made.does(block("docs/operating.md", "sh", "sudo useradd"))
    return made


@pytest.fixture(scope="module")
def whatsapp(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Simulator]:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def unit(machine: Machine) -> configparser.RawConfigParser:
    return read_unit(machine.at_home(block("docs/operating.md", "ini", "ExecStart")))


def read_unit(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser.read_string(text)
    return parser


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def service(
    machine: Machine, whatsapp: Simulator, unit: configparser.RawConfigParser, port: int
) -> Iterator[Program]:
    """The hub, started as systemd would."""
    before = files_of(machine.code)
    command = machine.words(
        USER="whatsapp-hub",
        LOGNAME="whatsapp-hub",
        SHELL="/usr/sbin/nologin",
        PORT=str(port),
        SIMULATOR=str(whatsapp.config_path),
    )
    command += shlex.split(unit["Service"]["ExecStart"])
    with going(command, Path(unit["Service"]["WorkingDirectory"])) as running:
        eventually(lambda: answers_at(port), "the hub", START_SECONDS)
        running.says(QR, START_SECONDS)  # the log shows the code
        yield running
        assert files_of(machine.code) - before == {"printed"}  # it writes to its data alone


def settings_in(env: Path) -> Environment:
    return Environment({name: value or "" for name, value in dotenv_values(env).items()})


def files_of(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if ".venv" not in path.parts and path.suffix != ".pyc" and path.name != "__pycache__"
    }


def answers_at(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


# The README's beginning


def test_make_demo_and_make_run_start_a_hub(machine: Machine, whatsapp: Simulator, tmp_path: Path) -> None:
    demo, run_it = block("README.md", "sh", "make demo").splitlines()
    for number, line in enumerate((demo, run_it)):
        port, data = free_port(), tmp_path / str(number)
        settings = {"PORT": str(port), "DATA_DIR": str(data)}
        if line is run_it:
            settings["SIMULATOR"] = str(whatsapp.config_path)  # in place of the real one
        command = [*machine.words(**settings), "bash", "-c", f"cd {machine.code} && {line}"]
        with going(command, tmp_path) as hub:
            hub.says(f"http://localhost:{port}", START_SECONDS)
            eventually(lambda port=port: answers_at(port), "the hub", START_SECONDS)
            if line is run_it:
                hub.says(QR, START_SECONDS)
            hub.is_interrupted()
            assert (data / "whatsapp-hub.db").exists()


# Install


def test_installing_makes_a_key_that_is_for_the_hubs_user_alone(machine: Machine) -> None:
    env = machine.code / ".env"
    assert env.stat().st_mode & 0o777 == 0o600
    settings = settings_in(env)
    assert len(settings.secret("API_KEY", least=16)) > 40
    assert settings.values["DATA_DIR"] == str(machine.data)
    assert machine.noted[:2] == [
        "apt install make python3-venv",
        f"useradd --system --home-dir {machine.data} --shell /usr/sbin/nologin whatsapp-hub",
    ]
    assert "chown whatsapp-hub .env" in machine.noted


def test_the_unit_is_one_that_systemd_takes(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "whatsapp-hub.service"
    text = machine.at_home(block("docs/operating.md", "ini", "[Install]"))
    text = put_in(text, ("User=whatsapp-hub", "User=root"))  # a user that this machine has
    assert verified(path, text) == ""
    assert "kill mode" in verified(path, text.replace("KillMode=mixed", "KillMode=some"))


def verified(path: Path, unit: str) -> str:
    """What systemd has to say about the unit; nothing where it is right."""
    path.write_text(unit)
    command = [program("systemd-analyze"), "verify", "--man=no", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_the_unit_and_the_commands_are_of_one_hub(
    machine: Machine, unit: configparser.RawConfigParser
) -> None:
    service = unit["Service"]
    assert service["User"] == "whatsapp-hub"
    assert f"/var/lib/{service['StateDirectory']}" == DATA
    assert service["WorkingDirectory"] == str(machine.code)
    machine.forget()
    machine.does(block("docs/operating.md", "sh", "enable --now"))
    assert machine.noted == [
        "systemctl daemon-reload",
        "systemctl enable --now whatsapp-hub",
        "journalctl --unit whatsapp-hub --follow",
    ]


@pytest.fixture
def compose() -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_systemd_and_docker_wait_longer_than_the_supervisor(
    unit: configparser.RawConfigParser, compose: dict[str, dict[str, dict[str, object]]]
) -> None:
    programs = [one for name, one in configuration(demo=False).items() if "program:" in name]
    at_worst = sum(int(one["stopwaitsecs"]) for one in programs)
    assert at_worst == 24  # as the document and the compose file say
    waits = unit["Service"]["TimeoutStopSec"]
    assert int(waits) > at_worst
    assert compose["services"]["hub"]["stop_grace_period"] == f"{waits}s"


def test_the_commands_of_docker_name_what_the_file_has(
    compose: dict[str, dict[str, dict[str, object]]], tmp_path: Path
) -> None:
    machine = build_machine(tmp_path)
    machine.does(block("docs/operating.md", "sh", "docker compose logs"))
    assert machine.noted == ["docker compose up -d", "docker compose logs -f hub"]
    assert "hub" in compose["services"]
    machine.does(block("docs/operating.md", "sh", "COMPOSE_PROFILES"))
    settings = settings_in(machine.code / ".env")
    assert len(settings.secret("API_KEY", least=16)) > 40  # which is still there
    profiles = {name for one in compose["services"].values() for name in one.get("profiles", [])}
    assert set(settings.words("COMPOSE_PROFILES")) == profiles
    database = settings.database("DATABASE_URL")
    assert database is not None
    assert {database["HOST"], "redis"} <= set(compose["services"])
    assert database["PASSWORD"] == settings.text("POSTGRES_PASSWORD")
    described = compose["services"]["postgres"]["environment"]
    assert (database["USER"], database["NAME"]) == (described["POSTGRES_USER"], described["POSTGRES_DB"])
    assert settings.redis("REDIS_URL") == "redis://redis:6379/0"
    passed_on = compose["services"]["hub"]["environment"]
    assert {"DATABASE_URL", "REDIS_URL", "API_KEY"} <= set(passed_on)


# What runs


def test_the_doctor_says_what_the_document_shows(
    machine: Machine, service: Program, whatsapp: Simulator, port: int
) -> None:
    said = machine.does(
        block("docs/operating.md", "sh", "&& sudo", "manage.py doctor"),
        PORT=str(port),
        SIMULATOR=str(whatsapp.config_path),
    )
    shown = block("docs/operating.md", "text", "good versions")
    assert {level for level, _, _ in findings(shown)} <= {str(level) for level in Level}
    parts = [part for _, part, _ in findings(shown) if part != "clock"]  # which the simulator has none of
    assert list(dict.fromkeys(parts)) == list(EXAMINATIONS)
    assert list(dict.fromkeys(part for _, part, _ in findings(said))) == list(EXAMINATIONS)
    same = {form(what) for level, _, what in findings(shown) if level == "good"}
    same &= {form(what) for level, _, what in findings(said) if level == "good"}
    assert len(same) >= 8, same
    assert any(line.startswith("                       → ") for line in shown.splitlines())


def findings(text: str) -> list[tuple[str, str, str]]:
    """(level, part, what) of each line but those of advice."""
    lines = [line for line in text.splitlines() if not ADVICE.fullmatch(line)]
    found = [DOCTOR.fullmatch(line) for line in lines]
    assert all(found), text
    return [(one[1].strip(), one[2].strip(), one[3]) for one in found if one]


def form(what: str) -> str:
    """A sentence without its figures."""
    return re.sub(r"[\d.]*\d\s?([kMG]?B|bytes)?", "1", what)


def test_a_backup_is_made_and_put_back(machine: Machine, service: Program, tmp_path: Path) -> None:
    machine.does(block("docs/operating.md", "sh", "sudo", "manage.py backup /var/lib"))
    made = machine.data / "today.zip"
    assert archive.is_encrypted(made)
    shutil.move(made, machine.code / "today.zip")
    elsewhere, settings = tmp_path / "elsewhere", (machine.code / ".env").read_text()
    (machine.code / ".env").unlink()  # as on a new machine
    restore = block("docs/operating.md", "sh", "sudo", "manage.py restore")
    said = machine.does(restore, (str(machine.data), str(elsewhere)))
    (machine.code / "today.zip").unlink()
    assert said.startswith("The hub of ")
    assert (machine.code / ".env").read_text() == settings
    assert f"chown -R whatsapp-hub .env {elsewhere}" in machine.noted
    with closing(sqlite3.connect(elsewhere / "whatsapp-hub.db")) as database:
        assert database.execute("SELECT name FROM whatsapp_account").fetchall() == [("default",)]


def test_in_docker_a_backup_is_made_in_the_volume_and_put_back_into_another(
    machine: Machine, service: Program, tmp_path: Path
) -> None:
    """What the container would do is done here."""
    python = ("python manage.py", ".venv/bin/python manage.py")
    machine.does(
        block("docs/operating.md", "sh", "docker compose cp"),
        ("docker compose exec -e BACKUP_PASSPHRASE hub ", ""),
        ("docker compose exec hub ", ""),
        ("docker compose cp hub:", "cp "),
        ("/data/", f"{machine.data}/"),
        python,
    )
    assert archive.is_encrypted(machine.code / "today.zip")
    said = machine.does(
        block("docs/operating.md", "sh", "docker compose run"),
        ("docker compose run --rm -T -e BACKUP_PASSPHRASE hub ", ""),
        ("/data/", f"{tmp_path}/"),
        python,
        DATA_DIR=str(tmp_path),
        ENV_FILE=str(tmp_path / ".env"),
    )
    (machine.code / "today.zip").unlink()
    assert said.startswith("The hub of ")
    names = {path.name for path in tmp_path.iterdir()}
    assert {"whatsapp-hub.db", "auth", ".env"} <= names
    assert not (machine.data / "today.zip").exists()
    assert "today.zip" not in names


def test_every_night_there_is_one_backup_more_and_old_ones_go(
    machine: Machine, service: Program, tmp_path: Path
) -> None:
    line = machine.at_home(block("docs/operating.md", "crontab", "manage.py backup")).strip()
    when, user, command = re.fullmatch(r"((?:\S+ ){5})(\S+) (.*)", line).groups()
    assert when == "30 3 * * * "
    assert user == "whatsapp-hub"
    assert re.search(r"(?<!\\)%", command) is None  # cron takes one for the end of a line
    (tmp_path / "passphrase").write_text(f"export BACKUP_PASSPHRASE='{PASSPHRASE}'\n")
    backups = tmp_path / "backups"
    backups.mkdir()
    for name, days in (("old.zip", 20), ("recent.zip", 10)):
        (backups / name).touch()
        os.utime(backups / name, (time.time() - days * 86_400,) * 2)
    command = put_in(
        command.replace(r"\%", "%"),
        ("/etc/whatsapp-hub.backup", str(tmp_path / "passphrase")),
        ("/var/backups/whatsapp-hub", str(backups)),
    )
    run([*machine.words(), "sh", "-c", command], tmp_path)
    names = {path.name for path in backups.iterdir()}
    assert names - {"recent.zip"} == {time.strftime("%Y-%m-%d.zip")}


def test_an_upgrade_is_backed_up_fetched_and_examined(
    machine: Machine, service: Program, whatsapp: Simulator, port: int, tmp_path: Path
) -> None:
    with newer_code(machine, tmp_path):
        machine.forget()
        said = machine.does(
            block("docs/operating.md", "sh", "git pull"), PORT=str(port), SIMULATOR=str(whatsapp.config_path)
        )
        assert (machine.code / "NEWS").read_text() == "a newer hub\n"
    assert (machine.data / time.strftime("before-%Y-%m-%d.tar")).exists()
    assert machine.noted == ["systemctl stop whatsapp-hub", "systemctl start whatsapp-hub"]
    assert f"A hub 0.1.0 answers at http://127.0.0.1:{port}." in said


@contextmanager
def newer_code(machine: Machine, folder: Path) -> Iterator[None]:
    """The machine's code is a clone, and where it is from there is something new."""
    git = ["git", "-c", "user.name=Olivia", "-c", "user.email=olivia@example.org"]
    origin, other = folder / "origin.git", folder / "other"
    for words, place in (
        (["init", "--quiet", "--initial-branch=main"], machine.code),
        (["add", "README.md"], machine.code),
        (["commit", "--quiet", "--message=old"], machine.code),
        (["clone", "--quiet", "--bare", str(machine.code), str(origin)], folder),
        (["remote", "add", "origin", str(origin)], machine.code),
        (["fetch", "--quiet"], machine.code),
        (["branch", "--quiet", "--set-upstream-to=origin/main"], machine.code),
        (["clone", "--quiet", str(origin), str(other)], folder),
    ):
        run([*git, *words], place)
    (other / "NEWS").write_text("a newer hub\n")
    for words in (["add", "NEWS"], ["commit", "--quiet", "--message=new"], ["push", "--quiet"]):
        run([*git, *words], other)
    try:
        yield
    finally:
        shutil.rmtree(machine.code / ".git")
        (machine.code / "NEWS").unlink()


def test_it_stops_in_order_when_the_supervisor_alone_is_told(
    service: Program, unit: configparser.RawConfigParser, machine: Machine
) -> None:
    """The last one: the hub is gone after it."""
    assert unit["Service"]["KillMode"] == "mixed"
    processes = psutil.Process(service.process.pid).children(recursive=True)
    assert len(processes) >= 4
    assert service.ends(float(unit["Service"]["TimeoutStopSec"])) == 0
    _, alive = psutil.wait_procs(processes, timeout=0.5)
    assert alive == []


# Measuring and moving


def test_the_commands_of_the_bench_are_those_it_takes(machine: Machine) -> None:
    """They take forty minutes, so they are only read: by make, and by the bench."""
    documented = block("docs/performance.md", "sh", "make bench OPTIONS=--quick")
    documented += block("docs/scaling.md", "sh", "make bench")
    printed = machine.does(documented.replace("make bench", "make --dry-run bench"))
    lines = [line for line in printed.splitlines() if "-m bench" in line]
    assert len(lines) == 5
    plans = [plan_of(options(shlex.split(line)[3:])) for line in lines]
    assert [plan.sizes for plan in plans] == [
        (100_000, 1_000_000),
        (10_000,),
        (10_000, 100_000),
        (100_000,),
        (100_000,),
    ]


def test_the_injection_door_takes_a_corpus_and_live_messages(machine: Machine, tmp_path: Path) -> None:
    prepare(tmp_path, [20], [])
    port = free_port()
    example = block("docs/performance.md", "sh", "injectiondoor")
    example = put_in(
        example,
        ("/tmp/measured", str(tmp_path / "measured")),
        ("/tmp/corpus.jsonl", str(tmp_path / "corpus.jsonl")),
        ("injectiondoor &", f"injectiondoor --port {port} &"),
        ("127.0.0.1:3190", f"127.0.0.1:{port}"),
        ('"count": 500', '"count": 5'),
    )
    begin, *ask = example.splitlines()
    here = f"cd {machine.code} && {begin.removesuffix('&')}"
    with going([*machine.words(), "bash", "-c", here], tmp_path) as door:
        door.says("The injection door is open", START_SECONDS)
        loaded, live = answers("\n".join(ask), "", "", tmp_path)
    assert loaded["messages"] == 20
    assert (loaded["quarantined"], live["quarantined"]) == (0, 0)


def test_a_hub_is_moved_to_postgresql(machine: Machine, tmp_path: Path) -> None:
    example = block("docs/scaling.md", "sh", "migrate_to_postgres")
    shutil.copy(tables() / "whatsapp-hub.db", tmp_path)
    try:
        url = own_database(tmp_path, is_empty=True)["DATABASE_URL"]
    except NotInstalled as error:
        lacking(str(error))
    said = machine.does(example, ("postgres://hub:secret@db:5432/hub", url), DATA_DIR=str(tmp_path))
    assert "All is there, and the same" in said


def test_the_sizes_follow_from_what_was_measured() -> None:
    performance, operating = (
        (ROOT / "docs" / name).read_text() for name in ("performance.md", "operating.md")
    )
    row = r"^\| {} \| {} \| ([\d,]+) {}"
    mebibytes = figure(performance, row.format("database", "100,000", "MiB"))
    rate = figure(performance, row.format("live messages into a full hub", "1,000,000", "/s"))
    of_processes = figure(
        performance, row.format(r"memory of all processes after the reads \(PSS\)", "100,000", "MiB")
    )
    assert f"{mebibytes:.0f} MiB" in operating
    assert f"{of_processes:.0f} MiB" in operating
    assert f"{rate:,.0f} live messages" in operating
    byte = mebibytes * 2**20 / 100_000
    rows = re.findall(
        r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) GB \| ([\d.]+) GB \| ([\d,]+) times", operating, re.M
    )
    assert len(rows) == 4
    for shown in rows:
        a_day, in_a_year, database, memory, times = (float(one.replace(",", "")) for one in shown)
        messages = a_day * 365
        assert in_a_year == pytest.approx(messages, rel=0.01)
        assert database == pytest.approx(messages * byte / 1e9, rel=0.01)
        assert memory == pytest.approx(
            of_processes * 2**20 / 1e9 + messages * byte / 1e10, abs=0.06, rel=0.01
        )
        assert times == pytest.approx(rate / (a_day / 86_400), rel=0.01)


def figure(text: str, pattern: str) -> float:
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return float(found.replace(",", ""))
