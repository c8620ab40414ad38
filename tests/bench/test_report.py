"""A row beside the original's figure and its target, and the table of all."""

import orjson
import pytest

from bench import original
from bench.figures import Spread
from bench.judgement import Judged, Mark, judge, judge_row
from bench.machine import Circumstances
from bench.plan import Plan
from bench.report import as_json, as_markdown, as_text, number
from bench.results import Better, Measured, Results
from bench.targets import Limit, Times


def row(key: str, value: float, unit: str, better: Better, size: int | None = None) -> Measured:
    spread = Spread(value, value * 0.9, value * 1.2, 3)
    return Measured(key.partition(".")[0], key, "something", unit, better, spread, size)


def judged(key: str, value: float, unit: str, better: Better, size: int = 100_000, slow: float = 1) -> Judged:
    return judge_row(row(key, value, unit, better, size), slow)


def test_a_time_that_is_half_as_long_is_twice_as_good() -> None:
    one = judged("reads.messages.p50", 0.685, "ms", Better.LESS)
    assert (one.original, one.ratio, one.target, one.mark) == (1.37, pytest.approx(2), Times(1), Mark.MET)


def test_a_rate_that_is_half_as_high_is_half_as_good() -> None:
    one = judged("reads.messages.rate", 387, "/s", Better.MORE)
    assert (one.original, one.ratio, one.mark) == (774, pytest.approx(0.5), Mark.MISSED)


def test_on_a_machine_that_is_half_as_fast_times_and_rates_are_corrected() -> None:
    assert judged("reads.messages.p50", 2.74, "ms", Better.LESS, slow=2).ratio == pytest.approx(1)
    assert judged("reads.messages.rate", 387, "/s", Better.MORE, slow=2).ratio == pytest.approx(1)
    assert judged("start.health", 1.1, "s", Better.LESS, slow=0.5).ratio == pytest.approx(0.5)


@pytest.mark.parametrize(("unit", "key"), [("MiB", "reads.memory"), ("×", "reads.messages.growth")])
def test_memory_and_ratios_are_as_they_are_on_any_machine(unit: str, key: str) -> None:
    assert judged(key, 200, unit, Better.LESS, slow=2).corrected == 200


@pytest.mark.parametrize(
    ("value", "slow", "mark"),
    [(4.9, 1, Mark.MET), (4.9, 0.5, Mark.MET), (8, 2, Mark.MET_CORRECTED), (12, 2, Mark.MISSED)],
)
def test_a_limit_is_held_against_what_was_measured_first(value: float, slow: float, mark: Mark) -> None:
    one = judged("streams.1.100.p50", value, "ms", Better.LESS, slow=slow)
    assert (one.target, one.mark) == (Limit(5), mark)


@pytest.mark.parametrize(
    ("value", "slow", "mark"),
    [(5_000, 1, Mark.MET), (3_000, 2, Mark.MET_CORRECTED), (3_000, 1.5, Mark.MISSED)],
)
def test_so_is_one_that_is_to_be_reached(value: float, slow: float, mark: Mark) -> None:
    assert judged("ingest.live", value, "/s", Better.MORE, slow=slow).mark == mark


def test_searches_are_to_be_many_times_as_fast() -> None:
    frequent = "reads.search_frequent.p50"
    assert judged(frequent, 4.7, "ms", Better.LESS).mark is Mark.MET
    assert judged(frequent, 4.8, "ms", Better.LESS).mark is Mark.MISSED
    large = judged(frequent, 7.4, "ms", Better.LESS, size=1_000_000)
    assert (large.target, large.mark) == (Times(1_000), Mark.MET)
    assert judged("reads.search_rare.p50", 1.0, "ms", Better.LESS).mark is Mark.MISSED


def test_what_the_original_did_not_have_has_no_ratio() -> None:
    one = judged("reads.page_100.p50", 3, "ms", Better.LESS)
    assert (one.original, one.ratio, one.target, one.mark) == (None, None, None, Mark.NONE)
    other_size = judged("reads.messages.p50", 3, "ms", Better.LESS, size=12_345)
    assert (other_size.ratio, other_size.mark) == (None, Mark.NONE)


