"""Rounds of sending, without a worker around them: what is sent when, and what is written down."""

import socket
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.utils import timezone

from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    build_account,
    build_contact,
    build_delivery,
    build_event,
    build_message,
    build_webhook,
)
from tests.whatsapp.webhooks.receiver import Receiver, answer
from whatsapp import events
from whatsapp.following import bounds
from whatsapp.models import Account, Delivery, DeliveryAttempt, Event, Webhook
from whatsapp.outgoing_http import Line, guard
from whatsapp.records import message_key, message_record, short_record
from whatsapp.webhooks import (
    bodies,
    dispatching,
    interruptions,
    leases,
    replaying,
    results,
    schedule,
    subscriptions,
)
from whatsapp.webhooks.choosing import next_batch
from whatsapp.webhooks.delivering import drain
from whatsapp.webhooks.subscriptions import now_ms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def account() -> Account:
    return build_account()


def dispatch(webhook: Webhook) -> None:
    webhook.refresh_from_db()
    dispatching.dispatch([webhook], bounds()[1])


def log_events(number: int) -> list[int]:
    return [build_event().pk for _ in range(number)]


def try_now(webhook: Webhook) -> None:
    """As when the time to try again has come."""
    Webhook.objects.filter(pk=webhook.pk, retry_at__isnull=False).update(retry_at=1)
    Delivery.objects.aside().update(aside_at=1)
    drain(webhook.pk)
    webhook.refresh_from_db()


def rows(webhook: Webhook) -> list[tuple[str, int]]:
    return list(
        Delivery.objects.filter(webhook=webhook).order_by("event_id").values_list("status", "attempts")
    )


# Order and retries


def test_a_failure_leaves_the_others_in_line(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    ids = log_events(20)
    receiver.default = answer(500, b"no")
    dispatch(webhook)
    try_now(webhook)
    tried = [attempts for _, attempts in rows(webhook)]
    assert sum(tried) <= 4
    assert (webhook.failures, webhook.last_success_at) == (1, None)
    assert webhook.failing_since is not None
    first = Delivery.objects.get(event_id=ids[0])
    assert (first.status, first.last_status_code, first.next_retry_at) == ("failed", 500, webhook.retry_at)
    before = len(receiver.received)
    drain(webhook.pk)
    assert len(receiver.received) == before  # it is not time yet
    try_now(webhook)
    assert [got.event_id for got in receiver.received[before:]] == [ids[0]]
    receiver.default = answer()
    try_now(webhook)
    assert [status for status, _ in rows(webhook)] == ["delivered"] * 20
    assert (webhook.failures, webhook.failing_since, webhook.retry_at) == (0, None, None)
    texts = list(first.tries.order_by("id").values_list("number", "error", "answer", "status_code"))
    error = "The receiver answers with status 500."
    assert texts == [(1, error, "no", 500), (2, error, "no", 500), (3, None, "ok", 200)]


@pytest.mark.parametrize("failures", range(1, 14))
def test_delays_grow_to_a_day_in_all(failures: int) -> None:
    planned = schedule.DELAYS[min(failures, len(schedule.DELAYS)) - 1]
    for _ in range(20):
        assert 0.8 * planned <= schedule.delay(failures) <= 1.2 * planned
    assert 23 * 3600 < sum(schedule.DELAYS) < 25 * 3600


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        (429, "100", 99, 101),
        (503, "100", 99, 101),
        (503, "999999", 3599, 3601),
        (503, "soon", 4, 7),
        (503, "-5", 4, 7),
        (500, "100", 4, 7),
        (503, "Wed, 21 Oct 2015 07:28:00 GMT", 4, 7),
        (503, "Wed, 21 Oct 2999 07:28:00 GMT", 3599, 3601),
    ],
)
def test_a_receiver_says_when_to_come_again(
    receiver: Receiver, status: int, retry_after: str, least: float, most: float
) -> None:
    webhook = build_webhook(receiver.url())
    receiver.default = answer(status, Retry_After=retry_after)
    log_events(1)
    dispatch(webhook)
    began = now_ms()
    try_now(webhook)
    assert webhook.retry_at is not None
    assert least <= (webhook.retry_at - began) / 1000 <= most


