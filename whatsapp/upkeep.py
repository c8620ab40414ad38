"""What has to be done now and then to keep the hub's house in order."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.utils import timezone

from whatsapp import followers, outbox, preferences, storage
from whatsapp.actions import QUESTIONS
from whatsapp.changes import change_all, change_each, changes_of
from whatsapp.ingest.codes import CHAT_PRESENCE, PRESENCE
from whatsapp.models import (
    Account,
    Action,
    Call,
    Chat,
    Contact,
    Event,
    Group,
    InboxEvent,
    Media,
    PresenceChange,
)
from whatsapp.models.message import KEY_BITS
from whatsapp.webhooks import subscriptions

log = logging.getLogger(__name__)

DAY = 86_400  # seconds
MOST_DAYS = 36_500
PICTURE_DAYS = 1  # a picture's address is good for about three
CHATS_IN_USE = 500  # the newest
DAYS_IN_USE = 30  # and with a message so lately
PICTURES_AT_ONCE = 100  # people, and groups, in one run
DOWNLOADS_AT_ONCE = 100  # files in one run
RINGING_SECONDS = 120  # no phone rings longer
ROWS_AT_ONCE = 500
PAUSE_SECONDS = 0.005  # longer than a waiting writer sleeps before it tries again
DRAFT_SECONDS = 3600  # older than that, an unfinished file belongs to no one
QUESTION_SECONDS = 3600  # nobody asks for an answer so late


def remove_drafts() -> int:
    """Deletes what writing has left unfinished where files are stored. Returns how many."""
    oldest = time.time() - DRAFT_SECONDS
    removed = 0
    for store in (storage.media(), storage.outbox()):
        try:
            removed += store.remove_drafts(oldest)
        except OSError as error:
            log.warning("Unfinished files can't be removed: %s", error)
    if removed:
        log.info("Removed %d unfinished files", removed)
    return removed


def remove_unsent() -> int:
    """Deletes files of the outbox that no act will send: their request or process was cut off. Returns how
    many."""
    try:
        removed = outbox.remove_orphans(time.time() - DRAFT_SECONDS)
    except OSError as error:
        log.warning("The outbox can't be looked through: %s", error)
        return 0
    if removed:
        log.info("Removed %d files from the outbox that nothing needs", removed)
    return removed


# Forgetting by age. It goes in small transactions with a pause after each, so that nobody who writes has to
# wait for it.


def in_portions(portion: Callable[[], int]) -> int:
    """Calls `portion`, which deletes some rows and returns how many, until there are none. Returns how many
    there were."""
    deleted = 0
    while some := portion():
        deleted += some
        time.sleep(PAUSE_SECONDS)
    return deleted


def forget_old_presence(days: int) -> int:
    """Deletes what is known of people's presence from more than `days` ago, and the events of WhatsApp's that
    told it. Returns how many rows."""
    oldest = int((time.time() - days * DAY) * 1000)
    old = PresenceChange.objects.older_than(oldest).order_by("changed_at")

    def changes() -> int:
        rows = list(old.values_list("account_id", "pk")[:ROWS_AT_ONCE])
        return change_each(rows, lambda keys: PresenceChange.objects.filter(pk__in=keys).delete()[0])

    def told_by(code: int) -> int:
        told = InboxEvent.objects.filter(state=InboxEvent.State.HANDLED, code=code).order_by("id")
        rows = told.values_list("account_id", "pk", "received_at")[:ROWS_AT_ONCE]
        old_rows = [(owner, key) for owner, key, received_at in rows if received_at < oldest]
        # Some may have been put back in line meanwhile.
        return change_each(old_rows, lambda keys: told.order_by().filter(pk__in=keys).delete()[0])

    return in_portions(changes) + sum(
        in_portions(partial(told_by, code)) for code in (PRESENCE, CHAT_PRESENCE)
    )


def forget_old_events(account: Account, days: int) -> int:
    """Deletes what the event log of `account` has from more than `days` ago. Returns how many events.

    What a follower has not got yet stays as long as the settings keep events, and the newest event of the log
    for ever: ids go on from it, and it tells a follower that comes back whether they missed anything.
    """
    now = time.time()
    kept_days = preferences.get("eventRetentionDays")
    oldest = int((now - days * DAY) * 1000)
    oldest_kept = int((now - kept_days * DAY) * 1000) if kept_days else 0
    log_of_account = Event.objects.filter(account=account, pk__lt=Event.objects.newest_id())

    def portion() -> int:
        old = log_of_account.logged_before(min(oldest, oldest_kept))
        keys = list(old.values_list("pk", flat=True)[:ROWS_AT_ONCE])
        if not keys:
            needed = followers.needed_from(account)  # anew each time: another may have come
            old = log_of_account.logged_before(oldest)
            unneeded = old if needed is None else old.filter(pk__lt=needed)
            keys = list(unneeded.values_list("pk", flat=True)[:ROWS_AT_ONCE])
        return Event.objects.filter(pk__in=keys).delete()[0]

    return in_portions(portion)


def forget_old_events_of_all(days: int) -> int:
    return sum(forget_old_events(account, days) for account in Account.objects.all())


def forget_old_acts(days: int) -> int:
    """Deletes acts that were finished more than `days` ago, and the files that they left in the outbox. With
    an act goes its Idempotency-Key. Returns how many acts."""
    finished = Action.objects.finished_before(timezone.now() - timedelta(days=days))

    def portion() -> int:
        forgotten: list[dict[str, Any]] = []  # the payloads

        def forget(keys: list[int]) -> int:
            rows = dict(finished.order_by().filter(pk__in=keys).values_list("pk", "payload"))
            forgotten.extend(rows.values())
            return Action.objects.filter(pk__in=rows.keys()).delete()[0]

        deleted = change_each(list(finished.values_list("account_id", "pk")[:ROWS_AT_ONCE]), forget)
        for payload in forgotten:
            if (name := outbox.name_in(payload)) is not None:
                outbox.remove(name)
        return deleted

    return in_portions(portion)


def forget_old_deliveries(days: int) -> int:
    """Deletes deliveries to webhooks that were made or given up more than `days` ago. Returns how many."""
    return subscriptions.forget_deliveries(int((time.time() - days * DAY) * 1000))


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for so many days as the setting says (0: for ever); `forget` deletes what is older and
    returns how many rows."""

    name: str
    setting: str
    forget: Callable[[int], int]


