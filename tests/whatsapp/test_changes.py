"""Two that change rows of one account at once, on a PostgreSQL: one waits, and nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.builders import (
    ALICE,
    BOB,
    NOON,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_inbox_event,
    build_media,
    build_presence_change,
)
from tests.protobufs import build_message
from tests.waiting import eventually
from whatsapp import accounts, upkeep
from whatsapp.changes import LOCK, changes_of, lane_of
from whatsapp.ingest import again, codes, inbox
from whatsapp.ingest.batch import Batch
from whatsapp.models import Account, Action, Call, Chat, FileTally, InboxEvent, Media
from whatsapp.session.downloads import Downloads
from whatsapp.webhooks import subscriptions

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="one at a time writes to SQLite"),
]

PENDING, FAILED = Media.Status.PENDING, Media.Status.FAILED
QUARANTINED, HANDLED = InboxEvent.State.QUARANTINED, InboxEvent.State.HANDLED
DAY = 86_400


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def account() -> Account:
    return Account.default()


def beside(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> "Future[Any]":
    """Lets a thread do it, on a connection of its own."""

    def do() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(do)


def waiting_for_locks() -> int:
    """How many transactions wait for what another holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def begun(work: "Future[Any]", waiting: int = 1) -> None:
    """Returns when so many wait for a lock, or the work is done."""
    eventually(lambda: work.done() or waiting_for_locks() >= waiting, "it to wait, or to be done")


class Pause:
    """A place in somebody's transaction where it stands still until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.reached, self.goes_on = threading.Event(), threading.Event()
        real = getattr(owner, name)

        def paused(*args: Any) -> Any:
            self.reached.set()
            assert self.goes_on.wait(20)
            return real(*args)

        monkeypatch.setattr(owner, name, paused)


# Removing


def test_an_account_that_is_removed_while_it_takes_in_events(
    monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor
) -> None:
    """The removal changes the account's row and appends to the log; ingest does so the other way round."""
    office = Account.named("office")
    row = InboxEvent(account=office, code=codes.MESSAGE, data=build_message(timestamp=NOON), received_at=1)
    row.sequence = 1
    pause = Pause(monkeypatch, inbox, "note_taken")  # with the log's lock

    ingest = beside(pool, lambda: inbox.handle(office, [row]))
    assert pause.reached.wait(20)
    removal = beside(pool, lambda: accounts.remove(Account.objects.get(pk=office.pk)))
    begun(removal)
    pause.goes_on.set()
    ingest.result(20)
    removal.result(20)

    office.refresh_from_db()
    assert (office.spooled, office.is_removed) == (1, True)


# Downloads


def by_the_owner(media: Media) -> None:
    media.retry()


def by_the_administrator(media: Media) -> None:
    Media.retry_all([(media.account_id, media.pk)])


def by_the_clock(media: Media) -> None:
    upkeep.retry_media()


@pytest.mark.parametrize("retry", [by_the_owner, by_the_administrator, by_the_clock])
def test_a_download_that_is_tried_again_while_another_fails(
    account: Account, pool: ThreadPoolExecutor, retry: Callable[[Media], None]
) -> None:
    """One counts a file out of the failed and into the pending, the other the other way round."""
    failing = build_media(None, attempts=1)
    failed = build_media(None, download_status=FAILED, download_error="timeout")
    downloads = Downloads(account, lambda: None)
    with transaction.atomic():
        # Both reach this row; the failing one first.
        assert FileTally.objects.select_for_update().get(account=account, download_status=PENDING)
        end = beside(pool, lambda: downloads._failed(failing, "status code 404", for_good=True))
        eventually(lambda: waiting_for_locks() == 1, "the failing one to wait")
        again = beside(pool, lambda: retry(failed))
        eventually(lambda: waiting_for_locks() == 2, "the other one to wait")
    end.result(20)
    again.result(20)

    states = dict(Media.objects.values_list("pk", "download_status"))
    assert states == {failing.pk: FAILED, failed.pk: PENDING}
    numbers = FileTally.objects.filter(number__gt=0).values_list("download_status", "number")
    assert sorted(numbers) == [(FAILED, 1), (PENDING, 1)]


