"""The overview: whether the hub is well, what it holds, what happens."""

import shutil
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from huey.contrib.djhuey import HUEY

from tests.builders import (
    ALICE,
    BOB,
    build_account,
    build_action,
    build_call,
    build_contact,
    build_event,
    build_group,
    build_history_sync,
    build_inbox_event,
    build_media,
    build_message,
    build_process,
    build_story,
    build_webhook,
)
from tests.dashboard.conftest import htmx, signed_in, text_of
from whatsapp import events
from whatsapp.models import Account, Connection, InboxEvent, Message, Process
from whatsapp.redis_server import Unreachable

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_spool")]

DAY = 86_400
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def well(owner: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The owner's browser at a hub with which all is well: linked, connected, all processes running."""
    now = int(time.time())
    Account.objects.update(device="15550199:3@s.whatsapp.net")
    Connection.objects.update(heartbeat_at=now, since=now - 60)
    build_process("worker")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(100 << 30, 60 << 30, 40 << 30))
    return owner


def part(browser: Client, name: str) -> str:
    """What a person reads of one part of the page."""
    response = browser.get("/", headers=htmx(name))
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    return text_of(response)


# Health


def test_a_hub_with_which_all_is_well_says_so(well: Client) -> None:
    text = part(well, "health")
    assert "All is well" in text
    assert "Connected" in text
    assert "attention" not in text
    for sentence in (
        "All processes are running.",
        "Nothing waits.",
        "There are no webhooks yet.",
        "There is enough room.",
    ):
        assert f"All is well. {sentence}" in text


def test_a_connection_that_is_down_is_told_with_its_reason_and_the_next_try(well: Client) -> None:
    now = int(time.time())
    Connection.objects.update(
        status="disconnected", reason="WhatsApp can't be reached.", since=now - 90, retry_at=now + 3600
    )
    text = part(well, "health")
    assert "1 thing needs your attention" in text
    assert "WhatsApp is not connected." in text
    assert "Reason WhatsApp can't be reached." in text
    assert "Since" in text
    assert "Next try" in text
    assert "The hub tries again by itself." in text


def test_a_connection_that_stays_down_has_to_be_restarted(well: Client) -> None:
    Connection.objects.update(status="disconnected", reason="Another session took over.", retry_at=None)
    text = part(well, "health")
    assert "does not try again by itself: restart the connection" in text
    assert "Next try" not in text


def test_a_try_that_is_over_is_not_announced(well: Client) -> None:
    Connection.objects.update(status="disconnected", retry_at=int(time.time()) - 5)
    assert "Next try" not in part(well, "health")


@pytest.mark.parametrize(
    ("kind", "lost"), [("session", "Nothing is sent or received"), ("worker", "No webhook is delivered")]
)
def test_a_process_without_a_sign_of_life_is_told_with_what_it_means(
    well: Client, kind: str, lost: str
) -> None:
    if kind == "session":
        Connection.objects.update(heartbeat_at=int(time.time()) - 60)
    else:
        Process.objects.update(seen_at=int(time.time()) - 60)
    text = part(well, "health")
    assert f"The {kind} process gives no sign of life. {lost}." in text
    assert "(seen 1 min ago )" in text
    assert ("Last known: Connected" in text) is (kind == "session")


@pytest.mark.parametrize(
    ("redis_url", "sentence"),
    [("", "The worker's queue can't be read."), ("redis://127.0.0.1:9/0", "Redis can't be reached.")],
)
def test_a_queue_that_can_not_be_reached_is_told(
    well: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, redis_url: str, sentence: str
) -> None:
    def is_away() -> None:
        raise Unreachable("refused")

    settings.REDIS_URL = redis_url
    monkeypatch.setattr(HUEY.storage, "queue_size", is_away)
    text = part(well, "health")
    assert sentence in text
    assert "No webhook is delivered" in text