KEPT = (
    Kept("events", "eventRetentionDays", forget_old_events_of_all),
    Kept("presence", "presenceRetentionDays", forget_old_presence),
    Kept("actions", "actionRetentionDays", forget_old_acts),
    Kept("deliveries", "deliveryRetentionDays", forget_old_deliveries),
)


def prune() -> dict[str, int]:
    """Deletes what is older than the settings keep it. Returns name → how many rows, of what they limit."""
    return {kept.name: kept.forget(days) for kept in KEPT if (days := preferences.get(kept.setting))}


# What time itself changes


def end_silent_calls() -> int:
    """Marks calls as missed that rang and were never heard of again: the hub was away. Returns how many."""
    longest = int(time.time()) - RINGING_SECONDS
    ringing = Call.objects.filter(status=Call.Status.RINGING, offered_at__lt=longest)
    return change_all(ringing, lambda rows: rows.update(status=Call.Status.MISSED))


def end_mutes() -> int:
    """Marks chats as heard again whose mute has come to its end. Returns how many."""
    muted = Chat.objects.filter(is_muted=True, mute_expiry__lt=int(time.time()))
    return change_all(muted, lambda rows: rows.update(is_muted=False, mute_expiry=None))


def forget_old_questions() -> int:
    """Deletes questions to WhatsApp whose asker did not wait for the answer. Returns how many."""
    before = timezone.now() - timedelta(seconds=QUESTION_SECONDS)
    old = Action.objects.filter(kind__in=QUESTIONS, created_at__lt=before)
    return change_all(old, lambda rows: rows.delete()[0])


# What WhatsApp is asked for again. The session process asks: here it is only marked as due.


def retry_media(
    since: int = 0,
    chat: str | None = None,
    *,
    account: Account | None = None,
    now: int | None = None,
    most: int | None = None,
) -> int:
    """Makes downloads due again that have failed for a reason that can pass: of files from `since` on (Unix
    seconds), of the chat with that JID and of that account, where these are given. With `now`, only what is
    due then by the schedule of `Media.failed`; else all, and from the beginning of it. Returns how many,
    `most` at the most.
    """
    failed = Media.objects.failed_for_now()
    if since:
        failed = failed.filter(pk__gte=since << KEY_BITS)
    if chat is not None:
        failed = failed.in_chat(chat)
    if account is not None:
        failed = failed.filter(account=account)
    if now is not None:
        failed = failed.filter(next_attempt_at__lte=now, attempts__lt=Media.LAST_ATTEMPT)
    fresh = {"attempts": 0} if now is None else {}

    def retry(keys: list[int]) -> int:
        # Due from now on, and not from 0 on: behind the files of new messages.
        number: int = failed.filter(pk__in=keys).update(
            download_status=Media.Status.PENDING,
            download_error=None,
            next_attempt_at=int(time.time()),
            **fresh,
        )
        return number

    due = 0
    while most is None or due < most:
        portion = ROWS_AT_ONCE if most is None else min(ROWS_AT_ONCE, most - due)
        rows = list(failed.order_by("next_attempt_at", "-id").values_list("account_id", "pk")[:portion])
        if not rows:
            break
        due += change_each(rows, retry)
        time.sleep(PAUSE_SECONDS)
    return due


def refresh_pictures(days: int = PICTURE_DAYS) -> int:
    """Lets the pictures of people and groups in use be asked for again of which WhatsApp was last asked more
    than `days` ago, so that their addresses don't expire. Returns how many, a portion of them at the most."""
    now, due = int(time.time()), 0
    for account in Account.objects.all():
        with changes_of(account):
            due += refresh_pictures_of(account, now, now - days * DAY)
    return due


def refresh_pictures_of(account: Account, now: int, before: int) -> int:
    """The same of one account: of what was last asked for before that moment (Unix seconds)."""
    chats = Chat.objects.filter(account=account, last_message_ts__gte=now - DAYS_IN_USE * DAY).newest_first()
    jids = list(chats.values_list("jid", flat=True)[:CHATS_IN_USE])
    shown = {"account": account, "jid__in": jids, "profile_pic_id__isnull": False}
    people = Contact.objects.filter(**shown, profile_asked_at__lt=before).order_by("profile_asked_at", "id")
    groups = Group.objects.filter(**shown, picture_asked_at__lt=before).order_by("picture_asked_at", "id")
    asked = Contact.objects.filter(pk__in=list(people.values_list("pk", flat=True)[:PICTURES_AT_ONCE]))
    asked_groups = Group.objects.filter(pk__in=list(groups.values_list("pk", flat=True)[:PICTURES_AT_ONCE]))
    return asked.update(profile_asked_at=None) + asked_groups.update(picture_asked_at=None)


def optimize_database() -> None:
    """Lets SQLite refresh what its query planner knows of the tables."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
