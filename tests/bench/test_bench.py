"""The whole of it, on a few hundred messages: hubs are started, loaded, asked, listened to and stopped."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import orjson
import psutil
import pytest
from django.conf import settings

from bench.__main__ import options as options_of
from bench.__main__ import plan_of
from bench.corpus.files import Corpus
from bench.hubs.databases import SQLite
from bench.hubs.whatsapp import WhatsApp
from bench.measures import loading
from bench.plan import GROUPS, Plan
from bench.workshop import Workshop

MESSAGES = 200
SOME_ROWS = (
    *("load.live", "load.database", "load.index_share", "start.health", "start.memory"),
    *("sends.over_api", "sends.library", "reads.messages.p50", "reads.message.rate"),
    *("streams.5.burst.rate", "webhooks.latency", "webhooks.slow", "ingest.history", "ingest.live_p99"),
)
PATIENCE = 600.0  # seconds; only a failing test waits so long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


def run(folder: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """The table, and the JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--out", str(folder / "bench.json")],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, orjson.loads((folder / "bench.json").read_bytes())


@pytest.fixture(scope="module")
def measured(folder: Path) -> tuple[str, dict[str, Any]]:
    kept, table = str(folder / "kept"), str(folder / "table.md")
    tiny = ("--messages", str(MESSAGES), "--runs", "1", "--effort", "0.01", "--clients", "1", "5")
    return run(folder, *tiny, "--keep", kept, "--markdown", table)


@pytest.fixture(scope="module")
def rows(measured: tuple[str, dict[str, Any]]) -> dict[str, float]:
    return {row["key"]: row["spread"]["median"] for row in measured[1]["rows"]}


def test_every_group_is_measured(measured: tuple[str, dict[str, Any]], rows: dict[str, float]) -> None:
    assert {key.partition(".")[0] for key in rows} == set(GROUPS)
    assert set(measured[1]["circumstances"]) == set(GROUPS)


def test_nothing_is_lost_and_nothing_fails(rows: dict[str, float]) -> None:
    names = ("load.lost", "reads.failed", "streams.wrong", "webhooks.lost")
    assert {name: rows[name] for name in names} == dict.fromkeys(names, 0)


def test_times_rates_and_sizes_are_there(rows: dict[str, float]) -> None:
    for name in SOME_ROWS:
        assert rows[name] > 0, name
    assert rows["load.index"] < rows["load.database"]
    assert rows["start.anonymous"] < rows["start.memory"] <= rows["start.resident"]


def test_a_deep_page_is_compared_with_the_first(rows: dict[str, float]) -> None:
    assert rows["reads.page_100.ratio"] > 0


def test_the_table_is_printed_and_written(measured: tuple[str, dict[str, Any]], folder: Path) -> None:
    table, _ = measured
    assert "messages, 50 newest: p50" in table
    assert "| messages, 50 newest: p50 | 200 |" in (folder / "table.md").read_text()


def test_nothing_that_was_started_goes_on(measured: tuple[str, dict[str, Any]], folder: Path) -> None:
    left = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if any(str(folder) in word for word in words):
            left.append(process.info["cmdline"])
    assert left == []


def test_what_was_loaded_stays_as_it_was(measured: tuple[str, dict[str, Any]], folder: Path) -> None:
    kept = folder / "kept"
    assert (kept / f"loaded-{MESSAGES}" / "loaded.json").exists()
    assert not (kept / f"in-use-{MESSAGES}").exists()


def test_what_was_kept_is_not_loaded_again_and_tells_nothing_of_this_hub(
    measured: tuple[str, dict[str, Any]], folder: Path
) -> None:
    corpus, plan = Corpus(Path("/nowhere"), {}, {}), Plan(sizes=(MESSAGES,))
    nobody = cast(WhatsApp, None)
    workshop = Workshop(plan, folder / "kept", keeps=True, corpus=corpus, whatsapp=nobody, databases=SQLite())
    asyncio.run(loading.measure(workshop))
    assert workshop.results.rows == []


def test_options_choose_sizes_groups_and_effort() -> None:
    def plan(*words: str) -> Plan:
        return plan_of(options_of(words))

    assert plan() == Plan()
    assert plan().sizes == (100_000, 1_000_000)
    assert plan("--quick").sizes == (10_000,)
    assert plan("--quick", "--messages", "20", "10", "20").sizes == (10, 20)
    assert plan("--only", "webhooks", "reads").groups == ("load", "reads", "webhooks")
    assert not plan("--only", "reads").loads_anew
    assert plan("--only", "load", "reads").loads_anew
    chosen = plan("--runs", "5", "--effort", "0.5")
    assert (chosen.runs, chosen.effort, chosen.read_seconds) == (5, 0.5, 1.0)
    assert plan("--clients", "3", "30").clients == (3, 30)
    assert chosen.pieces == [5_000, 5_000] * 5


@pytest.mark.parametrize("words", [["--messages", "0"], ["--only", "poems"], ["--runs", "few"]])
def test_other_options_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        options_of(words)
