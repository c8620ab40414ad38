"""Counts of requests and of wrong keys are those of all web processes together."""

import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import httpx
import pytest
from django.conf import settings

from api import counts
from tests.api.conftest import Hub, running_hub
from tests.redis_for_tests import running_redis, used_here
from tests.servers import Server, redis_url
from tests.waiting import eventually
from whatsapp import redis_server

ADDS = 3000


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Hub]]:
    """Two web processes of one hub."""
    folder = tmp_path_factory.mktemp("hub")
    limit = {"REQUESTS_PER_MINUTE": "30"}
    with running_hub(folder, **limit) as one, running_hub(folder, **limit) as other:
        yield [one, other]


def within_a_minute() -> None:
    """Waits for the next minute when this one is about to end."""
    eventually(lambda: time.time() % 60 < 50, "a new minute")


def test_a_key_has_its_requests_a_minute_whichever_process_answers(hubs: list[Hub]) -> None:
    within_a_minute()
    with hubs[0].client() as one, hubs[1].client() as other:
        answers = [client.get("/api/chats?limit=1") for client in islice(cycle([one, other]), 60)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 30


def test_who_guesses_has_to_wait_whichever_process_is_asked(hubs: list[Hub]) -> None:
    within_a_minute()
    statuses = [
        httpx.get(f"{hub.url}/api/chats", headers={"x-api-key": f"guess-{number}"}).status_code
        for number, hub in enumerate(islice(cycle(hubs), 30))
    ]
    assert statuses == [401] * 20 + [429] * 10


def test_no_count_is_lost_when_processes_count_at_once(hubs: list[Hub]) -> None:
    code = f"""
from threading import Thread
from api import counts
threads = [Thread(target=lambda: [counts.add_one('all', 600) for _ in range({ADDS})]) for _ in range(2)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
"""
    with hubs[0].scribe() as one, hubs[0].scribe() as other:
        one.begin(code)
        other.begin(code)
        one.end()
        other.end()
        assert one.run("print(counts.of('all'))").strip() == str(4 * ADDS)


def test_a_count_begins_anew_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    assert [counts.add_one("x", 60), counts.add_one("x", 60), counts.of("x")] == [1, 2, 2]
    monkeypatch.setattr(time, "time", lambda: now + 59)
    assert counts.add_one("x", 60) == 3
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert counts.of("x") == 0
    assert counts.add_one("x", 60) == 1


def test_a_flood_of_small_counts_takes_no_place_of_a_large_one() -> None:
    for _ in range(20):
        counts.add_one("large", 60)
    for number in range(counts.SHELVES * counts.SHELF * 2):
        counts.add_one(f"small-{number}", 60)
    assert counts.of("large") == 20


def test_whoever_was_never_counted_takes_no_place() -> None:
    assert counts.of("nobody") == 0
    assert settings.API_KEY.encode() not in (settings.DATA_DIR / "counts").read_bytes()


# In Redis


@pytest.fixture(scope="module")
def redis() -> Iterator[Server]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def machines(redis: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Hub]]:
    """Two web processes that have nothing in common but a Redis."""
    shared = {"REQUESTS_PER_MINUTE": "30", "REDIS_URL": redis_url(server=redis)}
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    with running_hub(folders[0], **shared) as one, running_hub(folders[1], **shared) as other:
        yield [one, other]


@pytest.fixture
def shared(redis: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """This process counts in Redis."""
    with used_here(redis, settings, monkeypatch):
        counts.clear()
        yield redis


def answers_of(machines: list[Hub], number: int) -> list[int]:
    with machines[0].client() as one, machines[1].client() as other:
        clients = islice(cycle([one, other]), number)
        return [client.get("/api/chats?limit=1").status_code for client in clients]


def test_limits_hold_for_all_machines_together(machines: list[Hub], shared: Server) -> None:
    within_a_minute()
    assert answers_of(machines, 60) == [200] * 30 + [429] * 30
    statuses = [
        httpx.get(f"{hub.url}/api/chats", headers={"x-api-key": f"guess-{number}"}).status_code
        for number, hub in enumerate(islice(cycle(machines), 30))
    ]
    assert statuses == [401] * 20 + [429] * 10


def test_no_count_of_any_machine_is_lost(machines: list[Hub], shared: Server) -> None:
    code = f"""
from threading import Thread
from api import counts
threads = [Thread(target=lambda: [counts.add_one('all', 600) for _ in range({ADDS // 10})]) for _ in range(2)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
"""
    with machines[0].scribe() as one, machines[1].scribe() as other:
        one.begin(code)
        other.begin(code)
        one.end()
        other.end()
    assert counts.of("all") == 4 * (ADDS // 10)


def test_a_count_in_redis_begins_anew_when_its_time_is_over(shared: Server) -> None:
    assert [counts.add_one("x", 1), counts.add_one("x", 1), counts.of("x")] == [1, 2, 2]
    eventually(lambda: counts.of("x") == 0, "the end of its time", timeout=2)
    assert counts.add_one("x", 60) == 1


def test_redis_is_not_told_whose_counts_it_has(shared: Server) -> None:
    counts.add_one("wrong-keys:198.51.100.7", 60)
    client = redis_server.client()
    (key,) = client.keys()
    assert b"198.51.100.7" not in key
    assert 0 < client.ttl(key) <= 60


def test_while_redis_is_down_each_machine_counts_for_itself(machines: list[Hub], shared: Server) -> None:
    shared.stop()
    try:
        within_a_minute()
        assert answers_of(machines, 80) == [200] * 60 + [429] * 20
    finally:
        shared.start()
    within_a_minute()

    def are_shared() -> bool:
        counts.clear()
        return answers_of(machines, 40) == [200] * 30 + [429] * 10

    eventually(are_shared, "limits for both together")
