"""Keys of messages: by second, and each once, though several accounts take in messages of one second."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from tests.builders import NOON, build_account
from tests.protobufs import build_message
from tests.waiting import eventually
from tests.whatsapp.ingest.arriving import arrive, drain
from whatsapp.changes import LANES
from whatsapp.ingest import codes
from whatsapp.models import Account, InboxEvent, Message

MESSAGES = 5


def arrives(account: Account) -> None:
    """Messages of one second, whose ids are of the account."""
    name = account.name.encode().hex()
    events = [build_message(f"{name}{number}", timestamp=NOON) for number in range(MESSAGES)]
    arrive(account, [(codes.MESSAGE, one, NOON * 1000) for one in events])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="one at a time writes to SQLite")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("apart", [1, LANES])
def test_two_accounts_take_in_messages_of_one_second_at_once(
    apart: int, caplog: pytest.LogCaptureFixture
) -> None:
    first = build_account()
    second = Account.objects.create(pk=first.pk + apart, name="office")
    for account in (first, second):
        arrives(account)
    goes_on = threading.Event()

    def take_in_slowly() -> None:
        with transaction.atomic():
            drain(first)
            assert goes_on.wait(20)
        connection.close()

    def take_in() -> None:
        drain(second)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(take_in_slowly)
        eventually(lambda: waits("transaction"), "the first to have written")
        quick = pool.submit(take_in)
        eventually(lambda: waits("lock"), "the second to wait for it")
        goes_on.set()
        slow.result()
        quick.result()

    assert Message.objects.filter(timestamp=NOON).count() == 2 * MESSAGES
    assert not InboxEvent.objects.exclude(state=InboxEvent.State.HANDLED).exists()
    assert "failed" not in caplog.text


def waits(what: str) -> bool:
    """Whether a transaction of another connection is idle, or waits for a lock."""
    condition = {"transaction": "state = 'idle in transaction'", "lock": "wait_event_type = 'Lock'"}[what]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {condition}")
        return bool(cursor.fetchone()[0])