def test_growth_and_deep_pages_have_limits_of_their_own() -> None:
    assert judged("reads.chats.growth", 1.49, "×", Better.LESS).mark is Mark.MET
    assert judged("reads.chats.growth", 1.51, "×", Better.LESS).mark is Mark.MISSED
    assert judged("reads.page_100.ratio", 1.3, "×", Better.LESS).mark is Mark.MISSED


def test_every_figure_of_the_original_is_of_each_size() -> None:
    for p50, rate in original.READS.values():
        assert len(p50) == len(rate) == len(original.SIZES)


@pytest.fixture
def results() -> Results:
    measured = Results()
    probe = original.PROBE_MS * 2
    measured.circumstances = {
        name: Circumstances(probe, [probe, probe + 1], 0.5, 1.25, 80) for name in ("reads", "ingest")
    }
    measured.rows = [
        row("reads.messages.p50", 2.74, "ms", Better.LESS, 100_000),
        row("ingest.live", 1_234.5, "/s", Better.MORE, 100_000),
        row("reads.failed", 0, "", Better.LESS),
    ]
    measured.details = {"reads": [{"run": 0}]}
    return measured


def test_the_table_has_each_row_under_its_group(results: Results) -> None:
    lines = as_text(results, judge(results)).splitlines()
    assert " ".join(lines[0].split()) == "what messages median least to most the original ratio target"
    reads, ingest = lines.index("Reads"), lines.index("A full hub takes in more, while somebody reads")
    wanted = "something 100,000 2.74 ms 2.47 to 3.29 1.37 1 × 1 × the original met"
    assert " ".join(lines[reads + 1].split()) == wanted
    assert lines[reads + 2].split()[-4:] == ["0", "≤", "0", "met"]
    assert lines[ingest + 1].split()[-4:] == ["≥", "5,000", "not", "met"]
    assert "Targets: 2 met, 0 met when corrected by the probe, 1 not met." in lines
    assert "Reads: probe 9.20 ms (9.20 to 10.20), load 0.5 before, 1.25 % stolen." in lines


def test_the_same_table_is_there_as_markdown(results: Results) -> None:
    lines = as_markdown(results, judge(results)).splitlines()
    assert "**Reads**" in lines
    wanted = "| something | 100,000 | 2.74 ms | 2.47 to 3.29 | 1.37 | 1 × | 1 × the original | met |"
    assert wanted in lines


def test_the_json_has_everything(results: Results) -> None:
    plan = Plan(sizes=(100_000,), runs=3)
    whole = orjson.loads(as_json(results, judge(results), plan, {"cores": 2}))
    assert whole["about"] == {"cores": 2}
    assert whole["plan"]["sizes"] == [100_000]
    first = whole["rows"][0]
    assert first["spread"] == {"median": 2.74, "least": 2.74 * 0.9, "most": 2.74 * 1.2, "runs": 3}
    assert (first["slowness"], first["original"], first["mark"]) == (2.0, 1.37, "met")
    assert first["ratio"] == pytest.approx(1)
    assert whole["circumstances"]["ingest"]["steal_percent"] == 1.25
    assert whole["runs"] == {"reads": [{"run": 0}]}


def test_what_could_not_be_measured_is_said(results: Results) -> None:
    results.failures["ingest"] = "Broken: The hub does not answer."
    lines = as_text(results, judge(results)).splitlines()
    (said,) = (line for line in lines if "not all could be measured" in line)
    assert said.startswith("A full hub takes in more")
    assert said.endswith("Broken: The hub does not answer.")
    assert orjson.loads(as_json(results, judge(results), Plan(), {}))["failures"] == results.failures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7_467, "7,467"),
        (0, "0"),
        (12.34, "12.3"),
        (1.374, "1.37"),
        (0.0421, "0.042"),
        (2.0, "2"),
        (99.96, "100.0"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text
