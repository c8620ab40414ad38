"""Figures for Prometheus: what is counted, what the database says, and that nothing private is in it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from prometheus_client.parser import text_string_to_metric_families

from tests.builders import (
    ALICE,
    build_account,
    build_action,
    build_event,
    build_inbox_event,
    build_media,
    build_process,
    build_webhook,
)
from tests.protobufs import build_message as message_bytes
from whatsapp import actions, gauges, metrics
from whatsapp.ingest import codes, inbox
from whatsapp.models import Account, Action, Connection, InboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_spool")]


class Figures:
    """What is exposed, by name and labels."""

    def __init__(self) -> None:
        self.text = metrics.exposition(gauges.State()).decode()
        self.samples = {
            (sample.name.removeprefix("whatsapp_hub_"), *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples.get((name, *sorted(labels.items())), 0.0)


@pytest.fixture
def grown() -> Iterator[Callable[..., float]]:
    """By how much a figure has grown since the test began."""
    before = Figures()
    return lambda name, **labels: Figures()(name, **labels) - before(name, **labels)


# Counts


def test_a_batch_is_counted_by_what_became_of_its_events(
    grown: Callable[..., float], transactional_db: None
) -> None:
    account = build_account()
    build_inbox_event(message_bytes("A", "Hello"), codes.MESSAGE)
    build_inbox_event(b"\xff", codes.RECEIPT)
    build_inbox_event(b"", 9999)
    inbox.drain(account)
    assert InboxEvent.objects.filter(state=InboxEvent.State.QUARANTINED).count() == 1
    assert grown("ingested_events_total", outcome="handled") == 1
    assert grown("ingested_events_total", outcome="waiting") == 1
    assert grown("ingested_events_total", outcome="quarantined") == 1
    assert grown("ingest_batch_seconds_count", result="failed") == 1  # then one by one
    assert grown("ingest_batch_seconds_count", result="done") == 2


def test_an_act_is_counted_when_it_has_ended(grown: Callable[..., float], transactional_db: None) -> None:
    act = actions.send_text(Account.default(), ALICE, "Hello")
    assert grown("acts_total", kind="send_text", status="sent") == 0
    actions.finish(act, Action.Status.SENT)
    assert grown("acts_total", kind="send_text", status="sent") == 1
    assert grown("act_seconds_count", kind="send_text") == 1
    assert 0 <= grown("act_seconds_sum", kind="send_text") < 5
    actions.cancel(actions.send_text(Account.default(), ALICE, "Never mind"))
    assert grown("acts_total", kind="send_text", status="cancelled") == 1


def test_an_act_whose_end_is_not_written_is_not_counted(
    grown: Callable[..., float], transactional_db: None
) -> None:
    act = actions.send_text(Account.default(), ALICE, "Hello")
    with transaction.atomic():
        actions.finish(act, Action.Status.SENT)
        transaction.set_rollback(True)
    assert grown("acts_total", kind="send_text", status="sent") == 0


def test_deliveries_and_streams_are_counted(grown: Callable[..., float]) -> None:
    metrics.note_delivery(True, 0.2)
    metrics.note_delivery(False, 10.0)
    metrics.note_delivery(True, 0.3)
    metrics.note_stream_messages(7)
    assert grown("deliveries_total", result="delivered") == 2
    assert grown("deliveries_total", result="failed") == 1
    assert grown("delivery_seconds_sum", result="delivered") == pytest.approx(0.5)
    assert grown("stream_messages_total") == 7


# Processes


def another_process(code: str) -> "subprocess.Popen[str]":
    """Runs `code` with the settings of this one, until its input is closed."""
    setup = "import django; django.setup()\nfrom whatsapp import actions, metrics, upkeep\n"
    return subprocess.Popen(
        [sys.executable, "-c", f"{setup}{code}\nprint('ready', flush=True)\ninput()"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_in_another_process(code: str) -> None:
    process = another_process(code)
    said, _ = process.communicate("\n")
    assert said == "ready\n"


def files() -> set[str]:
    return {path.name for path in metrics.FOLDER.glob("*.db")}


def test_all_processes_add_up_and_those_that_end_leave_their_sums_to_the_next(
    grown: Callable[..., float],
) -> None:
    metrics.note_stream_messages(1)
    run_in_another_process("metrics.note_stream_messages(10)")
    after_one = files()
    run_in_another_process("metrics.note_stream_messages(100)")
    run_in_another_process("metrics.note_stream_messages(1000)")
    assert grown("stream_messages_total") == 1111
    assert files() == after_one


def test_a_process_that_counts_nothing_leaves_no_file() -> None:
    before = files()
    run_in_another_process("")
    assert files() == before


def test_processes_that_run_at_once_count_in_files_of_their_own(grown: Callable[..., float]) -> None:
    both = [another_process("metrics.note_stream_messages(1)") for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    assert grown("stream_messages_total") == 2
    for one in both:
        one.kill()
        one.communicate()
    assert grown("stream_messages_total") == 2  # also when they were killed


# The state


def test_the_state_of_the_hub_is_told() -> None:
    now = int(time.time())
    account = build_account("connected")
    Connection.objects.filter(account=account).update(heartbeat_at=now)
    Connection.objects.create(account=Account.objects.create(name="second"), status="qr")
    for state, events in ((0, 3), (3, 2), (1, 5)):
        for _ in range(events):
            build_inbox_event(state=state)
    for status, acts in (("queued", 2), ("sending", 1), ("sent", 4)):
        for _ in range(acts):
            build_action(status=status)
    build_media(None)
    build_media(b"here")
    keys = [build_event().pk for _ in range(5)]
    build_process("web", cursor=keys[1], listeners=1)
    build_process("web", seen_at=now - 60)
    build_process("worker")

    figures = Figures()

    assert figures("connection_up", account="default") == 1
    assert figures("connection_up", account="second") == 0
    assert figures("inbox_events", state="pending") == 3
    assert figures("inbox_events", state="quarantined") == 2
    assert figures("acts_open", status="queued") == 2
    assert figures("acts_open", status="sending") == 1
    assert figures("media_pending") == 1
    assert figures("log_newest_id") == keys[4]
    assert figures("follower_lag_events", follower="streams") == 3
    assert [figures("processes_alive", kind=kind) for kind in ("web", "session", "worker")] == [1, 1, 1]
    assert figures("database_bytes") > 100_000
    assert figures("info", version=settings.VERSION) == 1


def test_a_process_that_has_died_is_not_told_of_any_more() -> None:
    build_process("worker", seen_at=int(time.time()) - 60)
    assert Figures()("processes_alive", kind="worker") == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_num_queries: Any) -> None:
    build_account("connected")
    for _ in range(20):
        build_inbox_event()
        build_action()
        build_media(None)
        build_process(cursor=build_event().pk)
        build_webhook()
    with django_assert_num_queries(8 if connection.vendor == "sqlite" else 9):  # how large it is
        Figures()


def test_every_figure_is_explained_and_no_name_of_a_person_is_in_it(transactional_db: None) -> None:
    account = build_account("connected")
    act = actions.send_text(account, ALICE, "Very secret")
    actions.finish(act, Action.Status.SENT)
    build_inbox_event(message_bytes("A", "Very secret"), codes.MESSAGE)
    inbox.drain(account)
    text = Figures().text
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("whatsapp_hub_")
        assert family.documentation, family.name
    assert "15550" not in text
    assert "secret" not in text
    assert "@" not in text
