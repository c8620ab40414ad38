"""GET /health: what monitors are told."""

import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import running_hub
from tests.builders import NOON, build_account, build_delivery, build_event, build_process, build_webhook
from tests.redis_for_tests import running_redis
from tests.servers import redis_url
from tests.waiting import eventually
from whatsapp import health, processes
from whatsapp.ingest.spool import Spool
from whatsapp.models import Account, Connection, InboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_spool")]

PATHS = ["/health", "/api/health", "/api/v1/health"]


def pending(number: int, **fields: Any) -> None:
    account = build_account()
    InboxEvent.objects.bulk_create(
        InboxEvent(account=account, code=1, data=b"", received_at=0, **fields) for _ in range(number)
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_hub_that_was_just_started_is_well(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["version"]) == ("ok", settings.VERSION)
    assert body["connection"] == "disconnected"
    assert body["processes"]["web"]["alive"] is True
    assert body["processes"]["session"] == {"alive": False, "last_seen": None}
    assert body["inbox"] == {"pending": 0, "more": False}
    assert body["queue"] == {"storage": "file", "reachable": True, "waiting": 0}


def test_asking_changes_nothing(client: Client) -> None:
    client.get("/health")
    assert not Connection.objects.exists()


@pytest.mark.parametrize(("age", "alive"), [(0, True), (14, True), (15, False), (4000, False)])
def test_a_session_without_a_sign_of_life_for_fifteen_seconds_is_dead(age: int, alive: bool) -> None:
    now = int(time.time())
    account = build_account("connected")
    Connection.objects.filter(account=account).update(heartbeat_at=now - age)
    state = health.state(now)
    assert state["processes"]["session"] == {"alive": alive, "last_seen": now - age}
    assert (state["status"], state["connection"]) == ("ok", "connected")


def test_only_what_waits_in_the_inbox_is_counted(client: Client) -> None:
    pending(3)
    pending(2, state=InboxEvent.State.QUARANTINED)
    assert client.get("/health").json()["inbox"] == {"pending": 3, "more": False}


def test_what_waits_in_the_spool_is_counted_too(client: Client) -> None:
    account = build_account("connected")
    pending(3)
    spool = Spool(account.spool)
    try:
        for _ in range(2):
            spool.append(17, b"to come")
        assert client.get("/health").json()["inbox"] == {"pending": 5, "more": False}
        Account.objects.update(spooled=spool.waiting(1)[0].sequence)
        assert client.get("/health").json()["inbox"] == {"pending": 4, "more": False}
    finally:
        spool.close()
        account.spool.unlink()


def test_counting_stops_somewhere(client: Client) -> None:
    pending(1002)
    assert client.get("/health").json()["inbox"] == {"pending": 1000, "more": True}


def test_six_queries_are_enough(client: Client) -> None:
    pending(5)
    for number in range(30):
        build_webhook()
        build_process(id=f"web-{number}", listeners=1, cursor=build_event().pk)
    with CaptureQueriesContext(connection) as queries:
        client.get("/health")
    assert len(queries) == 6


def test_each_process_is_shown_with_its_last_sign_of_life() -> None:
    now = int(time.time())
    build_process("worker", seen_at=now - 3)
    build_process("worker", id="worker-dead", seen_at=now - 400)
    build_process("web", id="web-other", seen_at=now - 14)
    build_process("web", id="web-dead", seen_at=now - 15)
    processes.beat("web")  # this process: it is shown once, and as of now
    state = health.state(now)
    assert state["processes"]["worker"] == {"alive": True, "last_seen": now - 3}
    assert state["processes"]["web"] == {"alive": True, "last_seen": now}
    assert state["web_processes"] == [
        {"alive": True, "last_seen": now},
        {"alive": True, "last_seen": now - 14},
        {"alive": False, "last_seen": now - 15},
    ]


def test_a_worker_that_was_never_seen_is_not_alive(client: Client) -> None:
    assert client.get("/health").json()["processes"]["worker"] == {"alive": False, "last_seen": None}


def test_the_log_and_how_far_its_followers_have_come_are_told() -> None:
    now = int(time.time())
    keys = [build_event().pk for _ in range(6)]
    build_process(id="web-1", seen_at=now, listeners=2, cursor=keys[4])
    build_process(id="web-2", seen_at=now, listeners=3, cursor=keys[1])
    build_process(id="web-3", seen_at=now - 20, listeners=9, cursor=keys[0])
    build_process(id="web-4", seen_at=now)
    state = health.state(now)
    assert state["log"] == {"newest": keys[5]}
    assert state["followers"]["streams"] == {"listeners": 5, "lag": 4}


def test_nobody_who_listens_is_behind(client: Client) -> None:
    build_event()
    assert client.get("/health").json()["followers"]["streams"] == {"listeners": 0, "lag": 0}


def test_how_webhooks_are_is_told_and_not_which() -> None:
    first, *_, last = [build_event() for _ in range(6)]
    build_webhook(cursor=last.pk)
    build_delivery(build_webhook(cursor=last.pk, failures=2), first)
    build_webhook(cursor=first.pk, paused_at=NOON)
    build_webhook(cursor=first.pk, is_active=False)
    lag = last.pk - first.pk + 1
    state = health.state(int(time.time()))
    assert state["followers"]["webhooks"] == {"active": 2, "failing": 1, "paused": 1, "lag": lag}


def test_an_empty_log_has_no_newest_event(client: Client) -> None:
    assert client.get("/health").json()["log"] == {"newest": 0}


def test_nothing_private_is_said(client: Client) -> None:
    build_account("connected")
    processes.beat("web")
    text = client.get("/health").content.decode()
    assert "15550199" not in text
    assert socket.gethostname() not in text


def test_a_redis_that_is_away_is_told_and_the_hub_goes_on(tmp_path: Path) -> None:
    with running_redis() as redis, running_hub(tmp_path, REDIS_URL=redis_url(server=redis)) as hub:

        def told() -> Any:
            answer = httpx.get(f"{hub.url}/health")
            assert (answer.status_code, answer.json()["status"]) == (200, "ok")
            return answer.json()["queue"]

        def figures() -> str:
            with hub.client() as client:
                return client.get("/metrics").text

        assert told() == {"storage": "redis", "reachable": True, "waiting": 0}
        assert "whatsapp_hub_queue_up 1.0" in figures()
        redis.stop()
        assert told() == {"storage": "redis", "reachable": False, "waiting": None}
        assert "whatsapp_hub_queue_up 0.0" in figures()
        assert "queue_tasks" not in figures()
        redis.start()
        eventually(lambda: told()["reachable"], "Redis")
