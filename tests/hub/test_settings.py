"""What the owner may set, and how a mistake is named: one sentence, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub import stores
from hub.env import Environment

KEY = "a-key-of-enough-length"


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with these settings and no others."""
    clean = {"PATH": os.environ["PATH"], "ENV_FILE": "/dev/null", "API_KEY": KEY}
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        env=clean | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "what_is_right"),
    [
        ("API_KEY", "", "16 characters or more"),
        ("API_KEY", "short", "16 characters or more"),
        ("PORT", "http", "from 1 to 65535"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "65536", "from 1 to 65535"),
        ("MAX_MEDIA_SIZE_MB", "-1", "0 is unlimited"),
        ("MAX_MEDIA_SIZE_MB", "many", "0 is unlimited"),
        ("AUTO_DOWNLOAD_MEDIA", "perhaps", "true or false"),
        ("ALLOW_PRIVATE_URLS", "home", "true or false"),
        ("LOG_LEVEL", "loud", "trace, debug, info"),
        ("EVENT_RETENTION_DAYS", "-1", "0 keeps it for ever"),
        ("DELIVERY_RETENTION_DAYS", "-1", "0 keeps them for ever"),
        ("ACTION_RETENTION_DAYS", "ever", "0 keeps them for ever"),
        ("REQUESTS_PER_MINUTE", "many", "0 is no limit"),
        ("PROXIES", "11", "from 0 to 10"),
        ("WEB_PROCESSES", "-1", "0 is one for each core, four at most"),
        ("WEB_PROCESSES", "two", "from 0 to 64"),
        ("SEND_JITTER_SECONDS", "nan", "from 0 to 300"),
        ("SEND_JITTER_SECONDS", "1s", "from 0 to 300"),
        ("WEBHOOK_URLS", "bot.example", "http:// or https://"),
        ("WEBHOOK_URLS", "https://bot.example/,ftp://bot.example/", "at place 2"),
        ("WEBHOOK_URLS", "https://me:pw@bot.example/", "no user name"),
        ("WEBHOOK_URLS", "https://[::1/", "http:// or https://"),
        ("WEBHOOK_URLS", "https://bot.example:99999/", "http:// or https://"),
        ("ENCRYPTION_KEY", "short", "16 characters or more"),
        ("SESSION_NAME", "../other", "letters, digits"),
        ("DATABASE_URL", "mysql://me:pw@db/hub", "postgres://user:password@host:5432/name"),
        ("DATABASE_URL", "postgres://db:five/hub", "postgres://user:password@host:5432/name"),
        ("DATABASE_URL", "postgres://db:5432", "postgres://user:password@host:5432/name"),
        ("REDIS_URL", "http://cache:6379", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "redis://", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "redis://cache:six/0", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "redis://cache:6379/first", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "redis://cache/0?wish=all", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "rediss://cache/0?ssl_cert_reqs=some", "redis://user:password@host:6379/0"),
        ("REDIS_URL", "redis://cache/0?socket_timeout=long", "redis://user:password@host:6379/0"),
        ("DATA_DIR", "/dev/null/x", ") may create files in"),
        ("MEDIA_DIR", "/dev/null", ") may create files in"),
        ("OUTBOX_DIR", "/dev/null", ") may create files in"),
        ("S3_BUCKET", "x", "3 to 255 letters"),
        ("S3_BUCKET", "my/bucket", "3 to 255 letters"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(
    name: str, value: str, what_is_right: str, tmp_path: Path
) -> None:
    result = start(**{"DATA_DIR": str(tmp_path), name: value})

    assert result.returncode != 0
    assert result.stderr.startswith(f"The hub can't start: {name} ")
    assert what_is_right in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("folder", [".", "media"])
def test_the_outbox_is_a_folder_of_its_own(folder: str, tmp_path: Path) -> None:
    result = start(DATA_DIR=str(tmp_path), OUTBOX_DIR=str(tmp_path / folder))
    assert result.stderr.startswith("The hub can't start: OUTBOX_DIR ")
    assert "a folder of its own" in result.stderr


BUCKET = {"S3_BUCKET": "files"}


@pytest.mark.parametrize(
    ("name", "environment", "what_is_right"),
    [
        ("S3_BUCKET", {"S3_ENDPOINT_URL": "http://s3.example"}, "name the bucket"),
        ("S3_ENDPOINT_URL", {**BUCKET, "S3_ENDPOINT_URL": "s3.example"}, "http:// or https://"),
        ("S3_ENDPOINT_URL", {**BUCKET, "S3_ENDPOINT_URL": "https://me:pw@s3.example"}, "no user name"),
        ("S3_ENDPOINT_URL", {**BUCKET, "S3_ENDPOINT_URL": "https://s3.example:port"}, "perhaps a port"),
        ("S3_REGION", {**BUCKET, "S3_REGION": "the moon"}, "such as eu-central-1"),
        ("AWS_DEFAULT_REGION", {**BUCKET, "AWS_DEFAULT_REGION": "the moon"}, "such as eu-central-1"),
        ("S3_SECRET_ACCESS_KEY", {**BUCKET, "S3_ACCESS_KEY_ID": "me"}, "set both"),
        ("S3_ACCESS_KEY_ID", {**BUCKET, "S3_SECRET_ACCESS_KEY": "pw"}, "set both"),
        ("AWS_SECRET_ACCESS_KEY", {**BUCKET, "AWS_ACCESS_KEY_ID": "me"}, "set both"),
        ("S3_PREFIX", {**BUCKET, "S3_PREFIX": "a/../b"}, "such as hub/files"),
        ("S3_ADDRESSING_STYLE", {**BUCKET, "S3_ADDRESSING_STYLE": "dns"}, "auto, path, virtual"),
    ],
)
def test_a_bad_bucket_stops_the_start_with_one_sentence(
    name: str, environment: dict[str, str], what_is_right: str, tmp_path: Path
) -> None:
    result = start(DATA_DIR=str(tmp_path), **environment)

    assert result.returncode != 0
    assert result.stderr.startswith(f"The hub can't start: {name} ")
    assert what_is_right in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_bucket_without_its_packages_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "PACKAGES", ("boto3", "not_there_at_all"))
    with pytest.raises(ImproperlyConfigured, match=r"^S3_BUCKET is set, .* requirements-s3\.txt"):
        stores.storages_of(Environment(BUCKET))


def test_a_bucket_is_opened_by_its_own_key_else_by_amazons() -> None:
    amazons = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    own = {"S3_ACCESS_KEY_ID": "d", "S3_SECRET_ACCESS_KEY": "e"}

    def key(**environment: str) -> tuple[str | None, ...]:
        options = stores.storages_of(Environment(BUCKET | environment))["media"]["OPTIONS"]
        return options["access_key"], options["secret_key"], options["security_token"]

    assert key(**amazons) == ("a", "b", "c")
    assert key(**amazons, **own) == ("d", "e", None)
    assert key() == (None, None, None)


def test_files_and_outbox_lie_apart_in_the_bucket() -> None:
    def places(prefix: str) -> list[str]:
        found = stores.storages_of(Environment({**BUCKET, "S3_PREFIX": prefix}))
        return [found[name]["OPTIONS"]["location"] for name in ("media", "outbox")]

    assert places("") == ["media", "outbox"]
    assert places("/my/hub/") == ["my/hub/media", "my/hub/outbox"]


def test_a_key_is_never_part_of_the_message(tmp_path: Path) -> None:
    assert "hunter2" not in start(DATA_DIR=str(tmp_path), API_KEY="hunter2").stderr
    assert "hunter2" not in start(DATA_DIR=str(tmp_path), ENCRYPTION_KEY="hunter2").stderr
    assert "hunter2" not in start(DATA_DIR=str(tmp_path), DATABASE_URL="postgres://me:hunter2@db").stderr
    assert "hunter2" not in start(DATA_DIR=str(tmp_path), REDIS_URL="redis://:hunter2@cache/one").stderr
    assert "hunter2" not in start(DATA_DIR=str(tmp_path), WEBHOOK_URLS="ftp://x/?token=hunter2").stderr
    for bad in (
        {"S3_SECRET_ACCESS_KEY": "hunter2"},
        {"S3_SECRET_ACCESS_KEY": "hunter2", **BUCKET},
        {"S3_ENDPOINT_URL": "https://me:hunter2@s3.example", **BUCKET},
    ):
        stderr = start(DATA_DIR=str(tmp_path), **bad).stderr
        assert stderr.startswith("The hub can't start: S3_")
        assert "hunter2" not in stderr


def test_the_defaults_are_the_originals(tmp_path: Path) -> None:
    shown = start(DATA_DIR=str(tmp_path)).stdout

    for line in (
        "PORT = 3100",
        "AUTO_DOWNLOAD_MEDIA = True",
        "MAX_MEDIA_SIZE_MB = 100",
        "SESSION_NAME = 'default'",
        "WEBHOOK_URLS = []",
        f"MEDIA_DIR = PosixPath('{tmp_path}/media')",
        f"OUTBOX_DIR = PosixPath('{tmp_path}/outbox')",
    ):
        assert line in shown


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(f"API_KEY={KEY}\nPORT=3111\nSESSION_NAME=from_file\nDATA_DIR={tmp_path}\n")

    shown = start(ENV_FILE=str(file), PORT="3199").stdout

    assert "PORT = 3199" in shown
    assert "SESSION_NAME = 'from_file'" in shown


@pytest.mark.parametrize("words", [[], ["--demo"]])
def test_a_start_with_a_folder_that_can_not_be_written_names_it(words: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "hub.start", *words],
        env={"PATH": os.environ["PATH"], "DATA_DIR": "/dev/null/x", "ENV_FILE": "/dev/null", "API_KEY": KEY},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode != 0
    assert result.stderr.startswith("The hub can't start: DATA_DIR ")
    assert len(result.stderr.strip().splitlines()) == 1