def test_paused_and_failing_webhooks_are_named_and_linked(well: Client) -> None:
    paused = build_webhook("https://dead.example/secret-path", paused_at=1, pause_reason="502 for 24 hours.")
    failing = build_webhook("https://slow.example/", failures=4)
    build_webhook("https://off.example/", is_active=False, failures=9)
    response = well.get("/", headers=htmx("health"))
    text, page = text_of(response), response.content.decode()
    assert "The webhook for dead.example is paused. 502 for 24 hours." in text
    assert "The webhook for slow.example has failed 4 times in a row." in text
    assert f'href="/webhooks/{paused.pk}"' in page
    assert f'href="/webhooks/{failing.pk}"' in page
    assert "off.example" not in text
    assert "secret-path" not in page
    assert text.index("dead.example") < text.index("slow.example")  # the worse first


def test_webhooks_that_work_are_well(well: Client) -> None:
    build_webhook()
    assert "All is well. All webhooks are delivered. Active 1" in part(well, "health")


def test_what_waits_is_counted_and_no_trouble(well: Client) -> None:
    build_inbox_event()
    build_inbox_event(b"2")
    build_media(None)
    build_action(status="queued")
    build_history_sync(message_total=200, messages=50)
    build_history_sync()
    response = well.get("/", headers=htmx("health"))
    text = text_of(response)
    assert "All is well" in text
    assert "What waits is being worked on." in text
    assert "Inbox 2 events" in text
    assert "Importing 50 of 200 messages; 1 more part to come" in text
    assert "Downloads 1 file " in text
    assert "Actions 1 action " in text
    assert '<progress max="100" value="25"' in response.content.decode()


def test_an_inbox_that_is_far_behind_is_trouble(well: Client) -> None:
    account = Account.default()
    InboxEvent.objects.bulk_create(
        InboxEvent(account=account, code=1, data=b"", received_at=0) for _ in range(1002)
    )
    text = part(well, "health")
    assert "Inbox is far behind: 1,000+ events." in text


def test_listeners_and_webhooks_that_lag_are_told(well: Client) -> None:
    first = build_event()
    build_webhook(cursor=first.pk)
    build_process(listeners=1, cursor=first.pk)
    assert "Live listeners Up to date Webhooks Up to date" in part(well, "health")
    for _ in range(3):
        build_event()
    assert "Live listeners 3 events behind Webhooks 3 events behind" in part(well, "health")


def test_quarantined_events_are_counted_and_linked(well: Client) -> None:
    build_inbox_event(state=InboxEvent.State.QUARANTINED, error="KeyError")
    response = well.get("/", headers=htmx("health"))
    assert "1 event of WhatsApp's could not be taken in." in text_of(response)
    assert 'href="/events/quarantine"' in response.content.decode()


@pytest.mark.parametrize(("free", "is_low"), [(3 << 30, False), (1 << 30, True), (100 << 20, True)])
def test_a_disk_that_is_nearly_full_is_trouble(
    well: Client, monkeypatch: pytest.MonkeyPatch, free: int, is_low: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10 << 30, 0, free))
    assert ("The disk is nearly full" in part(well, "health")) is is_low


def test_files_in_a_bucket_are_on_no_disk(
    well: Client, request: pytest.FixtureRequest, settings: Any
) -> None:
    settings.MEDIA_DIR = Path("/dev/shm")  # another disk than that of the data
    assert "Free for files" in part(well, "health")
    request.getfixturevalue("bucket")
    assert "Free for files" not in part(well, "health")
    assert "Free disk" in part(well, "health")


