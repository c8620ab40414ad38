"""Redis may go and come back at any time; the hub asks on, and says so once."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.redis_for_tests import running_redis, used_here
from tests.servers import Server
from tests.waiting import eventually
from whatsapp import redis_server
from whatsapp.redis_server import Unreachable


@pytest.fixture
def redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_redis() as server, used_here(server, settings, monkeypatch):
        yield server


def answers() -> bool:
    try:
        return bool(redis_server.ask(redis_server.client().ping))
    except Unreachable:
        return False


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{one.levelname}: {one.message}" for one in caplog.records if one.name == redis_server.__name__]


def test_a_redis_that_goes_and_comes_back_is_logged_once_each(
    redis: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert answers()
    assert said(caplog) == []
    redis.stop()
    threads = [threading.Thread(target=lambda: [answers() for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not answers()
    ((warning),) = said(caplog)
    assert warning.startswith("WARNING: Redis can't be reached: ")
    redis.start()
    eventually(answers, "Redis")
    assert said(caplog)[1:] == ["INFO: Redis is back"]


def test_a_restart_that_nobody_noticed_is_none(redis: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A connection from before it is made anew for the next question."""
    assert answers()
    redis.stop()
    redis.start()
    assert answers()
    assert said(caplog) == []


def test_a_redis_that_hangs_holds_up_few(redis: Server) -> None:
    assert answers()
    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    try:
        assert not answers()
        time.sleep(2 * redis_server.RETRY_SECONDS)  # after a refusal it would be tried again by now
        tried = []
        for _ in range(100):
            with pytest.raises(Unreachable):
                redis_server.ask(lambda: tried.append("again"))
        assert tried == []
    finally:
        redis.process.send_signal(signal.SIGCONT)
    eventually(answers, "Redis")


def test_while_it_is_down_one_question_a_second_tries(redis: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.stop()
    assert not answers()
    tried = []
    for _ in range(100):
        with pytest.raises(Unreachable):
            redis_server.ask(lambda: tried.append(redis_server.client().ping()))
    assert tried == []
    monkeypatch.setattr(redis_server, "RETRY_SECONDS", 0.0)
    redis.start()
    eventually(answers, "Redis")


def test_a_wrong_password_is_never_logged(
    redis: Server, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://somebody:hunter2@127.0.0.1:{redis.port}/0"
    redis_server.client.cache_clear()
    assert not answers()
    assert "Redis can't be reached" in caplog.text
    assert "hunter2" not in caplog.text
