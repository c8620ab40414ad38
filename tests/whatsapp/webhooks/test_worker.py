"""Deliveries by a real worker over real sockets: in order, through outages, and after its death."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.builders import build_account, build_event, build_webhook
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Receiver, answer, running_worker
from whatsapp import events
from whatsapp.models import Delivery, DeliveryAttempt, Event, Process, Webhook
from whatsapp.webhooks import subscriptions

pytestmark = pytest.mark.django_db(transaction=True)

CHATS = events.CHATS_UPDATE


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def log_events(number: int, event_type: str = CHATS) -> list[int]:
    with transaction.atomic():
        return [
            build_event(event_type, [{"id": f"{at}@s.whatsapp.net", "name": f"Person {at}"}]).pk
            for at in range(number)
        ]


def ids_at(receiver: Receiver, path: str = "/hook") -> list[int]:
    return [got.event_id for got in receiver.at(path)]


def delivered() -> int:
    return Delivery.objects.filter(status="delivered").count()


def wait_for_worker() -> None:
    eventually(lambda: Process.objects.filter(kind="worker").exists(), "the worker")


def test_events_come_once_each_in_order_over_few_connections(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())
    with running_worker(tmp_path):
        wait_for_worker()
        ids = log_events(200)
        eventually(lambda: delivered() == 200, "all deliveries")
    assert sorted(ids_at(receiver)) == ids
    # Four are under way at once: none is more than a few places from its own.
    places = {key: place for place, key in enumerate(ids)}
    assert all(abs(places[key] - place) <= 8 for place, key in enumerate(ids_at(receiver)))
    assert receiver.connections <= 8
    assert DeliveryAttempt.objects.count() == 200


def test_an_event_comes_soon(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())
    with running_worker(tmp_path):
        wait_for_worker()
        waits = []
        for number in range(1, 11):
            began = time.time()
            build_event()
            eventually(lambda number=number: len(receiver.received) >= number, "the event")
            waits.append(receiver.received[-1].at - began)
    assert sorted(waits)[5] < 0.3


def test_each_gets_what_it_asks_for(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url("/all"))
    build_webhook(receiver.url("/calls"), prefixes=[events.CALL])
    build_webhook(receiver.url("/alice"), chats=["0@s.whatsapp.net"])
    off = build_webhook(receiver.url("/off"), is_active=False)
    with running_worker(tmp_path):
        wait_for_worker()
        chat, call = log_events(3)[0], build_event(events.CALL, [{"chat_jid": "1@s.whatsapp.net"}]).pk
        eventually(lambda: len(receiver.received) == 6, "six deliveries")
        eventually(lambda: delivered() == 6, "their rows")
    assert sorted(ids_at(receiver, "/all")) == [chat, chat + 1, chat + 2, call]
    assert ids_at(receiver, "/calls") == [call]
    assert ids_at(receiver, "/alice") == [chat]
    assert receiver.at("/off") == []
    assert not Delivery.objects.filter(webhook=off).exists()


@pytest.mark.parametrize("outage", ["500", "refused", "silent", "dripping"])
def test_an_outage_delays_and_loses_nothing_and_keeps_the_order(
    receiver: Receiver, tmp_path: Path, outage: str
) -> None:
    webhook = build_webhook(receiver.url())
    is_well = threading.Event()

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not is_well.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    failing = {"500": answer(500, b"out of order"), "silent": receiver.hang, "dripping": drip}
    receiver.decide = lambda got: None if is_well.is_set() else failing[outage]
    if outage == "refused":
        receiver.decide = lambda got: None
        Webhook.objects.update(url="http://127.0.0.1:9/")
    with running_worker(tmp_path):
        wait_for_worker()
        ids = log_events(30)
        eventually(lambda: Webhook.objects.get().failures >= 2, "two failures")
        if outage == "refused":
            Webhook.objects.update(url=receiver.url())
        # All but the first few have waited without an attempt.
        assert Delivery.objects.filter(attempts__gt=0).count() <= 5
        receiver.received.clear()
        is_well.set()
        receiver.released.set()
        eventually(lambda: delivered() == 30, "all deliveries")
    assert sorted(set(ids_at(receiver))) == ids
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.retry_at) == (0, None, None)
    first = Delivery.objects.order_by("event_id").first()
    assert first is not None
    reasons = list(first.tries.order_by("id").values_list("error", flat=True))
    assert len(reasons) >= 3
    assert reasons[-1] is None
    expected = {
        "500": "The receiver answers with status 500.",
        "refused": "The server can't be reached.",
        "silent": "The server takes longer than 1 seconds.",
        "dripping": "The server takes longer than 1 seconds.",
    }
    assert all(reason.startswith(expected[outage]) for reason in reasons[:-1])


def test_one_that_never_gets_through_is_set_aside(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())
    poison: list[int] = []
    receiver.decide = lambda got: answer(422, b"no") if got.event_id in poison else None
    with running_worker(tmp_path, DELAYS="0.2,0.2,0.2,60"):
        wait_for_worker()
        with transaction.atomic():
            ids = log_events(40)
            poison.append(ids[10])
        eventually(lambda: delivered() == 39, "all but one")
    row = Delivery.objects.get(event_id=poison[0])
    assert (row.status, row.last_status_code, row.place) == ("failed", 422, None)
    assert row.attempts >= 3
    assert row.aside_at is not None
    assert Webhook.objects.get().failures == 0
    assert set(ids_at(receiver)) == set(ids)


def test_a_receiver_that_hangs_slows_nobody_else(receiver: Receiver, tmp_path: Path) -> None:
    for number in range(3):
        build_webhook(receiver.url(f"/hanging/{number}"))
        receiver.behaves[f"/hanging/{number}"] = receiver.hang
    build_webhook(receiver.url("/well"))
    with running_worker(tmp_path, ATTEMPT_SECONDS="10"):
        wait_for_worker()
        began = time.monotonic()
        log_events(20)
        eventually(lambda: len(receiver.at("/well")) == 20, "those of the other")
        assert time.monotonic() - began < 5
        receiver.released.set()


def test_a_webhook_that_fails_for_long_is_paused_and_goes_on_where_it_was(
    receiver: Receiver, tmp_path: Path
) -> None:
    webhook = build_webhook(receiver.url("/secret-path?token=secret-token"))
    other = build_webhook(receiver.url("/other"), prefixes=["webhook"])
    receiver.behaves["/secret-path?token=secret-token"] = answer(503)
    with running_worker(tmp_path, PAUSE_SECONDS="1", LOG_LEVEL="debug"):
        wait_for_worker()
        ids = log_events(5)
        eventually(lambda: Webhook.objects.get(pk=webhook.pk).paused_at, "the pause")
        ids += log_events(5)
        eventually(lambda: receiver.at("/other"), "the news of it")
        told = receiver.at("/other")[0].envelope
        assert told["type"] == "webhook.paused"
        assert told["data"]["id"] == str(webhook.pk)
        assert told["data"]["host"] == "127.0.0.1"
        assert "status 503" in told["data"]["reason"]
        assert told["data"]["failing_since"] > 0
        webhook.refresh_from_db()
        assert not webhook.is_on
        receiver.behaves.clear()
        receiver.received.clear()
        subscriptions.turn_on(webhook)
        paused = Event.objects.get(event_type=events.WEBHOOK_PAUSED).pk
        eventually(lambda: len(set(ids_at(receiver, webhook_path(webhook)))) == 11, "all that it missed")
        assert set(ids_at(receiver, webhook_path(webhook))) == {*ids, paused}
        assert Delivery.objects.filter(webhook=other).count() == 1
    log = (tmp_path / "worker.log").read_text()
    assert "secret-token" not in log
    assert "secret-path" not in log
    assert "secret-token" not in Event.objects.get(event_type=events.WEBHOOK_PAUSED).payload


def webhook_path(webhook: Webhook) -> str:
    return webhook.url[webhook.url.index("/", 8) :]


def test_gone_ends_it_at_once(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())
    receiver.default = answer(410)
    with running_worker(tmp_path):
        wait_for_worker()
        log_events(1)
        paused = eventually(lambda: Webhook.objects.filter(paused_at__isnull=False).first(), "the pause")
    assert "410" in (paused.pause_reason or "")
    assert Delivery.objects.get(event_type=CHATS).status == "exhausted"
    assert len(receiver.received) == 1


def test_a_killed_worker_loses_nothing(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())

    def slowly(handler: Any) -> None:
        time.sleep(0.01)
        answer()(handler)

    receiver.default = slowly
    ids: list[int] = []
    for _ in range(3):
        with running_worker(tmp_path) as process:
            before = len(receiver.received)
            ids += log_events(60)
            eventually(lambda before=before: len(receiver.received) > before + 10, "the middle of it")
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
    with running_worker(tmp_path):
        eventually(lambda: delivered() == 180, "all of them")
    assert set(ids_at(receiver)) == set(ids)
    names = {(got.event_id, got.delivery_id, got.headers["webhook-id"]) for got in receiver.received}
    assert len(names) == 180  # whatever came twice came under the same id
    assert Process.objects.filter(kind="worker").count() <= 4


def test_an_idle_worker_is_idle(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(receiver.url())
    with running_worker(tmp_path) as process:
        wait_for_worker()
        log_events(1)
        eventually(lambda: delivered() == 1, "the delivery")
        worker = psutil.Process(process.pid)
        time.sleep(0.5)
        before = worker.cpu_times()
        time.sleep(2)
        after = worker.cpu_times()
    assert (after.user + after.system) - (before.user + before.system) < 0.4
    assert not Process.objects.filter(kind="worker").exists()  # it has said goodbye


def test_environment_webhooks_follow_the_environment(receiver: Receiver, tmp_path: Path) -> None:
    mine = build_webhook(receiver.url("/mine"))
    with running_worker(tmp_path, WEBHOOK_URLS=receiver.url("/env"), WEBHOOK_SECRET="hush-hush-hush"):
        wait_for_worker()
        made = eventually(lambda: Webhook.objects.filter(source="environment").first(), "the webhook")
        log_events(1)
        eventually(lambda: receiver.at("/env"), "its delivery")
        assert receiver.at("/env")[0].headers["X-Hub-Signature"].startswith("sha256=")
    with running_worker(tmp_path, WEBHOOK_URLS=""):
        eventually(lambda: not Webhook.objects.filter(pk=made.pk).exists(), "its end")
    assert Webhook.objects.get() == mine


def contents_of_database() -> bytes:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            tables = connection.introspection.table_names(cursor)
            cursor.execute(" UNION ALL ".join(f"SELECT t::text FROM {table} t" for table in tables))
            return "\n".join(row for (row,) in cursor.fetchall()).encode()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    name = Path(connection.settings_dict["NAME"])
    files = [str(path) for path in name.parent.glob(name.name + "*") if path.is_file()]
    # By another process: one that closes these files loses all its locks on them, and SQLite's go with them.
    return subprocess.run(["cat", *files], capture_output=True, check=True).stdout


def test_no_secret_is_in_the_files_of_the_database_or_the_log(receiver: Receiver, tmp_path: Path) -> None:
    build_webhook(
        receiver.url("/?token=my-token"),
        secret="whsec_c2VjcmV0LXNlY3JldA==",
        headers={"Authorization": "Bearer my-other"},
    )
    with running_worker(tmp_path, LOG_LEVEL="debug"):
        wait_for_worker()
        log_events(1)
        eventually(lambda: delivered() == 1, "the delivery")
    assert receiver.received[0].headers["Authorization"] == "Bearer my-other"
    written = contents_of_database()
    assert receiver.url("/?token=my-token").encode() in written  # so it is the right file
    assert b"my-token" not in (tmp_path / "worker.log").read_bytes()
    for secret in (b"c2VjcmV0LXNlY3JldA", b"my-other", b"secret-secret"):
        assert secret not in written
        assert secret not in (tmp_path / "worker.log").read_bytes()
    key = settings.DATA_DIR / "encryption.key"
    assert key.stat().st_mode & 0o077 == 0
