"""Requests that are too large, too deep, or in signs that nobody writes: each gets a clear error, and costs
little."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.api.conftest import Hub
from tests.attacks.routes import Route, api_routes, pages
from tests.attacks.table import tried
from tests.builders import (
    build_account,
    build_contact,
    build_delivery_attempt,
    build_group,
    build_message,
    build_webhook,
)
from tests.dashboard.conftest import signed_in
from whatsapp.models import Preference

MEGABYTE = 1 << 20
DEEP = [(33, "["), (1000, "["), (1000, "{"), (100_000, "[")]


def changing() -> list[tuple[Route, str]]:
    return [(route, method) for route in api_routes() for method in route.methods if method != "get"]


@cache
def description() -> Any:
    return json.loads(Path(settings.BASE_DIR / "openapi.json").read_text())


def names_of_fields() -> set[str]:
    """Every field that a body may have."""
    return set(_names(description()))


def _names(described: Any) -> Iterator[str]:
    for path in described["paths"].values():
        for call in path.values():
            content = call.get("requestBody", {}).get("content", {}) if isinstance(call, dict) else {}
            for kind in content.values():
                yield from properties_of(kind["schema"], described)


def properties_of(schema: Any, described: Any) -> Iterator[str]:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {})
    for word in ("allOf", "oneOf", "anyOf"):
        for one in schema.get(word, []):
            yield from properties_of(one, described)


def nested(depth: int, sign: str) -> str:
    if sign == "[":
        return "[" * depth + "]" * depth
    return '{"a":' * depth + "1" + "}" * depth


def is_clear(response: Any) -> bool:
    """Whether it is refused, or done, with a sentence in the one case."""
    if response.status_code >= 500 and response.status_code not in (503, 504):
        return False
    return response.status_code < 400 or bool(response.json()["error"])


@pytest.fixture
def owner(impatient: None, db: None) -> Client:
    build_account()
    return Client(headers={"x-api-key": settings.API_KEY})


def routes_that_change() -> list[Route]:
    return list(dict.fromkeys(route for route, _ in changing()))


@pytest.mark.parametrize(("depth", "sign"), DEEP)
@tried("JSON in JSON, 33 to 100,000 deep", routes_that_change, lambda: ["the whole body"])
def test_json_that_is_too_deep_is_refused(owner: Client, depth: int, sign: str) -> None:
    deep = nested(depth, sign)
    unclear = []
    for route, method in changing():
        body = deep if method == "post" else f'{{"account": {deep}}}'
        response = owner.generic(method, route.at(), body, "application/json")
        if not is_clear(response):
            unclear.append((route.path, method, response.status_code))
    assert unclear == []


@tried("JSON in JSON, 30 and 300 deep", routes_that_change, names_of_fields)
def test_no_field_takes_what_is_too_deep(owner: Client) -> None:
    names = names_of_fields()
    assert len(names) > 30
    unclear = []
    for depth in (30, 300):
        body = "{" + ", ".join(f'"{name}": {nested(depth, "[")}' for name in sorted(names)) + "}"
        right = json.dumps(
            {"jid": "15550100", "message_id": "3EB0", "text": "x", "name": "x", "url": "https://a.example"}
        )
        for route, method in changing():
            said = body[:-1] + ", " + right[1:] if method == "post" else body
            response = owner.generic(method, route.at(), said, "application/json")
            if not is_clear(response):
                unclear.append((route.path, method, response.status_code))
    assert unclear == []


# What is put into addresses

WORDS = {
    "nothing": "%00",
    "half a character": "%ff%fe",
    "half a pair": "%ed%a0%80",
    "line breaks": "a%0d%0aX-Evil:%201",
    "a way up": "..%2f..%2f..%2fetc%2fpasswd",
    "a way up in dots": "%2e%2e%2f%2e%2e%5c",
    "turned round": "%e2%80%aegpj.exe",
    "a format": "%25s%25n{0}{{7*7}}${7*7}",
    "a quote": "'%22;--%20OR%201=1",
    "a long word": "x" * 5000,
    "a large number": "9" * 400,
    "a negative number": "-1",
    "a number in other digits": "%d9%a1%d9%a2",
    "deep parentheses": "(" * 3000 + "x" + ")" * 3000,
    "many terms": "a%20OR%20" * 600 + "b",
    "wild cards": "*" * 2000,
    "quotation marks": "%22" * 2000,
    "nested filters": "a__b__c__in",
}


def queries_of(route: Route) -> list[str]:
    """The parameters that the route's description names."""
    described = description()["paths"]
    path = "/" + route.path.replace("<str:", "{").replace(">", "}")
    calls = described.get(path, {})
    return [one["name"] for one in calls.get("get", {}).get("parameters", []) if one["in"] == "query"]


