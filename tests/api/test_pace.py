"""How fast keys may be used, and guessed at."""

import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from api import guesses
from tests.builders import build_api_key
from whatsapp import preferences

pytestmark = pytest.mark.django_db

KEY = settings.API_KEY


@pytest.fixture(autouse=True)
def within_one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test falls on the change of the minute."""
    start = time.time() // 60 * 60 + 12.5
    monkeypatch.setattr("api.throttles.time.time", lambda: start)


def test_a_key_has_so_many_requests_in_a_minute(api: Client) -> None:
    preferences.change({"requestsPerMinute": 3})
    for _ in range(3):
        assert api.get("/api/chats").status_code == 200
    refused = api.get("/api/chats")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "48"
    assert refused.json() == {"error": "This key may make 3 requests in a minute. Try again in 48 seconds."}


def test_the_next_minute_is_a_new_one(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences.change({"requestsPerMinute": 1})
    api.get("/api/chats")
    assert api.get("/api/chats").status_code == 429
    later = time.time() + 60
    monkeypatch.setattr("api.throttles.time.time", lambda: later)
    assert api.get("/api/chats").status_code == 200


def test_each_key_has_a_count_of_its_own(api: Client) -> None:
    preferences.change({"requestsPerMinute": 1})
    clients = [api, *(Client(headers={"x-api-key": build_api_key("read")[1]}) for _ in range(2))]
    assert [client.get("/api/chats").status_code for client in clients] == [200, 200, 200]
    assert [client.get("/api/chats").status_code for client in clients] == [429, 429, 429]


def test_no_limit_is_no_limit(api: Client) -> None:
    preferences.change({"requestsPerMinute": 0})
    assert {api.get("/api/chats").status_code for _ in range(20)} == {200}


def test_health_and_description_have_no_limit(stranger: Client) -> None:
    preferences.change({"requestsPerMinute": 1})
    assert {stranger.get(path).status_code for path in ("/health", "/api/openapi.json") * 3} == {200}


# Guesses


def guess(client: Client, key: str, **more: Any) -> int:
    return client.get("/api/chats", headers={"x-api-key": key}, **more).status_code


def guess_too_often(client: Client, **more: Any) -> None:
    for number in range(guesses.MOST_WRONG_KEYS):
        assert guess(client, f"wrong-{number}", **more) == 401


def test_who_guesses_has_to_wait_even_with_the_right_key(stranger: Client) -> None:
    guess_too_often(stranger)
    refused = stranger.get("/api/chats", headers={"x-api-key": KEY})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["error"].startswith("Too many wrong keys from this address.")


def test_guesses_of_made_keys_count_too(stranger: Client) -> None:
    for number in range(guesses.MOST_WRONG_KEYS):
        assert guess(stranger, f"wah_{number:043}") == 401
    assert guess(stranger, f"wah_{99:043}") == 429


def test_a_made_key_can_not_be_guessed_so_it_still_works(stranger: Client) -> None:
    _, key = build_api_key("read")
    guess_too_often(stranger)
    assert guess(stranger, key) == 200


def test_one_wrong_key_shown_again_and_again_is_no_guessing(stranger: Client) -> None:
    for _ in range(3 * guesses.MOST_WRONG_KEYS):
        assert guess(stranger, "an-old-key-0123456789") == 401
    assert guess(stranger, KEY) == 200


def test_another_address_is_not_concerned(stranger: Client) -> None:
    guess_too_often(stranger, REMOTE_ADDR="192.0.2.1")
    assert guess(stranger, KEY, REMOTE_ADDR="192.0.2.1") == 429
    assert guess(stranger, KEY, REMOTE_ADDR="192.0.2.2") == 200


def test_all_addresses_of_an_ipv6_network_are_one_clients(stranger: Client) -> None:
    guess_too_often(stranger, REMOTE_ADDR="2001:db8::1")
    assert guess(stranger, KEY, REMOTE_ADDR="2001:db8::2:1") == 429
    assert guess(stranger, KEY, REMOTE_ADDR="2001:db8:0:1::1") == 200


def test_nobody_gets_around_it_by_naming_another_address(stranger: Client) -> None:
    for number in range(guesses.MOST_WRONG_KEYS):
        guess(stranger, f"wrong-{number}", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert guess(stranger, KEY, HTTP_X_FORWARDED_FOR="192.0.2.200") == 429


def test_behind_a_proxy_its_word_counts(stranger: Client, settings: Any) -> None:
    settings.PROXIES = 1
    guess_too_often(stranger, HTTP_X_FORWARDED_FOR="198.51.100.9, 192.0.2.1")
    assert guess(stranger, KEY, HTTP_X_FORWARDED_FOR="192.0.2.1") == 429
    assert guess(stranger, KEY, HTTP_X_FORWARDED_FOR="192.0.2.1, 192.0.2.2") == 200


def test_the_sign_in_of_pages_counts_the_same(client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # Django tries a password, too

    def sign_in(key: str) -> Any:
        return client.post("/admin/login/", {"username": "owner", "password": key, "next": "/admin/"})

    for number in range(guesses.MOST_WRONG_KEYS):
        assert sign_in(f"wrong-{number}").status_code == 200
    refused = sign_in(KEY)
    assert refused.status_code == 200
    assert "Too many wrong keys from this address" in refused.content.decode()
    assert guess(client, KEY) == 429
