"""GET /metrics over real HTTP, and the count of requests."""

import os
import socket
import sys
import timeit
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve
from prometheus_client.parser import text_string_to_metric_families

from hub import supervisor
from hub.monitoring import CountRequests, family_of
from tests.api.conftest import Hub, running_hub
from tests.builders import build_api_key
from whatsapp import metrics


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def samples_of(text: str) -> dict[tuple[Any, ...], float]:
    return {
        (sample.name.removeprefix("whatsapp_hub_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(url: str) -> dict[tuple[Any, ...], float]:
    """As Prometheus does it."""
    answer = httpx.get(f"{url}/metrics", headers={"authorization": f"Bearer {settings.API_KEY}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return samples_of(answer.text)


def requests(figures: dict[tuple[Any, ...], float], family: str, status: int = 200) -> float:
    name = "http_requests_total"
    return figures.get((name, ("family", family), ("method", "GET"), ("status", str(status))), 0)


def test_processes_add_up_whichever_is_asked(hub: Hub) -> None:
    folder = Path(hub.environment["DATA_DIR"])
    with running_hub(folder) as second:
        for one, times in ((hub, 3), (second, 4)):
            with one.client() as client:
                for _ in range(times):
                    assert client.get("/api/chats?limit=1").status_code == 200
        hub.run("from whatsapp import metrics; metrics.note_delivery(True, 0.5)")
        for one in (hub, second):
            figures = scrape(one.url)
            assert requests(figures, "chats") == 7
            assert figures["http_request_seconds_count", ("family", "chats")] == 7
            assert figures["deliveries_total", ("result", "delivered")] == 1
    assert len(list((folder / "metrics").glob("counter_*.db"))) == 3


def test_requests_are_told_by_family_and_status_and_never_by_path(hub: Hub) -> None:
    before = scrape(hub.url)
    with hub.client() as client:
        client.get("/api/messages/3EB0SECRET")
        client.get("/api/v1/contacts/15550100@s.whatsapp.net/")
        client.get("/api/nothing/15550100")
        client.get("/15550100")
        client.get("/static/nothing/15550100.js")
        client.request("PROPFIND", "/api/messages")
    httpx.get(f"{hub.url}/api/messages")
    text = httpx.get(f"{hub.url}/metrics?api_key={settings.API_KEY}").text
    after = samples_of(text)

    def grown(family: str, status: int) -> float:
        return requests(after, family, status) - requests(before, family, status)

    assert grown("messages", 404) == 1
    assert grown("messages", 401) == 1
    assert grown("contacts", 404) == 1
    assert grown("unknown", 404) == 2
    assert grown("static", 404) == 1
    assert any(("method", "OTHER") in labels for labels in after)
    assert "15550100" not in text
    assert "SECRET" not in text
    assert "PROPFIND" not in text


def test_without_a_key_nothing_is_told(hub: Hub) -> None:
    for path in ("/metrics", "/api/metrics", "/api/v1/metrics"):
        answer = httpx.get(hub.url + path)
        assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


@pytest.mark.django_db
def test_a_key_that_may_read_is_enough_and_no_other(client: Client) -> None:
    for scopes, chats, status in (
        (["read"], None, 200),
        (["send", "manage"], None, 403),
        (["read"], ["15550100@s.whatsapp.net"], 403),
    ):
        _, key = build_api_key(*scopes, chats=chats)
        assert client.get("/metrics", headers={"authorization": f"Bearer {key}"}).status_code == status


def test_counting_a_request_costs_microseconds() -> None:
    request: HttpRequest = RequestFactory().get("/api/messages")
    request.resolver_match = resolve("/api/messages")
    answer = HttpResponse()
    count = CountRequests(lambda request: answer)
    best = min(timeit.repeat(lambda: count(request), number=1000, repeat=5)) / 1000
    assert best < 30e-6


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("/health", "health"),
        ("/api/health", "health"),
        ("/metrics", "metrics"),
        ("/api", "api"),
        ("/api/messages/3EB0", "messages"),
        ("/api/actions/send/text", "actions"),
        ("/api/docs", "docs"),
        ("/api/nothing-here", "unknown"),
        ("/admin/", "admin"),
        ("/admin/whatsapp/message/", "admin"),
    ],
)
def test_a_request_belongs_to_a_family(path: str, family: str) -> None:
    request: HttpRequest = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    assert family_of(request) == family


@pytest.mark.django_db(transaction=True)
def test_a_hub_that_starts_counts_from_zero(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What an earlier one has counted is not taken along."""
    monkeypatch.setattr(metrics, "FOLDER", tmp_path)
    (tmp_path / "counter_0.db").write_bytes(b"")
    (tmp_path / "0.lock").write_bytes(b"")
    monkeypatch.setattr(supervisor, "listen", lambda host, port: socket.socket())
    monkeypatch.setattr(os, "execv", lambda path, words: sys.exit(0))
    with pytest.raises(SystemExit):
        supervisor.become(demo=False)
    assert [path.name for path in tmp_path.iterdir()] == ["0.lock"]