def read() -> list[Route]:
    return [route for route in api_routes() if "get" in route.methods and route.path != "api/events/stream"]


def every_query() -> set[str]:
    return {name for route in read() for name in queries_of(route)}


@pytest.mark.parametrize("kind", WORDS)
@tried("strange words in addresses", read, lambda: ["parameters of paths", *every_query()])
def test_no_word_in_an_address_is_an_error_of_the_hub(owner: Client, kind: str) -> None:
    build_message("Hello")
    word, wrong = WORDS[kind], []
    for route in read():
        addresses = [f"{route.at()}?{name}={word}" for name in queries_of(route)]
        addresses += [f"{route.at()}?{word}={word}", f"{route.at()}?{word}[{word}]={word}"]
        if route.parameters:
            addresses.append(route.at(**{name: word for _, name in route.parameters}))
        for address in addresses:
            response = owner.get(address)
            told = [name for name in response.headers if name.lower() == "x-evil"]
            if not (response.streaming or is_clear(response)) or told:
                wrong.append((address[:100], response.status_code))
    assert wrong == []


QUERY = ("q", "chat", "after", "before", "type", "status", "kind", "days", "page", "cursor", "next")


@pytest.mark.parametrize("kind", WORDS)
@tried("strange words in addresses", pages, lambda: ["parameters of paths", *QUERY])
def test_nor_in_the_address_of_a_page(db: None, kind: str) -> None:
    build_account()
    build_contact()
    build_group()
    build_webhook()
    browser = signed_in()
    word, wrong = WORDS[kind], []
    for route in pages():
        texts = {name: word for type_, name in route.parameters if type_ == "str"}
        query = "&".join(
            f"{name}={word}" for name in ("q", "chat", "after", "before", "type", "days", "next", "account")
        )
        address = f"{route.at(**texts)}?{query}"
        response = browser.get(address)
        if response.status_code >= 500 or "X-Evil" in response.headers:
            wrong.append((address[:100], response.status_code))
    assert wrong == []


@tried(
    "JSON in JSON in what the owner and receivers of webhooks write",
    lambda: ["settings", "webhooks/deliveries/<int:delivery_id>"],
    lambda: ["DeliveryAttempt.answer", "DeliveryAttempt.error", "Preference.value"],
)
def test_json_that_is_too_deep_breaks_no_page(db: None) -> None:
    build_account()
    deep = nested(100_000, "[")
    attempt = build_delivery_attempt(answer=deep, error=deep)
    preference = Preference.objects.create(key="maxMediaSizeMB", value=5)
    browser = signed_in()
    for address in (
        f"/webhooks/deliveries/{attempt.delivery_id}",
        f"/admin/whatsapp/deliveryattempt/{attempt.pk}/change/",
    ):
        assert browser.get(address).status_code == 200
    assert browser.post("/settings", {"maxMediaSizeMB": deep}).status_code == 422
    changed = browser.post(f"/admin/whatsapp/preference/{preference.pk}/change/", {"value": deep})
    assert changed.status_code == 200
    preference.refresh_from_db()
    assert preference.value == 5


@tried("a body of a megabyte of lists, and one of more", lambda: ["api/actions/send/text"], lambda: ["text"])
def test_a_body_costs_a_bounded_part_of_the_memory(hub: Hub) -> None:
    def peak() -> int:
        status = Path(f"/proc/{hub.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    with hub.client() as client:
        client.get("/health")
        before = peak()
        for pieces, status in ((340_000, 400), (4_000_000, 413)):
            body = b'{"jid": "15550100", "text": [' + b"[]," * pieces + b"1]}"
            headers = {"content-type": "application/json"}
            answer = client.post("/api/actions/send/text", content=body, headers=headers)
            assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
        assert peak() - before < 80 * MEGABYTE
