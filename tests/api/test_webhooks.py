"""Webhooks over HTTP: making, changing, testing and ending them; their deliveries, looked at and repeated."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.test import Client

from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    NOON,
    build_account,
    build_api_key,
    build_contact,
    build_delivery,
    build_delivery_attempt,
    build_event,
    build_webhook,
)
from tests.whatsapp.webhooks.receiver import Receiver, answer
from whatsapp import events, sealing
from whatsapp.models import Account, Delivery, DeliveryAttempt, Event, Webhook
from whatsapp.webhooks import replaying

pytestmark = pytest.mark.django_db

URL = "https://bot.example/hook"
FIELDS = {
    *("id", "url", "events", "is_active", "created_at", "updated_at", "has_secret"),
    *("account", "chats", "headers", "source", "health"),
}


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOW_PRIVATE_URLS = True
    running = Receiver()
    yield running
    running.close()


def post(api: Client, path: str, **body: Any) -> Any:
    return api.post(path, body, content_type="application/json")


def patch(api: Client, webhook: Webhook, **body: Any) -> Any:
    return api.patch(f"/api/webhooks/{webhook.pk}", body, content_type="application/json")


# Webhooks


def test_a_webhook_is_made_and_shown(api: Client) -> None:
    build_event()
    made = post(api, "/api/webhooks", url=URL, secret="hush-hush", events="wa.messages, connection").json()
    assert made == {"success": True, "id": made["id"]}
    assert isinstance(made["id"], str)
    (row,) = api.get("/api/webhooks").json()["data"]
    assert set(row) == FIELDS
    assert row["id"] == made["id"]
    assert (row["url"], row["events"], row["is_active"], row["has_secret"]) == (
        URL,
        "wa.messages,connection",
        True,
        True,
    )
    assert api.get(f"/api/webhooks/{made['id']}").json() == row
    stored = Webhook.objects.get()
    assert stored.cursor == Event.objects.get().pk  # what was before is not for it
    assert sealing.unseal(stored.secret or "") == "hush-hush"


def test_without_more_than_a_url_it_gets_everything(api: Client) -> None:
    post(api, "/api/webhooks", url=URL)
    (row,) = api.get("/api/webhooks").json()["data"]
    assert (row["events"], row["has_secret"], row["chats"], row["headers"]) == ("*", False, None, [])
    assert row["health"] == {
        "failing_since": None,
        "failures": 0,
        "retry_at": None,
        "paused_at": None,
        "pause_reason": None,
        "last_success_at": None,
        "pending": 0,
        "lag": 0,
    }


def test_secrets_and_values_of_headers_are_never_shown(api: Client) -> None:
    made = post(api, "/api/webhooks", url=URL, secret="hush-hush", headers={"X-Token": "my-token"}).json()
    for path in ("/api/webhooks", f"/api/webhooks/{made['id']}"):
        shown = api.get(path).content.decode()
        assert "X-Token" in shown
        assert "hush-hush" not in shown
        assert "my-token" not in shown


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"url": ""}, "url: "),
        ({"url": "bot.example"}, "url: This must be a URL that begins with"),
        ({"url": "ftp://bot.example/"}, "url: "),
        ({"url": "https://me:pw@bot.example/"}, "url: A URL with a user name"),
        ({"url": "https://bot.example/" + "x" * 2048}, "url: "),
        ({"url": "https://bot.example/a b"}, "url: A URL has no spaces"),
        ({"url": "http://127.0.0.1/"}, "url: 127.0.0.1 is an address of a private network"),
        ({"url": "http://[::1]:80/"}, "url: ::1 is an address"),
        ({"url": "http://10.1.2.3/"}, "url: 10.1.2.3 is"),
        ({"url": "http://localhost:3000/"}, "url: localhost is"),
        ({"url": "http://LOCALHOST./"}, "url: localhost is"),
        ({"url": "http://[fe80::1%25eth0]/"}, "url: "),
        ({"events": "wa.nothing"}, "events: No event begins with 'wa.nothing'"),
        ({"events": ["wa.messages", 5]}, "events: "),
        ({"events": {"a": 1}}, "events: "),
        ({"secret": "x" * 257}, "secret: "),
        ({"headers": {"Host": "x"}}, "headers: Host is set by the hub itself"),
        ({"headers": ["Host"]}, "headers: "),
        ({"chats": []}, "chats: "),
        ({"chats": ["nobody"]}, "chats"),
        ({"chat": [ALICE]}, "chat: There is no such field"),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(api: Client, change: dict[str, Any], error: str) -> None:
    response = post(api, "/api/webhooks", **{"url": URL, **change})
    assert response.status_code == 400, response.content
    assert response.json()["error"].startswith(error)
    assert not Webhook.objects.exists()


def test_the_owner_may_allow_their_own_network(api: Client, settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    assert post(api, "/api/webhooks", url="http://localhost:3000/").status_code == 200


def test_what_is_changed_is_changed_and_the_rest_stays(api: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    webhook = build_webhook(prefixes=["wa.call"], secret="hush-hush", headers={"X-Token": "x"})
    changed = patch(api, webhook, events=["wa.messages"], chats=[ALICE_LID]).json()
    assert set(changed) == {*FIELDS, "success"}
    assert (changed["events"], changed["chats"], changed["headers"]) == ("wa.messages", [ALICE], ["X-Token"])
    assert changed["has_secret"] is True
    assert patch(api, webhook, events=None, chats=None, headers={}, secret=None).json()["has_secret"] is False
    shown = api.get(f"/api/webhooks/{webhook.pk}").json()
    assert (shown["events"], shown["chats"], shown["headers"]) == ("*", None, [])
    assert patch(api, webhook, url="http://127.0.0.1/").status_code == 400


def test_off_and_on_again(api: Client) -> None:
    webhook = build_webhook()
    assert api.put(f"/api/webhooks/{webhook.pk}/toggle").json() == {"success": True, "is_active": False}
    missed = build_event()
    assert api.put(f"/api/webhooks/{webhook.pk}/toggle").json() == {"success": True, "is_active": True}
    webhook.refresh_from_db()
    assert webhook.cursor == missed.pk  # what happens meanwhile is not for it
    assert patch(api, webhook, is_active=False).json()["is_active"] is False
    assert patch(api, webhook, is_active=False).json()["is_active"] is False


def test_a_paused_one_is_shown_so_and_goes_on_where_it_was(api: Client) -> None:
    webhook = build_webhook(
        paused_at=NOON * 1000, pause_reason="It has failed.", failures=5, failing_since=NOON * 1000
    )
    delivery = build_delivery(webhook, status="failed", attempts=5, next_retry_at=1)
    build_event()
    shown = api.get(f"/api/webhooks/{webhook.pk}").json()
    assert shown["is_active"] is False
    assert shown["health"]["paused_at"] == "2024-05-01 12:00:00"
    assert shown["health"]["pause_reason"] == "It has failed."
    assert (shown["health"]["pending"], shown["health"]["lag"]) == (1, 2)
    assert api.put(f"/api/webhooks/{webhook.pk}/toggle").json()["is_active"] is True
    before = webhook.cursor
    webhook.refresh_from_db()
    assert (webhook.cursor, webhook.failures, webhook.paused_at) == (before, 0, None)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.place) == (0, delivery.event_id)


def test_deleting_takes_the_log_along_and_twice_is_no_error(api: Client) -> None:
    webhook, other = build_webhook(), build_webhook()
    build_delivery_attempt(build_delivery(webhook))
    kept = build_delivery_attempt(build_delivery(other))
    assert api.delete(f"/api/webhooks/{webhook.pk}").json() == {"success": True, "deleted": True}
    assert api.delete(f"/api/webhooks/{webhook.pk}").json() == {"success": True, "deleted": False}
    assert api.delete("/api/webhooks/nonsense").json() == {"success": True, "deleted": False}
    assert list(DeliveryAttempt.objects.all()) == [kept]
    assert Webhook.objects.get() == other


@pytest.mark.parametrize("webhook_id", ["999", "x", "0", str(2**70)])
def test_one_that_is_not_there_is_not_found(api: Client, webhook_id: str) -> None:
    path = f"/api/webhooks/{webhook_id}"
    for response in (
        api.get(path),
        api.patch(path, {}, content_type="application/json"),
        api.put(f"{path}/toggle"),
        api.post(f"{path}/test"),
        api.post(f"{path}/rotate-secret"),
    ):
        assert (response.status_code, response.json()) == (404, {"error": "Webhook not found"})


def test_the_environments_webhooks_are_not_changed_here(api: Client) -> None:
    webhook = build_webhook(source="environment")
    for response in (
        patch(api, webhook, url=URL),
        patch(api, webhook, secret="hush-hush"),
        api.delete(f"/api/webhooks/{webhook.pk}"),
        post(api, f"/api/webhooks/{webhook.pk}/rotate-secret"),
    ):
        assert response.status_code == 409
        assert "WEBHOOK_URLS" in response.json()["error"]
    assert api.put(f"/api/webhooks/{webhook.pk}/toggle").json()["is_active"] is False
    assert patch(api, webhook, is_active=True).json()["source"] == "environment"


def test_another_accounts_webhooks_are_not_there(api: Client) -> None:
    other = Account.objects.create(name="another")
    webhook = build_webhook()
    Webhook.objects.filter(pk=webhook.pk).update(account=other)
    assert api.get(f"/api/webhooks/{webhook.pk}").status_code == 404
    assert api.get(f"/api/webhooks/{webhook.pk}?account=another").status_code == 200


# Secrets


def test_a_new_secret_is_shown_once(api: Client) -> None:
    webhook = build_webhook()
    made = post(api, f"/api/webhooks/{webhook.pk}/rotate-secret").json()
    assert made["secret"].startswith("whsec_")
    assert made["previous_until"] is None
    assert made["secret"] not in api.get(f"/api/webhooks/{webhook.pk}").content.decode()
    again = post(api, f"/api/webhooks/{webhook.pk}/rotate-secret", secret="of-my-own").json()
    assert again["secret"] == "of-my-own"
    until = datetime.strptime(again["previous_until"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert 23.9 < (until - datetime.now(UTC)).total_seconds() / 3600 < 24.1
    assert post(api, f"/api/webhooks/{webhook.pk}/rotate-secret", secret="x" * 257).status_code == 400


# Tests


def test_a_test_is_sent_at_once_and_logged(api: Client, receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url(), secret="hush-hush", is_active=False)
    result = api.post(f"/api/webhooks/{webhook.pk}/test").json()
    assert (result["success"], result["status_code"], result["answer"], result["error"]) == (
        True,
        200,
        "ok",
        None,
    )
    (got,) = receiver.received
    assert got.headers["X-Hub-Event"] == got.envelope["type"] == "webhook.test"
    assert "X-Hub-Signature" in got.headers
    row = api.get(f"/api/webhooks/deliveries/{result['delivery_id']}").json()
    assert (row["status"], row["event_id"], row["attempts"]) == ("delivered", None, 1)
    assert orjson.loads(row["payload"]) == got.envelope
    assert len(row["tries"]) == 1
    refused = api.post(f"/api/webhooks/deliveries/{result['delivery_id']}/retry")
    assert refused.status_code == 409


def test_a_test_that_fails_says_why(api: Client, receiver: Receiver) -> None:
    receiver.default = answer(500, b"<h1>Oh no</h1>" + b"x" * 5000)
    webhook = build_webhook(receiver.url())
    result = api.post(f"/api/webhooks/{webhook.pk}/test").json()
    assert (result["success"], result["status_code"]) == (False, 500)
    assert result["error"] == "The receiver answers with status 500."
    assert result["answer"].startswith("<h1>Oh no</h1>")
    assert len(result["answer"]) == 1000
    row = api.get(f"/api/webhooks/deliveries/{result['delivery_id']}").json()
    assert (row["status"], row["last_error"]) == ("exhausted", "The receiver answers with status 500.")


def test_a_test_of_a_private_address_is_refused_at_connect_time(api: Client, settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    webhook = build_webhook("http://127.0.0.1:9/")
    settings.ALLOW_PRIVATE_URLS = False
    result = api.post(f"/api/webhooks/{webhook.pk}/test").json()
    assert (result["success"], result["status_code"]) == (False, None)
    assert "ALLOW_PRIVATE_URLS" in result["error"]


# Deliveries


def deliveries(api: Client, query: str = "") -> list[int]:
    return [row["id"] for row in api.get(f"/api/webhooks/deliveries{query}").json()["data"]]


def test_deliveries_show_what_is_posted_and_what_came_of_it(api: Client) -> None:
    event = build_event(events.CALL, [{"chat_jid": ALICE}])
    delivery = build_delivery(build_webhook(), event, status="failed", attempts=1, last_error="No.")
    build_delivery_attempt(delivery, error="No.", status_code=500, answer="no")
    (row,) = api.get("/api/webhooks/deliveries").json()["data"]
    assert orjson.loads(row["payload"])["id"] == event.pk
    assert (row["subscription_id"], row["event_type"], row["status"], row["max_attempts"]) == (
        str(delivery.webhook_id),
        events.CALL,
        "failed",
        16,
    )
    detail = api.get(f"/api/webhooks/deliveries/{delivery.pk}").json()
    (attempt,) = detail.pop("tries")
    assert detail == row
    assert attempt == {
        "number": 1,
        "at": "2024-05-01 12:00:00",
        "status_code": 500,
        "duration_ms": 12,
        "error": "No.",
        "answer": "no",
    }


def test_the_payload_of_an_event_that_is_gone_is_null(api: Client) -> None:
    delivery = build_delivery(status="delivered")
    Event.objects.all().delete()
    assert api.get(f"/api/webhooks/deliveries/{delivery.pk}").json()["payload"] is None


def test_deliveries_are_filtered(api: Client) -> None:
    one, two = build_webhook(), build_webhook()
    first = build_delivery(one, build_event(events.CALL, []), status="delivered")
    second = build_delivery(two, status="exhausted")
    assert deliveries(api) == [second.pk, first.pk]
    assert deliveries(api, f"?subscription_id={one.pk}") == [first.pk]
    assert deliveries(api, "?subscription_id=x") == []
    assert deliveries(api, "?status=exhausted") == [second.pk]
    assert deliveries(api, "?event_type=wa") == [first.pk]
    assert api.get("/api/webhooks/deliveries?status=lost").status_code == 400


def test_a_delivery_is_tried_again_at_once(api: Client) -> None:
    webhook = build_webhook(failures=2, retry_at=2**50)
    delivery = build_delivery(webhook, status="exhausted", attempts=12, last_error="No.")
    assert api.post(f"/api/webhooks/deliveries/{delivery.pk}/retry").json() == {"success": True}
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("pending", 0)
    assert delivery.aside_at is not None
    webhook.refresh_from_db()
    assert webhook.retry_at is not None
    assert webhook.retry_at < 2**50
    Event.objects.all().delete()
    refused = api.post(f"/api/webhooks/deliveries/{delivery.pk}/retry")
    assert (refused.status_code, "not in the log" in refused.json()["error"]) == (409, True)
    assert api.post("/api/webhooks/deliveries/999/retry").status_code == 404


# Replays


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> tuple[Webhook, list[Event]]:
    """A webhook for all, made after two events of six, that has had two; and one for calls that is off.
    Replays do three at once."""
    monkeypatch.setattr(replaying, "AT_ONCE", 3)
    past = [build_event(events.CALL, [{"chat_jid": BOB}], logged_at=(NOON + at) * 1000) for at in range(2)]
    webhook = build_webhook()
    build_webhook(prefixes=[events.CALL], is_active=False)
    rest = [build_event(logged_at=(NOON + at) * 1000) for at in range(2, 6)]
    build_delivery(webhook, rest[0], status="delivered", attempts=1)
    build_delivery(webhook, rest[1], status="exhausted", attempts=12)
    Webhook.objects.filter(pk=webhook.pk).update(cursor=rest[-1].pk)
    return webhook, [*past, *rest]


def replay(api: Client, **body: Any) -> int:
    response = post(api, "/api/webhooks/deliveries/replay", **body)
    assert response.status_code == 200, response.content
    queued: int = response.json()["queued"]
    return queued


def in_line(webhook: Webhook) -> list[int]:
    return list(Delivery.objects.filter(webhook=webhook).in_line().values_list("event_id", flat=True))


@pytest.mark.parametrize(
    ("selection", "places"),
    [
        ({"status": "exhausted"}, [3]),
        ({"status": "delivered"}, [2]),
        ({"status": "failed"}, []),
        ({"event_type": "connection"}, [2, 3]),
        ({"event_type": "wa.call"}, []),
        ({"after": NOON}, [1, 2, 3, 4, 5]),
        ({"after": "2024-05-01T11:00:00Z"}, [0, 1, 2, 3, 4, 5]),
        ({"after": "2024-05-01T11:00:00Z", "event_type": "wa"}, [0, 1]),
        ({"after": "2024-05-01T11:00:00Z", "before": NOON + 3}, [0, 1, 2]),
        ({"before": NOON + 3}, [2]),
        ({"after": NOON + 60}, []),
        ({"after": NOON + 1, "status": "delivered"}, [2]),
    ],
)
def test_a_replay_sends_what_is_selected(
    api: Client, day: tuple[Webhook, list[Event]], selection: dict[str, Any], places: list[int]
) -> None:
    webhook, logged = day
    assert replay(api, subscription_id=str(webhook.pk), **selection) == len(places)
    assert in_line(webhook) == [logged[place].pk for place in places]


def test_a_replay_by_ids(api: Client, day: tuple[Webhook, list[Event]]) -> None:
    webhook, logged = day
    assert replay(api, subscription_id=str(webhook.pk), since_id=logged[0].pk, until_id=logged[2].pk) == 2
    assert in_line(webhook) == [logged[1].pk, logged[2].pk]
    ids = set(Delivery.objects.filter(webhook=webhook).values_list("pk", flat=True))
    assert replay(api, subscription_id=str(webhook.pk), since_id=logged[0].pk, until_id=logged[2].pk) == 0
    assert set(Delivery.objects.filter(webhook=webhook).values_list("pk", flat=True)) == ids


def test_a_replay_for_all_webhooks_gives_each_what_it_wants(
    api: Client, day: tuple[Webhook, list[Event]]
) -> None:
    webhook, logged = day
    other = Webhook.objects.exclude(pk=webhook.pk).get()
    assert replay(api, since_id=0) == 8
    assert len(in_line(webhook)) == 6
    assert in_line(other) == [logged[0].pk, logged[1].pk]


def test_a_replay_heeds_the_chats(api: Client) -> None:
    hers = build_event(events.CALL, [{"chat_jid": ALICE}])
    build_event(events.CALL, [{"chat_jid": BOB}])
    webhook = build_webhook(chats=[ALICE])
    assert replay(api, since_id=0) == 1
    assert in_line(webhook) == [hers.pk]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Say what to send again"),
        ({"subscription_id": "999"}, "subscription_id: There is no such webhook"),
        ({"status": "lost"}, "status: "),
        ({"after": "yesterday"}, "after: 'yesterday' is not a time"),
        ({"since_id": -1}, "since_id: "),
        ({"form": 1}, "form: There is no such field"),
    ],
)
def test_a_bad_selection_is_named(api: Client, body: dict[str, Any], error: str) -> None:
    response = post(api, "/api/webhooks/deliveries/replay", **body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(error)


# Who may


def test_a_key_for_certain_chats_can_not_subscribe(stranger: Client) -> None:
    _, key = build_api_key(chats=[ALICE])
    response = stranger.post(
        "/api/webhooks", {"url": URL}, content_type="application/json", headers={"x-api-key": key}
    )
    assert response.status_code == 403
    assert not Webhook.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_webhooks_of_deliveries(
    api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    for _ in range(3):
        build_delivery(build_webhook(chats=[ALICE]), status="delivered")
    api.get("/api/webhooks/deliveries")
    few = count_queries(lambda: api.get("/api/webhooks/deliveries"))
    for _ in range(20):
        build_delivery(build_webhook(chats=[BOB]), status="delivered")
    assert count_queries(lambda: api.get("/api/webhooks/deliveries")) == few
