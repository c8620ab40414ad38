"""How values are summed up."""

from bench.clients.tokens import Arrivals, Token, token_in
from bench.figures import Distribution, Spread


def test_percentiles_are_values_that_were_measured() -> None:
    found = Distribution.of(reversed([float(number) for number in range(1, 201)]))
    assert found is not None
    assert (found.count, found.mean) == (200, 100.5)
    assert (found.p50, found.p95, found.p99, found.longest) == (101, 191, 199, 200)


def test_one_value_is_every_percentile() -> None:
    found = Distribution.of([3.5])
    assert found is not None
    assert (found.p50, found.p99, found.longest) == (3.5, 3.5, 3.5)


def test_nothing_has_no_distribution_and_no_spread() -> None:
    assert Distribution.of([]) is None
    assert Spread.of([]) is None
    assert Spread.of([None, None]) is None


def test_a_spread_is_the_median_and_both_ends_of_the_runs_that_have_the_figure() -> None:
    assert Spread.of([5.0, None, 1.0, 2.0]) == Spread(2.0, 1.0, 5.0, 3)
    assert Spread.of([4.0, 2.0]) == Spread(3.0, 2.0, 4.0, 2)


def test_arrivals_of_a_run_are_counted_once_and_what_is_wrong_with_them_is_told() -> None:
    arrivals = Arrivals("mine")
    for number in (0, 2, 1, 2):
        arrivals.note(Token(1_000, number, b"mine"), 3_500 + number)
    arrivals.note(Token(1_000, 3, b"another"), 9_000)
    assert (arrivals.count, arrivals.repeated, arrivals.out_of_order) == (3, 1, 1)
    assert arrivals.latencies == [2.5, 2.502, 2.501]
    assert (arrivals.first_at, arrivals.last_at) == (3_500, 3_501)


def test_a_token_is_found_in_its_part_of_the_bytes_alone() -> None:
    data = b'{"text": "@@m:17:4:run-1@@ Hello"}'
    assert token_in(data, 0, len(data)) == Token(17, 4, b"run-1")
    assert token_in(data, 12, len(data)) is None
    assert token_in(data, 0, 20) is None
