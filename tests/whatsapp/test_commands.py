"""The commands of upkeep: what they take, and what they say."""

import os
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.builders import (
    ALICE,
    BOB,
    NOON,
    build_action,
    build_chat,
    build_contact,
    build_event,
    build_media,
    build_message,
    build_presence_change,
)
from whatsapp import preferences
from whatsapp.models import Action, Event, Media, PresenceChange

pytestmark = pytest.mark.django_db

DAY = 86_400


def run(*words: str) -> str:
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def build_old_rows() -> None:
    """An event, a change of presence and an act of 40 days ago, each; and an event of today."""
    then = int(time.time()) - 40 * DAY
    build_event(logged_at=then * 1000)
    build_event()
    build_presence_change(at=then)
    build_action(status="done", finished_at=datetime.fromtimestamp(then, UTC))


def counts() -> tuple[int, int, int]:
    return Event.objects.count(), PresenceChange.objects.count(), Action.objects.count()


def test_prune_follows_the_settings() -> None:
    build_old_rows()
    preferences.change({"eventRetentionDays": 30, "presenceRetentionDays": 30})
    assert run("prune").splitlines() == [
        "events: 1 deleted.",
        "presence: 1 deleted.",
        "actions: kept for ever (actionRetentionDays is 0).",
        "deliveries: 0 deleted.",
        "messages: 0 deleted, of chats that keep them for a while.",
    ]
    assert counts() == (2, 0, 1)  # two events: that of today, and that of the settings


def test_prune_does_what_its_options_name_and_nothing_else() -> None:
    build_old_rows()
    assert run("prune", "--actions", "30", "--events", "50").splitlines() == [
        "events: 0 deleted.",
        "actions: 1 deleted.",
    ]
    assert counts() == (2, 1, 0)


@pytest.mark.parametrize("days", ["0", "-1", "week", "1.5", "36501"])
@pytest.mark.parametrize("option", ["--events", "--presence", "--actions"])
def test_prune_names_the_option_that_is_wrong_and_deletes_nothing(option: str, days: str) -> None:
    build_old_rows()
    with pytest.raises(CommandError, match=f"^{option} is '{days}': it must be a number of days from 1 to"):
        call_command("prune", f"{option}={days}", "--events=1" if option != "--events" else "--presence=1")
    assert counts() == (2, 1, 1)


def test_retrymedia_takes_all_or_a_time_or_a_chat() -> None:
    def failed(chat: str, at: int) -> Media:
        message = build_message("Look", chat=chat, at=at, message_type="image", has_media=True)
        return build_media(None, message=message, download_status="failed", attempts=99)

    old, young, bobs = failed(ALICE, NOON - DAY), failed(ALICE, NOON), failed(BOB, NOON)
    assert run("retrymedia", "--since", "2024-05-01", "--chat", "15550100").startswith("1 files")
    assert Media.objects.get(pk=young.pk).download_status == "pending"
    assert run("retrymedia", "--chat", ALICE).startswith("1 files")
    assert Media.objects.get(pk=old.pk).download_status == "pending"
    assert run("retrymedia").startswith("1 files")
    assert Media.objects.get(pk=bobs.pk).download_status == "pending"


@pytest.mark.parametrize(("option", "value"), [("--since", "soon"), ("--chat", "Alice!")])
def test_retrymedia_names_the_option_that_is_wrong(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=f"^{option} is '{value}'"):
        call_command("retrymedia", f"{option}={value}")


def test_refreshpictures_takes_all_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whatsapp.upkeep.PICTURES_AT_ONCE", 2)
    now = int(time.time())
    for number in range(5):
        jid = f"1555010{number}@s.whatsapp.net"
        build_chat(jid, last_message_ts=now)
        build_contact(jid, profile_pic_id="1", profile_asked_at=now - 2 * DAY)
    assert run("refreshpictures").startswith("5 pictures")
    assert run("refreshpictures").startswith("0 pictures")


def test_orphans_says_what_it_found_and_what_it_did(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_DIR = tmp_path
    orphan, lost = build_media(b"x" * 1234), build_media(b"lost")
    path = tmp_path / str(orphan.file_path)
    (tmp_path / str(lost.file_path)).unlink()
    orphan.delete()
    settled = path.stat().st_mtime - 2 * DAY
    os.utime(path, (settled, settled))
    assert run("orphans").splitlines() == [
        "1 files that no row names found (1,234 bytes).",
        "1 rows without their file were found.",
    ]
    assert run("orphans", "--delete").splitlines() == [
        "1 files that no row names removed (1,234 bytes).",
        "1 rows without their file are fetched again.",
    ]
    assert not path.exists()
