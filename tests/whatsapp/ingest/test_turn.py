"""The inbox is filled and emptied by turns."""

import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.protobufs import build_message
from whatsapp.ingest import inbox
from whatsapp.ingest.turn import turn_to_write
from whatsapp.models import Account, Message


def test_one_thread_writes_at_a_time(transactional_db: None) -> None:
    inside: list[str] = []

    def write(name: str) -> None:
        with turn_to_write():
            inside.append(name)
            time.sleep(0.02)  # long enough for the others to come in, if they could
            inside.append(name)
        connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [inside[place] == inside[place + 1] for place in (0, 2, 4)] == [True, True, True]


def test_a_turn_ends_with_its_error_and_writes_nothing(db: None) -> None:
    def fail() -> None:
        with turn_to_write():
            Account.objects.create(name="never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with turn_to_write():
        assert not Account.objects.filter(name="never").exists()


def test_ingest_does_not_sleep_while_the_inbox_is_filled(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without turns it finds the database locked and sleeps, however short each of the mover's writes is."""
    account = Account.default()
    waits: list[float] = []
    enter = transaction.Atomic.__enter__

    def timed(atomic: transaction.Atomic) -> None:
        began = time.perf_counter()
        enter(atomic)
        if threading.current_thread() is threading.main_thread():
            waits.append(time.perf_counter() - began)

    way_in = inbox.Inbox(account, tmp_path / "inbox.spool")
    way_in.open()
    monkeypatch.setattr(transaction.Atomic, "__enter__", timed)
    until, handled, number = time.monotonic() + 1.0, 0, 0
    feeder_ended = threading.Event()

    def feed() -> None:
        nonlocal number
        while time.monotonic() < until:
            way_in.receive(17, build_message(f"3EB0{number:06X}"))
            number += 1
            time.sleep(0.001)
        feeder_ended.set()

    feeder = threading.Thread(target=feed)
    feeder.start()
    while not feeder_ended.is_set():
        handled += inbox.drain(account)
    feeder.join()
    way_in.close()
    while taken := inbox.drain(account):
        handled += taken
    assert Message.objects.count() == handled == number
    assert sum(waits) < 0.4  # of a second; most of it, where both just try
