"""GET /health: what monitors are told."""

import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import health
from tests.builders import build_account
from whatsapp.models import Connection, InboxEvent

pytestmark = pytest.mark.django_db

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


def test_counting_stops_somewhere(client: Client) -> None:
    pending(1002)
    assert client.get("/health").json()["inbox"] == {"pending": 1000, "more": True}


def test_two_queries_are_enough(client: Client) -> None:
    pending(5)
    with CaptureQueriesContext(connection) as queries:
        client.get("/health")
    assert len(queries) == 2


def test_nothing_private_is_said(client: Client) -> None:
    build_account("connected")
    assert "15550199" not in client.get("/health").content.decode()