# The clock


def test_a_mute_that_is_extended_while_it_ends(
    monkeypatch: pytest.MonkeyPatch, account: Account, pool: ThreadPoolExecutor
) -> None:
    now = int(time.time())
    build_chat(ALICE, is_muted=True, mute_expiry=now - 1)
    until = now + DAY
    settings = [{"jid": ALICE, "archived": False, "pinned": False, "muted_until": until}]
    build_inbox_event(orjson.dumps(settings), codes.CHAT_SETTINGS)
    pause = Pause(monkeypatch, Batch, "save")  # it has read the chat, and not written it

    ingest = beside(pool, lambda: inbox.drain(account))
    assert pause.reached.wait(20)
    ending = beside(pool, upkeep.end_mutes)
    begun(ending)
    pause.goes_on.set()
    ingest.result(20)
    assert ending.result(20) == 0

    chat = Chat.objects.get(jid=ALICE)
    assert (chat.is_muted, chat.mute_expiry) == (True, until)


# Everybody waits for whoever changes the account


def build_picture_due() -> None:
    build_chat(ALICE, last_message_ts=int(time.time()))
    build_contact(ALICE, profile_pic_id="1", profile_asked_at=NOON)


def build_finished_act() -> None:
    build_action(status="sent", finished_at=timezone.now() - timedelta(days=9))


def build_old_question() -> None:
    question = build_action("get_invite_code")
    Action.objects.filter(pk=question.pk).update(created_at=timezone.now() - timedelta(hours=9))


BUILD_AND_CHANGE: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "calls": (lambda: build_call(status="ringing", offered_at=NOON), upkeep.end_silent_calls),
    "mutes": (lambda: build_chat(ALICE, is_muted=True, mute_expiry=NOON), upkeep.end_mutes),
    "pictures": (build_picture_due, upkeep.refresh_pictures),
    "presence": (lambda: build_presence_change(at=NOON), lambda: upkeep.forget_old_presence(9)),
    "told": (
        lambda: build_inbox_event(code=codes.PRESENCE, state=HANDLED),
        lambda: upkeep.forget_old_presence(9),
    ),
    "acts": (build_finished_act, lambda: upkeep.forget_old_acts(1)),
    "questions": (build_old_question, upkeep.forget_old_questions),
    "quarantine": (
        lambda: build_inbox_event(state=QUARANTINED),
        lambda: InboxEvent.objects.all().put_back_in_line(),
    ),
    "replay": (lambda: build_inbox_event(state=QUARANTINED), lambda: inbox.replay([QUARANTINED])),
    "handled": (
        lambda: build_inbox_event(state=HANDLED),
        lambda: again.replay_events(Account.default()),
    ),
    "rows of a removed account": (
        lambda: build_call(),
        lambda: accounts.delete_some(
            Account.default(), Call, list(Call.objects.values_list("pk", flat=True))
        ),
    ),
    "webhooks": (lambda: None, subscriptions.follow_environment),
}


@pytest.mark.parametrize("name", BUILD_AND_CHANGE)
def test_it_waits_for_whoever_changes_the_account(
    account: Account, pool: ThreadPoolExecutor, name: str
) -> None:
    build, change = BUILD_AND_CHANGE[name]
    build()
    with changes_of(account):
        work = beside(pool, change)
        begun(work)
        assert not work.done()
    changed = work.result(20)
    assert changed in (1, None)


def test_nobody_has_the_lanes_of_two_accounts(account: Account, pool: ThreadPoolExecutor) -> None:
    """While it waits for the second account, others may change the first one."""
    office = Account.named("office")
    build_chat(ALICE, is_muted=True, mute_expiry=NOON)
    chat = build_chat(BOB)
    Chat.objects.filter(pk=chat.pk).update(account=office, is_muted=True, mute_expiry=NOON)
    with changes_of(office):
        work = beside(pool, upkeep.end_mutes)
        begun(work)
        assert not work.done()
        assert not Chat.objects.get(account=account).is_muted
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, lane_of(account)])
            assert cursor.fetchone() == (True,)
    assert work.result(20) == 2
