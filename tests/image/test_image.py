"""The Docker image and the compose file, as far as one can see without Docker: what linters and the schema
say of them, that they fit the code, and that the hub runs on what gets into the image."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo_hub import ROOT, free_port
from tests.tools import program, run

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
HUB: dict[str, Any] = COMPOSE["services"]["hub"]
OF_THE_IMAGE = {"HOST", "PORT", "DATA_DIR", "MEDIA_DIR", "OUTBOX_DIR"}  # places in the container


def instructions(word: str) -> list[str]:
    """What the Dockerfile's lines that begin with this word say, one to a string."""
    whole = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return re.findall(rf"^{word} (.*)$", whole, re.MULTILINE)


def environment() -> dict[str, str]:
    words = [word for line in instructions("ENV") for word in shlex.split(line)]
    return dict(word.split("=", 1) for word in words)


def command(line: str) -> list[str]:
    words: list[str] = json.loads(line[line.index("[") :])
    return words


# What others say of them


def test_hadolint_has_nothing_to_say_of_the_dockerfile(tmp_path: Path) -> None:
    hadolint = [program("hadolint"), "--no-color", "--failure-threshold", "style"]
    assert run([*hadolint, "Dockerfile"], ROOT) == ""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.replace(":3.12-slim-trixie", ""))
    with pytest.raises(AssertionError, match="DL3006"):  # the version is missing
        run([*hadolint, "Dockerfile"], tmp_path)


def test_the_compose_file_is_what_the_specification_says(tmp_path: Path) -> None:
    check = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    run([*check, "docker-compose.yml"], ROOT)
    wrong = (ROOT / "docker-compose.yml").read_text().replace("cap_drop:", "drop_caps:")
    (tmp_path / "docker-compose.yml").write_text(wrong)
    with pytest.raises(AssertionError, match="drop_caps"):
        run([*check, "docker-compose.yml"], tmp_path)


# That they fit the code


def test_every_setting_can_be_made_beside_the_compose_file() -> None:
    """One without a value there is passed on; nothing is said twice, so no default can be another one."""
    settings = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(HUB["environment"]) == settings - OF_THE_IMAGE
    assert {name for name, value in HUB["environment"].items() if value is not None} == {"API_KEY"}


def test_no_secret_is_in_the_image_or_the_compose_file() -> None:
    assert not {name for name in environment() if re.search("KEY|SECRET|PASSWORD", name)}
    assert HUB["environment"]["API_KEY"].startswith("${API_KEY:?")
    assert COMPOSE["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_nothing_but_wheels_is_installed() -> None:
    (install,) = [line for line in instructions("RUN") if line.startswith("pip install")]
    assert "--only-binary=:all:" in install
    assert "-r requirements.txt -r requirements-s3.txt" in install


def test_the_container_may_do_no_more_than_it_has_to() -> None:
    user, group = instructions("USER")[-1].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert HUB["user"] == f"${{HUB_USER:-{user}:{group}}}"
    assert HUB["read_only"] is True
    assert HUB["cap_drop"] == ["ALL"]
    assert "privileged" not in HUB
    assert all("no-new-privileges:true" in one["security_opt"] for one in COMPOSE["services"].values())
    assert HUB["ports"] == ["127.0.0.1:${PORT:-3100}:3100"]  # as on a machine: for others there is a proxy


def test_what_is_stored_is_in_the_volume_alone() -> None:
    (volume,) = instructions("VOLUME")
    assert HUB["volumes"] == [f"data:{volume}"]
    assert environment()["DATA_DIR"] == volume
    assert Path(environment()["ENV_FILE"]).parent == Path(volume)
    assert any(f"--mode=700 {volume}" in line for line in instructions("RUN"))  # which new volumes take over


def test_the_databases_are_there_only_where_they_are_asked_for() -> None:
    profiles = {name: one.get("profiles") for name, one in COMPOSE["services"].items()}
    assert profiles == {"hub": None, "postgres": ["postgres"], "redis": ["redis"]}
    for name, condition in HUB["depends_on"].items():
        assert condition == {"condition": "service_healthy", "required": False}
        assert "healthcheck" in COMPOSE["services"][name]


# That the hub runs on what gets into the image


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's folder with the code, by .dockerignore: all is left out but what is named there."""
    folder = tmp_path_factory.mktemp("image")
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")]
    everything, *named, caches = lines
    assert (everything, caches) == ("*", "**/__pycache__")
    for name in named:
        assert name.startswith("!")
        source = ROOT / name[1:]
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / source.name, ignore=ignored)
        else:
            shutil.copy(source, folder)
    return folder


def does(app: Path, words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """What the image's Python does, with the environment of the image and these variables."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=app,
        env=environment() | {"API_KEY": "a-key-of-the-image-0123", **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_code_and_nothing_else_gets_into_it(app: Path) -> None:
    assert not {path.name for path in app.iterdir()} & {"tests", "bench", ".git", ".env", ".venv", "data"}
    copied = {word for line in instructions("COPY") for word in line.split() if "." in word[1:]}
    assert copied == {"requirements.txt", "requirements-s3.txt", "constraints.txt"}
    assert all((app / name).exists() for name in copied)


def test_the_code_that_is_in_it_is_whole(app: Path, tmp_path: Path) -> None:
    places = {"DATA_DIR": str(tmp_path), "ENV_FILE": str(tmp_path / ".env")}
    done = does(app, ["manage.py", "check"], **places)  # the addresses with their views, models, admin
    assert done.returncode == 0, done.stderr
    modules = sorted(path.relative_to(app).with_suffix("") for path in (app / "hub").glob("*.py"))
    names = [".".join(path.parts) for path in modules if path.stem != "__init__"]
    load = f"import django, importlib; django.setup(); [importlib.import_module(name) for name in {names}]"
    done = does(app, ["-c", load], DJANGO_SETTINGS_MODULE="hub.settings", **places)
    assert done.returncode == 0, done.stderr


def test_the_health_check_is_run_from_there(app: Path) -> None:
    """What it says of a hub is in tests/hub/test_healthcheck.py."""
    python, *words = command(instructions("HEALTHCHECK")[-1])
    assert python == "python"
    done = does(app, words, PORT=str(free_port()))
    assert done.returncode == 1
    assert done.stderr.startswith("no answer: ")


def test_a_volume_that_is_another_users_is_named_with_who_would_have_to_own_it(app: Path) -> None:
    """/proc stands for it: nobody may make files there, not even root."""
    done = does(app, command(instructions("CMD")[-1])[1:], DATA_DIR="/proc/data")
    assert done.returncode == 1
    assert done.stderr.startswith("The hub can't start: DATA_DIR is '/proc/data', which can't be written to")
    assert "this user (number " in done.stderr


def test_commands_make_files_that_are_for_the_hubs_user_alone(app: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings = {"DATA_DIR": str(data), "ENV_FILE": str(tmp_path / ".env")}
    words = ["-c", "import os, runpy, sys; os.umask(0o022); sys.argv = ['manage.py', 'restore', 'absent']; "]
    words[1] += "runpy.run_path('manage.py', run_name='__main__')"
    done = does(app, words, **settings)
    assert "absent" in done.stderr
    made = [path for path in data.rglob("*") if path.exists()]
    assert made
    assert [path for path in made if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)] == []