def test_what_fails_again_and_again_is_set_aside_when_the_next_gets_through(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    ids = log_events(6)
    receiver.decide = lambda got: answer(422) if got.event_id == ids[0] else None
    Delivery.objects.bulk_create([replaying.new_delivery(webhook.pk, ids[0], "x")])
    try_now(webhook)
    try_now(webhook)
    assert rows(webhook) == [("failed", 2)]
    dispatch(webhook)
    try_now(webhook)
    assert rows(webhook) == [("failed", 3), *[("delivered", 1)] * 5]
    poison = Delivery.objects.get(event_id=ids[0])
    assert (poison.place, webhook.failures) == (None, 0)
    assert poison.aside_at == poison.next_retry_at
    for _ in range(20):
        try_now(webhook)
    assert rows(webhook)[0] == ("exhausted", schedule.MOST_ATTEMPTS)
    assert webhook.paused_at is None
    assert DeliveryAttempt.objects.filter(delivery=poison).count() == schedule.MOST_ATTEMPTS


def test_two_that_fail_together_are_set_aside_by_the_third(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    ids = log_events(4)
    receiver.decide = lambda got: answer(422) if got.event_id in ids[:2] else None
    Delivery.objects.bulk_create([replaying.new_delivery(webhook.pk, key, "x") for key in ids[:2]])
    for _ in range(4):
        try_now(webhook)
    dispatch(webhook)
    for _ in range(2):
        try_now(webhook)
    assert [status for status, _ in rows(webhook)] == ["failed", "failed", "delivered", "delivered"]
    assert Delivery.objects.aside().count() == 2


def test_a_type_that_a_receiver_never_takes_holds_up_no_other(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    receiver.decide = lambda got: answer(500) if got.headers["X-Hub-Event"] == events.CALL else None
    for _ in range(12):
        build_event(events.CALL, [])
    log_events(2)
    dispatch(webhook)
    for _ in range(8):
        try_now(webhook)
    assert [status for status, _ in rows(webhook)] == ["failed"] * 12 + ["delivered"] * 2
    for _ in range(5):
        build_event(events.CALL, [])
        log_events(4)
    dispatch(webhook)
    drain(webhook.pk)
    assert Delivery.objects.filter(status="delivered").count() == 22  # all of the others, at once
    assert Delivery.objects.aside().count() == 17
    webhook.refresh_from_db()
    assert webhook.failures == 0


def test_those_aside_leave_room_for_the_line(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    for _ in range(12):
        build_delivery(webhook, place=None, aside_at=1)
    in_line = [build_delivery(webhook) for _ in range(2)]
    drain(webhook.pk)
    order = [got.event_id for got in receiver.received]
    assert {order.index(delivery.event_id or 0) for delivery in in_line} <= set(range(6))
    assert len(order) == 14


def test_something_new_tells_a_stubborn_delivery_from_a_bad_receiver(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    (poison,) = log_events(1)
    receiver.decide = lambda got: answer(422) if got.event_id == poison else None
    dispatch(webhook)
    for _ in range(3):
        try_now(webhook)
    assert webhook.retry_at is not None
    assert webhook.retry_at > now_ms() + 10_000
    (fresh,) = log_events(1)
    dispatch(webhook)
    drain(webhook.pk)  # too early for the other
    assert rows(webhook) == [("failed", 3), ("delivered", 1)]
    assert receiver.received[-1].event_id == fresh
    webhook.refresh_from_db()
    assert webhook.failures == 0


def test_a_receiver_that_is_away_for_a_day_costs_no_delivery(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = build_webhook(receiver.url())
    log_events(10)
    receiver.default = answer(500)
    dispatch(webhook)
    for _ in range(20):
        try_now(webhook)
    assert webhook.paused_at is not None
    assert "status 500" in (webhook.pause_reason or "")
    assert {status for status, _ in rows(webhook)} <= {"pending", "failed"}
    assert max(attempts for _, attempts in rows(webhook)) <= schedule.MOST_ATTEMPTS
    told = Event.objects.get(event_type=events.WEBHOOK_PAUSED)
    assert receiver.url() not in told.payload
    receiver.default = answer()
    subscriptions.turn_on(webhook)
    dispatch(webhook)
    try_now(webhook)
    assert [status for status, _ in rows(webhook)] == ["delivered"] * 11  # and the news of the pause


def test_one_that_is_off_or_paused_gets_nothing(receiver: Receiver) -> None:
    for fields in ({"is_active": False}, {"paused_at": 1}):
        webhook = build_webhook(receiver.url(), **fields)
        before = webhook.cursor
        build_delivery(webhook)
        dispatch(webhook)
        drain(webhook.pk)
        webhook.refresh_from_db()
        assert webhook.cursor == before
    assert receiver.received == []


# The lease


def test_only_one_thread_sends_for_a_webhook(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    build_delivery(webhook)
    assert leases.take(webhook.pk, "another")
    assert not drain(webhook.pk)
    assert receiver.received == []
    Webhook.objects.update(drained_until=now_ms() - 1)  # it is dead
    drain(webhook.pk)
    assert len(receiver.received) == 1
    webhook.refresh_from_db()
    assert webhook.drained_by is None


def test_what_a_dead_worker_may_have_sent_is_sent_again_and_the_log_says_why(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    deliveries = [build_delivery(webhook) for _ in range(3)]
    assert leases.take(webhook.pk, "another")
    Webhook.objects.update(drained_until=now_ms() - 1)
    # The last one was not there when the worker gave its last sign of life.
    before = timezone.now() - timedelta(milliseconds=leases.LEASE_MS)
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries[:2]]).update(created_at=before)
    drain(webhook.pk)
    assert len(receiver.received) == 3
    tries = [list(one.tries.order_by("id").values_list("number", "error")) for one in deliveries]
    assert tries == [[(1, interruptions.INTERRUPTED), (1, None)]] * 2 + [[(1, None)]]
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_of_a_receiver_that_fails_only_those_are_noted_that_it_was_tried_with(receiver: Receiver) -> None:
    """It is the same choice that the dead worker made."""
    webhook = build_webhook(receiver.url(), failures=1, retry_at=now_ms() - 60_000)
    deliveries = [build_delivery(webhook) for _ in range(3)]
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    Webhook.objects.update(drained_by="another", drained_until=now_ms() - 1)
    drain(webhook.pk)
    assert [one.tries.filter(error=interruptions.INTERRUPTED).count() for one in deliveries] == [1, 0, 0]


def test_a_lease_is_freed_by_one_alone() -> None:
    webhook = build_webhook(drained_by="another", drained_until=1)
    build_delivery(webhook)
    assert interruptions.free_expired(webhook.pk)
    assert not interruptions.free(webhook)
    assert not interruptions.free_expired(webhook.pk)


def test_results_of_a_lost_lease_are_dropped() -> None:
    webhook = build_webhook(drained_by="another")
    build_delivery(webhook)
    batch = next_batch(webhook, now_ms())
    assert batch is not None
    found = [results.Result(one) for one in batch.deliveries]
    assert not results.write(webhook, "me", results.FLOW, found, frozenset())
    assert Delivery.objects.get().status == "pending"


# What is sent


def upsert(body: str, chat: str = ALICE) -> Event:
    message = build_message(body, chat=chat, raw=True)
    payload = {"key": message_key(message), "record": short_record(message_record(message)), "type": "notify"}
    return events.append(message.account, events.MESSAGES_UPSERT, payload, message.pk)


def test_it_is_the_envelope_that_all_get(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    event = upsert("tea")
    dispatch(webhook)
    drain(webhook.pk)
    (envelope,) = events.render([event])
    assert receiver.received[0].envelope == envelope
    assert envelope["data"]["messages"][0]["message"] == {"conversation": "tea"}


def test_a_large_body_leaves_the_raw_part_out_and_says_so(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    upsert("x" * 600_000)
    upsert("x" * 400_000)
    dispatch(webhook)
    drain(webhook.pk)
    large, small = sorted(receiver.received, key=lambda got: got.event_id)
    assert large.envelope["omitted"] == ["data.messages[].message"]
    assert large.envelope["data"]["messages"][0]["message"] is None
    assert large.envelope["data"]["records"][0]["body"] == "x" * 600_000
    assert len(large.body) <= bodies.MOST_BYTES
    assert "omitted" not in small.envelope
    assert small.envelope["data"]["messages"][0]["message"] is not None


def test_chats_are_known_by_both_addresses_and_lists_are_narrowed(receiver: Receiver) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    webhook = build_webhook(receiver.url(), chats=[ALICE_LID])
    both = build_event(events.CHATS_UPDATE, [{"id": ALICE, "name": "A"}, {"id": BOB, "name": "B"}])
    by_lid = build_event(events.PRESENCE_UPDATE, {"id": ALICE_LID})
    build_event(events.CHATS_UPDATE, [{"id": BOB}])
    build_event(events.CONNECTION_STATUS)
    dispatch(webhook)
    drain(webhook.pk)
    got = {received.event_id: received.envelope["data"] for received in receiver.received}
    assert got == {both.pk: [{"id": ALICE, "name": "A"}], by_lid.pk: {"id": ALICE_LID}}


def test_what_is_gone_from_the_log_is_given_up_with_that_reason(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    gone, kept = log_events(2)
    dispatch(webhook)
    Event.objects.filter(pk=gone).delete()
    drain(webhook.pk)
    assert rows(webhook) == [("exhausted", 0), ("delivered", 1)]
    assert Delivery.objects.get(event_id=gone).last_error == "The event is not in the log any more."
    assert [got.event_id for got in receiver.received] == [kept]
    assert not drain(webhook.pk)


def test_what_it_is_not_for_any_more_is_given_up(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    build_event(events.PRESENCE_UPDATE, {"id": BOB})
    dispatch(webhook)
    subscriptions.edit(webhook, chats=[ALICE])
    drain(webhook.pk)
    assert receiver.received == []
    assert "about no chat" in (Delivery.objects.get().last_error or "")


# Receivers that do as they please


def error_of(webhook: Webhook) -> str:
    dispatch(webhook)
    try_now(webhook)
    return Delivery.objects.order_by("-event_id").values_list("last_error", flat=True)[0] or ""


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(receiver: Receiver, status: int) -> None:
    receiver.default = answer(status, b"")
    webhook = build_webhook(receiver.url())
    log_events(1)
    assert error_of(webhook) == ""
    assert rows(webhook) == [("delivered", 1)]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
def test_redirects_are_followed_nowhere(receiver: Receiver, status: int) -> None:
    receiver.default = answer(status, b"", Location=receiver.url("/other"))
    webhook = build_webhook(receiver.url())
    log_events(1)
    assert error_of(webhook) == (
        f"The receiver redirects (status {status}), and a webhook is sent nowhere else."
    )
    assert {got.path for got in receiver.received} == {"/hook"}


def test_a_name_that_comes_to_mean_a_private_address_is_refused(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_URLS = False
    public = "93.184.215.14"
    meanings = [[public], ["127.0.0.1"], ["10.0.0.1", "::1"]]
    connect = socket.socket.connect

    def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        found = meanings.pop(0)
        return [
            (socket.AF_INET6, (a, port, 0, 0)) if ":" in a else (socket.AF_INET, (a, port)) for a in found
        ]

    def connect_there(self: socket.socket, address: Any) -> None:
        assert address[0] == public, f"connected to {address}"
        connect(self, ("127.0.0.1", receiver.port))

    monkeypatch.setattr(guard, "resolve", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect_there)
    receiver.default = answer(200, b"ok", Connection="close")
    webhook = build_webhook("http://bot.example/hook")
    for expected in ("", "ALLOW_PRIVATE_URLS", "ALLOW_PRIVATE_URLS"):
        if not Delivery.objects.in_line().exists():
            log_events(1)
        said = error_of(webhook)
        assert expected in said
        assert bool(said) == bool(expected)
    assert len(receiver.received) == 1


def test_a_connection_that_the_receiver_has_closed_is_made_anew(receiver: Receiver) -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        answer()(handler)
        handler.close_connection = True  # without a word before

    receiver.default = once
    webhook = build_webhook(receiver.url())
    for _ in range(5):
        log_events(1)
        assert error_of(webhook) == ""
    assert [attempts for _, attempts in rows(webhook)] == [1] * 5


def test_no_more_of_an_endless_answer_is_read_than_is_shown(receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        while True:
            handler.wfile.write(b"<p>" * 10_000)

    receiver.default = endless
    webhook = build_webhook(receiver.url())
    log_events(1)
    assert error_of(webhook) == ""
    assert DeliveryAttempt.objects.get().answer == ("<p>" * 1000)[:1000]


def test_an_answer_of_any_bytes_is_kept_as_text(receiver: Receiver) -> None:
    receiver.default = answer(200, b"\xff\x00\xfe")
    webhook = build_webhook(receiver.url())
    log_events(1)
    assert error_of(webhook) == ""
    assert DeliveryAttempt.objects.get().answer == "\ufffd\ufffd\ufffd"


def test_what_the_hub_itself_can_not_send_is_a_failure_and_no_endless_loop(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    webhook = build_webhook("https://a..b.example/?token=hush")
    log_events(2)
    dispatch(webhook)
    try_now(webhook)
    assert Delivery.objects.in_line()[0].last_error == "There is no server of that name."

    def broken(self: Any, *args: Any, **options: Any) -> None:
        raise RuntimeError(receiver.url())

    monkeypatch.setattr(Line, "post", broken)
    Webhook.objects.update(url=receiver.url("/?token=hush"))
    try_now(webhook)
    assert "could not send it" in (Delivery.objects.in_line()[0].last_error or "")
    assert "hush" not in caplog.text


# Dispatching


def test_a_cursor_that_somebody_else_has_moved_writes_nothing() -> None:
    webhook = build_webhook()
    log_events(3)
    stale = Webhook.objects.select_related("account").get()
    dispatch(webhook)
    assert Delivery.objects.count() == 3
    Delivery.objects.all().delete()
    dispatching.dispatch([stale], bounds()[1])
    assert not Delivery.objects.exists()


def test_a_long_log_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "MOST_EVENTS", 4)
    webhook = build_webhook(prefixes=["connection"])
    ids = log_events(10)
    for cursor in (ids[3], ids[7], ids[9]):
        dispatch(webhook)
        webhook.refresh_from_db()
        assert webhook.cursor == cursor
    assert list(Delivery.objects.in_line().values_list("event_id", flat=True)) == ids


def test_the_clock_knows_what_is_due() -> None:
    now = now_ms()

    def due(touched: bool = False, **fields: Any) -> tuple[bool, int | None]:
        Webhook.objects.update(**{"failures": 0, "retry_at": None, "drained_until": None, **fields})
        found = dispatching.due_of(dispatching.active(), {webhook.pk} if touched else set(), now)
        return bool(found.now), found.next

    webhook = build_webhook()
    assert due() == (False, None)
    delivery = build_delivery(webhook)
    assert due() == (True, None)
    assert due(failures=1, retry_at=now + 500) == (False, now + 500)
    assert due(True, failures=1, retry_at=now + 500) == (True, None)
    assert due(failures=1, retry_at=now - 1) == (True, None)
    assert due(drained_until=now + 900) == (False, now + 900)
    assert due(is_active=False) == (False, None)
    Webhook.objects.update(is_active=True)
    Delivery.objects.filter(pk=delivery.pk).update(place=None, aside_at=now + 700)
    assert due() == (False, now + 700)
    assert due(failures=1, retry_at=now - 1) == (False, None)


def test_old_deliveries_are_forgotten_and_open_ones_kept() -> None:
    webhook = build_webhook()
    old = [build_delivery(webhook, status=status) for status in ("delivered", "exhausted", "failed")]
    Delivery.objects.update(updated_at="2020-01-01T00:00:00Z")
    new = build_delivery(webhook, status="delivered")
    assert subscriptions.forget_deliveries(now_ms() - 86_400_000, at_once=2) == 2
    assert set(Delivery.objects.all()) == {old[2], new}
