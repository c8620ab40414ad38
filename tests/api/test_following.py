"""What one process changes, the others know of: keys at once, settings within a second."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.conftest import Hub
from tests.waiting import eventually


@pytest.fixture
def client(hub: Hub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


@pytest.fixture(autouse=True)
def limit_is_lifted(hub: Hub) -> Iterator[None]:
    yield
    hub.run("from whatsapp import preferences; preferences.change({'requestsPerMinute': None})")
    with hub.client() as client:
        eventually(lambda: client.get("/api/chats").status_code == 200, "no limit any more", timeout=3.0)


def test_a_key_works_and_ends_whichever_process_says_so(hub: Hub, client: httpx.Client) -> None:
    made = client.post("/api/keys", json={"name": "Bot", "scopes": ["read"]}).json()
    key = {"x-api-key": made["key"]}
    assert httpx.get(hub.url + "/api/chats", headers=key).status_code == 200
    hub.run(f"api_keys.revoke(ApiKey.objects.get(pk={made['id']}))")
    assert httpx.get(hub.url + "/api/chats", headers=key).status_code == 401
    other = hub.run("print(build_api_key('read')[1])").strip()
    assert httpx.get(hub.url + "/api/chats", headers={"x-api-key": other}).status_code == 200


def test_a_setting_is_followed_within_a_second(hub: Hub, client: httpx.Client) -> None:
    hub.run("from whatsapp import preferences; preferences.change({'requestsPerMinute': 1})")
    changed = time.monotonic()
    eventually(lambda: client.get("/api/chats").status_code == 429, "the new limit", timeout=3.0)
    assert time.monotonic() - changed < 1.0


def test_a_setting_is_in_force_in_the_process_that_changed_it_with_its_answer(client: httpx.Client) -> None:
    assert client.put("/api/settings", json={"requestsPerMinute": 1}).status_code == 200
    assert [client.get("/api/chats").status_code for _ in range(3)][-1] == 429