def test_the_sizes_of_database_and_files_come_without_looking_at_the_folder(
    well: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_media(b"x" * 2048)
    build_media(None, message=build_message("Later", message_type="image", has_media=True))
    cache.clear()
    monkeypatch.setattr("pathlib.Path.rglob", None)
    text = part(well, "health")
    assert text.endswith("Files 2.0 KB in 1 file")
    assert "Database" in text


# The first run


def test_a_new_hub_shows_three_steps(owner: Client) -> None:
    Account.objects.update(jid=None)
    Connection.objects.update(status="qr", heartbeat_at=int(time.time()))
    response = owner.get("/")
    text, page = text_of(response), response.content.decode()
    assert "Welcome to your hub" in text
    for title, path in (
        ("Link your phone", "/connection"),
        ("Open your messages", "/messages"),
        ("Wire up a program", "/docs"),
    ):
        assert title in text
        assert f'href="{path}"' in page
    assert "No phone is linked." in text
    assert "Link your phone, and its messages are counted here." in text
    assert "Nothing has happened yet" in text


def test_a_step_that_is_done_is_ticked_off(well: Client) -> None:
    build_webhook()
    text = part(well, "steps")
    assert "Your phone is linked" in text
    assert "Link your phone done" in text
    assert "Wire up a program done" in text
    assert "Open your messages done" not in text
    assert "Charts are drawn here as soon as the first messages come in." in part(well, "charts")


def test_the_steps_go_once_there_is_something_to_see(well: Client) -> None:
    build_message()
    assert part(well, "steps") == ""


# What is stored


def test_everything_is_counted(well: Client) -> None:
    build_message(chat=ALICE)
    build_message(chat=BOB)
    build_contact("15550177@s.whatsapp.net")
    build_group()
    build_media()
    build_call()
    build_story()
    text = part(well, "figures")
    assert text == "What is stored Messages 3 Chats 2 Contacts 3 Groups 1 Files 1 Calls 1 Stories 1"


def test_another_accounts_things_are_not_counted(well: Client) -> None:
    other = Account.objects.create(name="other")
    build_message()
    Message.objects.update(account=other)
    assert "Messages 0" in part(well, "figures")


def test_messages_are_drawn_by_day_type_chat_and_hour(well: Client) -> None:
    now = int(time.time())
    build_contact(ALICE, name="Alice")
    build_message(chat=ALICE, at=now - 2 * DAY)
    build_message(chat=ALICE, at=now)
    build_message(chat=BOB, at=now, message_type="image", has_media=True)
    build_message(chat=BOB, at=now - 60 * DAY)
    response = well.get("/", headers=htmx("charts"))
    page = response.content.decode()
    assert "Messages by day: 3 in all; the most, 2, " in page
    assert "Messages by type, 4 in all: Text 75 %, Images 25 %." in page
    assert f'href="/messages/{ALICE.replace("@", "%40")}"' in page
    assert "Alice 2" in text_of(response)
    assert "The newest 4 messages, in your time zone" in text_of(response)


def test_hours_are_those_of_the_readers_time_zone(well: Client) -> None:
    build_message(at=1_714_564_800)  # 12:00 in UTC
    assert "the most, 1, 12:00–12:59." in well.get("/").content.decode()
    well.cookies["hub_time_zone"] = "Asia/Kolkata"
    assert "the most, 1, 17:00–17:59." in well.get("/").content.decode()


def test_old_messages_alone_leave_the_newest_days_empty(well: Client) -> None:
    build_message()
    assert "There are no messages from the last 30 days." in part(well, "charts")


# Work


def fill(number: int) -> None:
    now = int(time.time())
    for index in range(number):
        jid = f"1666{index:07}@s.whatsapp.net"
        build_message(chat=jid, at=now - index * DAY, message_type=f"type_{index}")
        build_webhook(f"https://{index}.example", failures=1)
        build_process()
        record = {"id": jid, "remote_jid": jid, "from_jid": jid, "message_type": "text", "body": "Hi"}
        build_event(events.MESSAGES_UPSERT, {"key": {}, "record": record})


def test_the_number_of_queries_does_not_grow_with_the_rows(
    well: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    fill(1)

    def count() -> int:
        cache.clear()
        return count_queries(lambda: well.get("/"))

    few = count()
    fill(20)
    assert count() == few < 45


def test_a_part_asks_only_for_itself(well: Client, count_queries: Callable[[Callable[[], Any]], int]) -> None:
    fill(2)
    whole = count_queries(lambda: well.get("/"))
    for name in ("steps", "figures", "charts", "latest"):
        assert count_queries(lambda name=name: well.get("/", headers=htmx(name))) < whole / 2, name  # type: ignore[misc]


def test_counts_that_nothing_keeps_are_not_made_again_at_once(well: Client) -> None:
    well.get("/")
    with CaptureQueriesContext(connection) as queries:
        well.get("/", headers=htmx("figures"))
    assert not [query for query in queries if "COUNT(" in query["sql"]]


def test_the_page_needs_an_account_and_no_connection(db: None) -> None:
    build_account()
    Connection.objects.update(status="disconnected")
    assert signed_in().get("/").status_code == 200
