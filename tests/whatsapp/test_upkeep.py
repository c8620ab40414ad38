"""What the worker does by the clock."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.builders import (
    build_action,
    build_call,
    build_chat,
    build_event,
    build_inbox_event,
    build_presence_change,
)
from whatsapp import events, outbox, preferences, tasks, upkeep
from whatsapp.ingest import codes
from whatsapp.models import Account, Action, Call, Chat, Event, InboxEvent, PresenceChange

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
    tasks.hourly.call_local()
    assert (Event.objects.count(), PresenceChange.objects.count()) == (1, 1)
    preferences.change({"eventRetentionDays": 30, "presenceRetentionDays": 30})
    tasks.hourly.call_local()
    assert list(Event.objects.values_list("event_type", flat=True)) == [events.SETTINGS_UPDATED]
    assert not PresenceChange.objects.exists()


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
