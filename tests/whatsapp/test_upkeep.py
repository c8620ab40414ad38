"""What the worker does by the clock."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.builders import (
    ALICE,
    BOB,
    CHARLIE_LID,
    FAMILY,
    NOON,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_delivery,
    build_event,
    build_group,
    build_inbox_event,
    build_media,
    build_presence_change,
    build_process,
    build_webhook,
)
from tests.tools import about_sqlite
from whatsapp import events, followers, outbox, preferences, processes, tasks, upkeep
from whatsapp.ingest import codes
from whatsapp.models import (
    Account,
    Action,
    Call,
    Chat,
    Contact,
    Delivery,
    DeliveryAttempt,
    Event,
    Group,
    InboxEvent,
    Media,
    PresenceChange,
    Webhook,
)

pytestmark = pytest.mark.django_db

DAY = 86_400


def test_old_presence_is_forgotten_and_newer_kept() -> None:
    now = int(time.time())
    build_presence_change(at=now - 91 * DAY)
    kept = build_presence_change(at=now - 89 * DAY)
    handled = InboxEvent.State.HANDLED
    build_inbox_event(code=codes.PRESENCE, state=handled, received_at=(now - 91 * DAY) * 1000)
    build_inbox_event(code=codes.RECEIPT, state=handled, received_at=(now - 91 * DAY) * 1000)

    upkeep.forget_old_presence(90)

    assert list(PresenceChange.objects.all()) == [kept]
    assert [event.code for event in InboxEvent.objects.all()] == [codes.RECEIPT]


def test_old_events_are_forgotten_and_newer_keep_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 2)
    now = int(time.time())
    for _ in range(5):
        build_event(logged_at=(now - 31 * DAY) * 1000)
    kept = build_event(logged_at=(now - 29 * DAY) * 1000)

    assert upkeep.forget_old_events(Account.default(), 30) == 5

    assert list(Event.objects.all()) == [kept]
    assert build_event().pk == kept.pk + 1


def test_the_hourly_work_follows_the_settings() -> None:
    now = int(time.time())
    build_event(logged_at=(now - 31 * DAY) * 1000)
    build_presence_change(at=now - 31 * DAY)
    old = build_finished_action(now - 31 * DAY)
    tasks.hourly.call_local()
    assert (Event.objects.count(), PresenceChange.objects.count()) == (1, 1)
    assert Action.objects.filter(pk=old.pk).exists()
    preferences.change({"eventRetentionDays": 30, "presenceRetentionDays": 30, "actionRetentionDays": 30})
    tasks.hourly.call_local()
    assert list(Event.objects.values_list("event_type", flat=True)) == [events.SETTINGS_UPDATED]
    assert not PresenceChange.objects.exists()
    assert not Action.objects.exists()


# What followers need


def old_events(days: float, count: int) -> list[int]:
    logged_at = int((time.time() - days * DAY) * 1000)
    return [build_event(logged_at=logged_at).pk for _ in range(count)]


def kept_events() -> list[int]:
    return list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_an_event_that_a_listener_has_not_got_is_kept_for_ever_when_events_are() -> None:
    keys = old_events(40, 5)
    build_process(cursor=keys[1], listeners=1)
    assert upkeep.forget_old_events(Account.default(), 30) == 2
    assert kept_events() == keys[2:]


def test_an_event_that_a_listener_has_not_got_goes_when_its_time_is_over() -> None:
    preferences.change({"eventRetentionDays": 35})
    ancient, old, young = old_events(40, 3), old_events(33, 3), old_events(20, 1)
    build_process(cursor=ancient[0], listeners=1)
    assert upkeep.forget_old_events(Account.default(), 30) == 3
    assert set(kept_events()).isdisjoint(ancient)
    assert set(kept_events()).issuperset([*old, *young])


def test_what_webhooks_have_not_got_is_needed() -> None:
    account = Account.default()
    assert followers.needed_from(account) is None
    keys = old_events(40, 5)
    webhook = build_webhook()
    assert followers.needed_from(account) == keys[4] + 1
    build_delivery(webhook, Event.objects.get(pk=keys[3]))
    assert followers.needed_from(account) == keys[3]
    build_delivery(webhook, Event.objects.get(pk=keys[2]), place=None, aside_at=5)
    assert followers.needed_from(account) == keys[2]
    build_webhook(cursor=keys[0], paused_at=NOON)
    assert followers.needed_from(account) == keys[1]
    assert upkeep.forget_old_events(account, 30) == 1
    assert kept_events() == keys[1:]
    Webhook.objects.update(is_active=False)
    assert followers.needed_from(account) is None


def test_old_deliveries_are_forgotten_once_they_have_ended() -> None:
    webhook, long_ago = build_webhook(), timezone.now() - timedelta(days=40)
    old, given_up, waiting, new = [build_delivery(webhook, build_event()) for _ in range(4)]
    DeliveryAttempt.objects.create(delivery=old, number=1, at=1, duration_ms=1)
    for delivery, status in ((old, "delivered"), (given_up, "exhausted"), (waiting, "failed")):
        Delivery.objects.filter(pk=delivery.pk).update(status=status, updated_at=long_ago)
    Delivery.objects.filter(pk=new.pk).update(status="delivered")
    assert upkeep.forget_old_deliveries(30) == 2
    assert list(Delivery.objects.order_by("pk")) == [waiting, new]
    assert not DeliveryAttempt.objects.exists()


def test_the_slowest_of_those_who_live_counts() -> None:
    keys = old_events(40, 6)
    now = int(time.time())
    build_process(cursor=keys[4], listeners=1)
    build_process(cursor=keys[3], listeners=2)
    build_process(cursor=keys[0], listeners=1, seen_at=now - 60)  # died
    build_process()  # nobody listens to it
    upkeep.forget_old_events(Account.default(), 30)
    assert kept_events() == keys[4:]


def test_a_listener_who_comes_while_events_are_deleted_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 2)
    keys = old_events(40, 8)
    monkeypatch.setattr(
        upkeep.time, "sleep", lambda seconds: processes.beat("web", listeners=1, cursor=keys[3])
    )
    assert upkeep.forget_old_events(Account.default(), 30) == 4
    assert kept_events() == keys[4:]


def test_the_newest_event_always_stays_and_ids_go_on() -> None:
    keys = old_events(40, 3)
    assert upkeep.forget_old_events(Account.default(), 1) == 2
    assert kept_events() == keys[2:]
    assert build_event().pk == keys[2] + 1


# Acts


def build_finished_action(at: int, status: str = "sent", **fields: Any) -> Action:
    return build_action(status=status, finished_at=datetime.fromtimestamp(at, UTC), **fields)


def test_acts_that_were_finished_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 2)
    now = int(time.time())
    for status in ("sent", "failed", "cancelled", "read", "done"):
        build_finished_action(now - 31 * DAY, status)
    young = build_finished_action(now - 29 * DAY)
    assert upkeep.forget_old_acts(30) == 5
    assert list(Action.objects.all()) == [young]


def test_an_act_that_is_not_finished_is_never_forgotten() -> None:
    waiting = [
        build_action(status="queued"),
        build_finished_action(int(time.time()) - 99 * DAY, "sending"),
        build_finished_action(int(time.time()) - 99 * DAY, "queued"),
    ]
    Action.objects.update(created_at=timezone.now() - timedelta(days=99))
    assert upkeep.forget_old_acts(1) == 0
    assert list(Action.objects.order_by("pk")) == waiting


def test_with_an_act_goes_the_file_that_it_left_behind() -> None:
    draft = outbox.Draft()
    draft.write(b"x")
    draft.close()
    payload = {"file": {"name": draft.name}}
    build_finished_action(int(time.time()) - 31 * DAY, "failed", kind="send_image", payload=payload)
    assert upkeep.forget_old_acts(30) == 1
    assert not outbox.folder_of(draft.name).exists()


# Files and pictures that are tried again


def build_failed_media(error: str = "timeout", *, is_gone: bool | None = None, **fields: Any) -> Media:
    described = {"attempts": Media.MOST_ATTEMPTS, "next_attempt_at": NOON, **fields}
    return build_media(None, download_status="failed", download_error=error, is_gone=is_gone, **described)


def pending() -> set[int]:
    return set(Media.objects.filter(download_status="pending").values_list("pk", flat=True))


def test_a_failed_download_is_due_again_when_its_time_comes_and_not_before() -> None:
    due = build_failed_media(next_attempt_at=NOON)
    build_failed_media(next_attempt_at=NOON + 1)
    assert upkeep.retry_media(now=NOON, most=10) == 1
    assert pending() == {due.pk}
    due.refresh_from_db()
    assert (due.download_error, due.attempts) == (None, Media.MOST_ATTEMPTS)


def test_each_failure_waits_longer_until_the_last() -> None:
    media = build_failed_media()
    now, waits = time.time(), []
    for attempts in range(Media.MOST_ATTEMPTS, Media.LAST_ATTEMPT):
        media.attempts = attempts
        media.failed("timeout")
        waits.append(round((media.next_attempt_at - now) / 3600))
    assert waits == [6, 24, 72, 168, 336]
    Media.objects.filter(pk=media.pk).update(attempts=Media.LAST_ATTEMPT, next_attempt_at=0)
    assert upkeep.retry_media(now=int(now), most=10) == 0
    assert upkeep.retry_media() == 1  # who asks by hand begins anew
    media.refresh_from_db()
    assert (media.download_status, media.attempts) == ("pending", 0)


def test_what_is_gone_for_good_or_was_not_wanted_is_not_tried_again() -> None:
    build_failed_media("status code 410", is_gone=True, next_attempt_at=0)
    build_media(None, download_status="skipped")
    assert (upkeep.retry_media(now=NOON, most=10), upkeep.retry_media()) == (0, 0)


def test_a_run_takes_a_portion_and_the_next_one_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ROWS_AT_ONCE", 2)
    for number in range(5):
        build_failed_media(next_attempt_at=number)
    assert upkeep.retry_media(now=NOON, most=3) == 3
    assert list(Media.objects.filter(download_status="failed").values_list("next_attempt_at", flat=True)) == [
        3,
        4,
    ]
    assert upkeep.retry_media(now=NOON, most=3) == 2


def test_the_hourly_work_takes_a_hundred_files_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "DOWNLOADS_AT_ONCE", 2)
    for _ in range(3):
        build_failed_media()
    tasks.hourly.call_local()
    assert len(pending()) == 2


def test_new_files_go_before_those_that_are_tried_again() -> None:
    again = build_failed_media()
    upkeep.retry_media()
    new = build_media(None)
    now = int(time.time())
    assert [media.pk for media in Media.objects.due(now)] == [new.pk, again.pk]


def test_pictures_in_use_are_asked_for_again_a_day_after() -> None:
    now = int(time.time())
    shown = {"profile_pic_id": "1", "profile_pic_url": "https://pps.whatsapp.net/1"}
    build_contact(ALICE, profile_asked_at=now - 2 * DAY, **shown)
    build_contact(BOB, profile_asked_at=now - DAY // 2, **shown)
    build_contact(CHARLIE_LID, profile_asked_at=now - 2 * DAY)
    build_contact("15550177@s.whatsapp.net", profile_asked_at=now - 2 * DAY, **shown)
    build_group(FAMILY, picture_asked_at=now - 2 * DAY, **shown)
    for jid in (ALICE, BOB, CHARLIE_LID, FAMILY):
        build_chat(jid, last_message_ts=now - 100)
    build_chat("15550177@s.whatsapp.net", last_message_ts=now - 60 * DAY)  # not in use

    tasks.daily.call_local()

    due = Contact.objects.filter(profile_asked_at=None).values_list("jid", flat=True)
    assert list(due) == [ALICE]
    assert Group.objects.get(jid=FAMILY).picture_asked_at is None
    assert upkeep.refresh_pictures() == 0


def test_pictures_are_asked_for_in_portions_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PICTURES_AT_ONCE", 2)
    now = int(time.time())
    for number in range(5):
        jid = f"1555010{number}@s.whatsapp.net"
        build_chat(jid, last_message_ts=now)
        build_contact(jid, profile_pic_id="1", profile_asked_at=now - (2 + number) * DAY)
    assert upkeep.refresh_pictures() == 2
    due = Contact.objects.filter(profile_asked_at=None).order_by("jid").values_list("jid", flat=True)
    assert list(due) == ["15550103@s.whatsapp.net", "15550104@s.whatsapp.net"]
    assert [upkeep.refresh_pictures() for _ in range(3)] == [2, 1, 0]


# What time itself changes


def test_a_call_that_was_never_heard_of_again_is_missed() -> None:
    now = int(time.time())
    old = build_call(call_id="OLD", status="ringing", offered_at=now - 300)
    new = build_call(call_id="NEW", status="ringing", offered_at=now - 5)

    assert upkeep.end_silent_calls() == 1

    assert Call.objects.get(pk=old.pk).status == "missed"
    assert Call.objects.get(pk=new.pk).status == "ringing"


def test_files_that_no_act_will_send_are_removed_after_an_hour() -> None:
    names = {}
    for name in ("new", "waiting", "forgotten"):
        draft = outbox.Draft()
        draft.write(b"x")
        draft.close()
        names[name] = draft.name
    for name in ("waiting", "forgotten"):
        os.utime(outbox.folder_of(names[name]), (0, 0))
    build_action("send_image", payload={"file": {"name": names["waiting"]}})
    build_action("send_image", status="failed", payload={"file": {"name": names["forgotten"]}})

    assert upkeep.remove_unsent() == 1

    assert not outbox.folder_of(names["forgotten"]).exists()
    for name in ("new", "waiting"):
        assert outbox.folder_of(names[name]).exists()
        outbox.remove(names[name])


def test_a_mute_ends() -> None:
    now = int(time.time())
    build_chat("1@s.whatsapp.net", is_muted=True, mute_expiry=now - 1)
    build_chat("2@s.whatsapp.net", is_muted=True, mute_expiry=now + 100)
    build_chat("3@s.whatsapp.net", is_muted=True, mute_expiry=None)

    upkeep.end_mutes()

    muted = Chat.objects.filter(is_muted=True).order_by("jid").values_list("jid", flat=True)
    assert list(muted) == ["2@s.whatsapp.net", "3@s.whatsapp.net"]


def test_questions_that_nobody_waits_for_any_more_are_forgotten() -> None:
    old, new, act = build_action("get_invite_code"), build_action("get_invite_code"), build_action()
    long_ago = timezone.now() - timedelta(hours=2)
    Action.objects.filter(pk__in=[old.pk, act.pk]).update(created_at=long_ago)
    assert upkeep.forget_old_questions() == 1
    assert set(Action.objects.values_list("pk", flat=True)) == {new.pk, act.pk}


# However many rows there are


def build_muted_chats(count: int) -> None:
    for _ in range(count):
        build_chat(f"{Chat.objects.count()}@s.whatsapp.net", is_muted=True, mute_expiry=NOON)


def build_silent_calls(count: int) -> None:
    for _ in range(count):
        build_call(status="ringing", offered_at=NOON)


def build_failed_files(count: int) -> None:
    for _ in range(count):
        build_failed_media()


def build_old_presence(count: int) -> None:
    for _ in range(count):
        build_presence_change(at=NOON - PresenceChange.objects.count())
        build_inbox_event(code=codes.PRESENCE, state=InboxEvent.State.HANDLED)


def build_old_acts(count: int) -> None:
    for _ in range(count):
        build_finished_action(NOON)


@pytest.mark.parametrize(
    ("build", "change"),
    [
        (build_muted_chats, upkeep.end_mutes),
        (build_silent_calls, upkeep.end_silent_calls),
        (build_failed_files, upkeep.retry_media),
        (build_failed_files, lambda: Media.retry_all(Media.objects.values_list("account_id", "pk"))),
        (build_old_presence, lambda: upkeep.forget_old_presence(1)),
        (build_old_acts, lambda: upkeep.forget_old_acts(1)),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    build: Callable[[int], None], change: Callable[[], int]
) -> None:
    def queries(count: int) -> int:
        build(count)
        with CaptureQueriesContext(connection) as context:
            assert change() >= count
        return len(context)

    assert queries(20) == queries(2)


# How SQLite finds it


@about_sqlite
def test_what_is_due_is_found_by_an_index_without_sorting() -> None:
    build_failed_media(next_attempt_at=0)
    build_finished_action(int(time.time()) - 31 * DAY)
    old_events(40, 2)
    with CaptureQueriesContext(connection) as queries:
        upkeep.retry_media(now=int(time.time()), most=1)
        upkeep.forget_old_acts(30)
        upkeep.forget_old_events(Account.default(), 30)
    plans = {query["sql"]: plan_of(query["sql"]) for query in queries if query["sql"].startswith("SELECT")}
    for index in ("media_failed_for_now", "action_finished", "event_logged"):
        assert any(index in plan for plan in plans.values()), index
    sorted_ = [sql for sql, plan in plans.items() if "TEMP B-TREE" in plan]
    assert [sql for sql in sorted_ if "whatsapp_process" not in sql] == []  # which has a handful of rows


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
        return "\n".join(str(row[3]) for row in cursor.fetchall())
