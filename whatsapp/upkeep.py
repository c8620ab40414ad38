"""What has to be done now and then to keep the hub's house in order."""

import logging
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from whatsapp import outbox
from whatsapp.actions import QUESTIONS
from whatsapp.ingest.codes import CHAT_PRESENCE, PRESENCE
from whatsapp.models import Account, Action, Call, Chat, Event, InboxEvent, PresenceChange

log = logging.getLogger(__name__)

RINGING_SECONDS = 120  # no phone rings longer
EVENTS_AT_ONCE = 500
PAUSE_SECONDS = 0.005  # longer than a waiting writer sleeps before it tries again
DRAFT_SECONDS = 3600  # older than that, an unfinished file belongs to no one
QUESTION_SECONDS = 3600  # nobody asks for an answer so late


def remove_drafts() -> int:
    """Deletes what interrupted downloads left below MEDIA_DIR. Returns how many files."""
    oldest = time.time() - DRAFT_SECONDS
    removed = 0
    for path in Path(settings.MEDIA_DIR).rglob(".*.part"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        log.info("Removed %d unfinished downloads", removed)
    return removed


def remove_unsent() -> int:
    """Deletes files of the outbox that no act will send: their request or process was cut off. Returns how
    many."""
    removed = outbox.remove_orphans(time.time() - DRAFT_SECONDS)
    if removed:
        log.info("Removed %d files from the outbox that nothing needs", removed)
    return removed


def forget_old_presence(days: int) -> int:
    """Deletes what is known of people's presence from more than `days` ago. Returns how many rows."""
    oldest = int((time.time() - days * 86_400) * 1000)
    PresenceChange.objects.older_than(oldest).delete()
    codes = (CHAT_PRESENCE, PRESENCE)
    state = InboxEvent.State.HANDLED
    deleted, _ = InboxEvent.objects.filter(state=state, code__in=codes, received_at__lt=oldest).delete()
    return deleted


def forget_old_events(account: Account, days: int) -> int:
    """Deletes what the event log of `account` has from more than `days` ago. Returns how many events.

    It goes in small transactions with a pause after each, so that nobody who writes has to wait for it.
    """
    oldest = int((time.time() - days * 86_400) * 1000)
    old = Event.objects.filter(account=account).logged_before(oldest)
    deleted = 0
    while keys := list(old.values_list("pk", flat=True)[:EVENTS_AT_ONCE]):
        deleted += Event.objects.filter(pk__in=keys).delete()[0]
        time.sleep(PAUSE_SECONDS)
    return deleted


def end_silent_calls() -> int:
    """Marks calls as missed that rang and were never heard of again: the hub was away. Returns how many."""
    longest = int(time.time()) - RINGING_SECONDS
    ringing = Call.objects.filter(status=Call.Status.RINGING, offered_at__lt=longest)
    return ringing.update(status=Call.Status.MISSED)


def end_mutes() -> int:
    """Marks chats as heard again whose mute has come to its end. Returns how many."""
    muted = Chat.objects.filter(is_muted=True, mute_expiry__lt=int(time.time()))
    return muted.update(is_muted=False, mute_expiry=None)


def forget_old_questions() -> int:
    """Deletes questions to WhatsApp whose asker did not wait for the answer. Returns how many."""
    before = timezone.now() - timedelta(seconds=QUESTION_SECONDS)
    forgotten, _ = Action.objects.filter(kind__in=QUESTIONS, created_at__lt=before).delete()
    return forgotten


def optimize_database() -> None:
    """Lets SQLite refresh what its query planner knows of the tables."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
