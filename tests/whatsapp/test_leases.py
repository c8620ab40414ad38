"""Leases on a PostgreSQL: one holder at a time, and no transaction of anybody else's."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from whatsapp import actions, leases
from whatsapp.ingest import codes, inbox
from whatsapp.models import Account, Action, InboxEvent, Lease
from whatsapp.session.claiming import claim

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not leases.are_needed(), reason="machines share a PostgreSQL only: TEST_DATABASE=postgresql"
    ),
]

ALICE = "15550101@s.whatsapp.net"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(leases, "_own", {})
    monkeypatch.setattr(leases, "_lost", set())
    return Account.default()


@pytest.fixture
def told_to_end() -> Iterator[list[int]]:
    """The signals that this process sends itself."""
    signals: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: signals.append(number))
    yield signals
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def loser(account: Account, told_to_end: list[int]) -> Account:
    """An account whose lease this process had, and somebody else has now."""
    assert leases.take(account, "ours")
    run_out(account)
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(take_elsewhere, account, "theirs").result()
    return account


def take_elsewhere(account: Account, holder: str) -> bool:
    """As another process does, which this one's fences don't know of."""
    try:
        own = dict(leases._own)
        taken = leases.take(account, holder)
        leases._own.clear()
        leases._own.update(own)
        return taken
    finally:
        connection.close()


def run_out(account: Account) -> None:
    Lease.objects.filter(account=account).update(until=Now() - timedelta(seconds=1))


def test_it_is_one_holders_until_it_runs_out(account: Account) -> None:
    assert leases.take(account, "first")
    assert not leases.take(account, "second")
    assert leases.renew(account, "first")
    assert not leases.renew(account, "second")
    assert leases.holders() == {account.pk: "first"}

    run_out(account)
    assert leases.holders() == {}
    assert leases.take(account, "second")
    assert not leases.renew(account, "first")
    assert not leases.take(account, "first")


def test_one_that_is_given_back_is_free_at_once(account: Account) -> None:
    assert leases.take(account, "first")
    leases.give_back(account, "second")
    assert not leases.take(account, "second")
    leases.give_back(account, "first")
    assert leases.holders() == {}
    assert leases.take(account, "second")


def test_its_holder_takes_it_again_at_once(account: Account) -> None:
    """A session that died, on the machine that it died on."""
    assert leases.take(account, "first")
    assert leases.take(account, "first")


def test_of_many_that_want_it_one_gets_it(account: Account) -> None:
    for _ in range(10):
        Lease.objects.all().delete()
        ready = threading.Barrier(8)

        def want(holder: int, ready: threading.Barrier = ready) -> bool:
            try:
                ready.wait(10)
                return leases.take(account, f"holder {holder}")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(want, range(8))) == 1


def test_how_far_a_spool_was_taken_in_counts_for_its_machine_alone(account: Account) -> None:
    leases.take(account, "first")
    Account.objects.update(spooled=17)
    leases.give_back(account, "first")
    leases.take(account, "first")
    assert Account.objects.get().spooled == 17
    leases.give_back(account, "first")
    leases.take(account, "second")
    assert Account.objects.get().spooled == 0


def test_a_takeover_waits_for_what_is_being_written_and_a_renewal_does_not(account: Account) -> None:
    leases.take(account, "ours")
    run_out(account)
    with ThreadPoolExecutor(1) as elsewhere:
        with leases.fenced(account):
            Account.objects.filter(pk=account.pk).update(push_name="written in time")
            takeover = elsewhere.submit(take_elsewhere, account, "theirs")
            with pytest.raises(TimeoutError):
                takeover.result(1)
        assert takeover.result(10)
    run_out(account)
    leases.take(account, "ours")
    with ThreadPoolExecutor(1) as elsewhere, leases.fenced(account):

        def renew() -> bool:
            try:
                return leases.renew(account, "ours")
            finally:
                connection.close()

        assert elsewhere.submit(renew).result(10)


def test_the_loser_takes_in_no_event(loser: Account) -> None:
    event = InboxEvent.objects.create(account=loser, code=codes.MESSAGE, data=b"\xff", received_at=1)
    with pytest.raises(leases.Lost):
        inbox.drain(loser)
    event.refresh_from_db()
    assert event.state == InboxEvent.State.PENDING


def test_the_loser_is_told_to_end_and_then_made_to(loser: Account, told_to_end: list[int]) -> None:
    for _ in range(2):
        with pytest.raises(leases.Lost), leases.fenced(loser):
            pass
    assert told_to_end == [signal.SIGTERM]
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= leases.END_SECONDS


def test_the_loser_claims_and_finishes_no_act(loser: Account) -> None:
    act = actions.send_text(loser, ALICE, "hi")
    with pytest.raises(leases.Lost):
        claim(loser, connection_kinds=False)
    with pytest.raises(leases.Lost):
        actions.finish(act, Action.Status.SENT)
    with pytest.raises(leases.Lost):
        actions.requeue(act)
    act.refresh_from_db()
    assert (act.status, act.attempts) == (Action.Status.QUEUED, 0)


def test_processes_that_have_no_lease_are_not_fenced(account: Account) -> None:
    take_elsewhere(account, "theirs")
    act = actions.send_text(account, ALICE, "hi")
    with transaction.atomic():
        actions.finish(act, Action.Status.FAILED, error="by hand")
    act.refresh_from_db()
    assert act.status == Action.Status.FAILED
