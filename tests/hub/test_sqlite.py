"""Writers that wait for their turn."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction

from hub.sqlite import base
from tests.tools import about_sqlite
from tests.waiting import PATIENCE, eventually
from whatsapp.models import Preference

pytestmark = [about_sqlite, pytest.mark.django_db(transaction=True)]

# Writes without a pause, and holds the lock nearly all of the time.
GREEDY = """
import django; django.setup()
import time
from django.db import transaction
from whatsapp.models import Preference
print("writing", flush=True)
number = 0
while True:
    with transaction.atomic():
        number += 1
        Preference.objects.update_or_create(key="greedy", defaults={"value": number})
        time.sleep(0.02)
"""


@pytest.fixture
def greedy() -> Iterator[None]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    command = [sys.executable, "-c", GREEDY]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        eventually(lambda: Preference.objects.filter(key="greedy").exists())
        yield
        process.kill()


def test_whoever_writes_beside_one_who_hardly_stops_gets_their_turns(greedy: None) -> None:
    """In transactions, and by single statements. By SQLite's own way of waiting, the other one would have
    twenty turns for each of ours."""
    before = Preference.objects.get(key="greedy").value
    turns, its_turns, until = 0, 0, time.monotonic() + PATIENCE
    # Where there is little processor time, the other one may need more of our turns to have its own.
    while turns < 80 or (its_turns <= 20 and time.monotonic() < until):
        with transaction.atomic():
            Preference.objects.update_or_create(key="patient", defaults={"value": turns})
        Preference.objects.filter(key="patient").update(value=-turns)
        turns += 2
        its_turns = Preference.objects.get(key="greedy").value - before
    assert 20 < its_turns < 8 * turns


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATIENCE_SECONDS", 0.3)
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            is_held.set()
            may_end.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(10)
    try:
        with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
            pass
        with pytest.raises(OperationalError, match="database is locked"):
            Preference.objects.filter(key="none").update(value=1)
        assert not Preference.objects.filter(key="none").exists()  # who reads waits for nobody
    finally:
        may_end.set()
        holder.join()
    Preference.objects.create(key="after", value=1)
