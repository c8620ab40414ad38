"""Turns by the clock: each is taken once, whoever asks."""

import time
from datetime import datetime

import pytest
from django.db import DatabaseError
from huey import crontab

from whatsapp import periodic
from whatsapp.models import PeriodicRun

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2024, 5, 1, 12, 7, 30)


def test_a_turn_is_taken_once_a_minute() -> None:
    one, other = (periodic.by_one_worker("tea", crontab(minute="*")) for _ in range(2))
    assert [one(NOON), other(NOON), one(NOON.replace(second=59))] == [True, False, False]
    assert [other(NOON.replace(minute=8)), one(NOON.replace(minute=8))] == [True, False]


def test_a_worker_whose_clock_is_slow_does_not_take_a_turn_again() -> None:
    assert periodic.take_turn("tea", 1000)
    assert not periodic.take_turn("tea", 999)
    assert periodic.take_turn("tea", 1001)


def test_tasks_have_turns_of_their_own() -> None:
    assert periodic.take_turn("tea", 1000)
    assert periodic.take_turn("coffee", 1000)


def test_what_is_not_due_takes_no_turn() -> None:
    assert not periodic.by_one_worker("tea", crontab(minute="8"))(NOON)
    assert not PeriodicRun.objects.exists()


def test_without_the_database_nobody_has_a_turn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def is_away(**values: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(PeriodicRun.objects, "filter", is_away)
    assert not periodic.take_turn("tea", 1000)
    assert "tea is left out" in caplog.text


def test_what_a_machine_has_left_is_forgotten() -> None:
    now = int(time.time())
    for name, days in (("old", 31), ("weekly", 7)):
        PeriodicRun.objects.create(name=name, minute=now // 60 - days * 24 * 60)
    periodic.forget_old(now)
    assert [run.name for run in PeriodicRun.objects.all()] == ["weekly"]
