"""When somebody was online, as it is drawn."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dashboard.data.contacts.presence import (
    DAYS,
    LEAST_WIDTH,
    WIDTH,
    Span,
    length_of,
    midnights,
    online_spans,
    strips,
)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600, 86_400


def test_somebody_is_online_from_coming_until_going() -> None:
    changes = [(NOON, True), (NOON + 60, False), (NOON + 300, True), (NOON + 310, False)]
    spans = online_spans(changes, NOON - DAY, NOON + DAY)
    assert spans == [Span(NOON, NOON + 60), Span(NOON + 300, NOON + 310)]


def test_who_came_twice_came_the_first_time_and_who_only_went_was_not_there() -> None:
    changes = [(NOON - 9, False), (NOON, True), (NOON + 10, True), (NOON + 60, False), (NOON + 70, False)]
    assert online_spans(changes, NOON - DAY, NOON + DAY) == [Span(NOON, NOON + 60)]


def test_who_has_not_gone_is_online_until_the_end() -> None:
    assert online_spans([(NOON, True)], NOON - DAY, NOON + 40) == [Span(NOON, NOON + 40)]


def test_what_began_earlier_begins_with_the_first_day() -> None:
    assert online_spans([(NOON - DAY, True), (NOON + 5, False)], NOON, NOON + 9) == [Span(NOON, NOON + 5)]
    assert online_spans([(NOON - DAY, True), (NOON - 5, False)], NOON, NOON + 9) == []


def test_the_days_are_those_of_the_reader() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        late = datetime(2024, 5, 1, 22, 30, tzinfo=UTC).timestamp()  # half past midnight in Berlin
        days = midnights(late)
    assert len(days) == DAYS
    assert [day.isoformat() for day, _, _ in days[:2]] == ["2024-05-02", "2024-05-01"]
    assert days[0][1].timestamp() == late - HOUR / 2
    assert all(later[1] == earlier[2] for later, earlier in pairwise(days))


def test_a_span_is_cut_at_midnight() -> None:
    with timezone.override(UTC):
        days = midnights(NOON)
        midnight = NOON - 12 * HOUR
        today, yesterday, *_ = strips([Span(midnight - HOUR, midnight + 2 * HOUR)], days)
    assert [(bar.x, bar.width) for bar in today.bars] == [(0, 120)]
    assert [(bar.x, bar.width) for bar in yesterday.bars] == [(WIDTH - 60, 60)]
    assert (today.seconds, today.times, today.length) == (2 * HOUR, 1, "2 h")


def test_a_glance_can_be_seen_and_stays_within_the_day() -> None:
    with timezone.override(UTC):
        end = NOON + 12 * HOUR
        today = strips([Span(end - 1, end)], midnights(NOON))[0]
    assert [(bar.x, bar.width) for bar in today.bars] == [(WIDTH - LEAST_WIDTH, LEAST_WIDTH)]


def test_bars_that_touch_are_drawn_as_one() -> None:
    with timezone.override(UTC):
        spans = [Span(NOON + minute * 60, NOON + minute * 60 + 1) for minute in (0, 4, 8, 30)]
        today = strips(spans, midnights(NOON))[0]
    assert [(bar.x, bar.width) for bar in today.bars] == [(720, 13), (750, LEAST_WIDTH)]
    assert today.times == 4


def test_a_day_of_23_hours_is_as_wide_as_any_other() -> None:
    zone = ZoneInfo("Europe/Berlin")
    with timezone.override(zone):
        noon = datetime(2024, 3, 31, 12, tzinfo=zone)  # the clocks were set forward at two
        day = midnights(noon.timestamp())[0]
        assert day[2] - day[1] == timedelta(days=1)  # by the clock on the wall
        today = strips([Span(day[1].timestamp(), day[2].timestamp())], [day])[0]
    assert [(bar.x, bar.width) for bar in today.bars] == [(0, WIDTH)]
    assert today.seconds == 23 * HOUR


@pytest.mark.parametrize(
    ("seconds", "words"), [(40, "40 s"), (720, "12 min"), (3590, "1 h"), (3900, "1 h 5 min"), (7200, "2 h")]
)
def test_a_length_is_told_in_words(seconds: int, words: str) -> None:
    assert length_of(seconds) == words
