"""The log's ids on PostgreSQL: without a gap, in the order of commits, whoever writes and whatever fails."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.servers import NotInstalled, own_database
from tests.tools import lacking

WRITERS, TRANSACTIONS = 4, 60

WRITE = """
import random, sys
import django; django.setup()
from django.db import transaction
from whatsapp import events
from whatsapp.models import Account
account, chance = Account.default(), random.Random(int(sys.argv[1]))
print("ready", flush=True); sys.stdin.readline()
for number in range(int(sys.argv[2])):
    try:
        with transaction.atomic():
            for _ in range(chance.randrange(1, 4)):
                events.append(account, "wa.call", {})
            if chance.random() < 0.3:
                raise LookupError
    except LookupError:
        pass
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The address of a hub's database with nothing in it."""
    try:
        return own_database(tmp_path)["DATABASE_URL"]
    except NotInstalled as error:
        lacking(str(error))


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "DATABASE_URL": url}


def test_a_follower_sees_every_event_in_the_order_of_the_ids(database: str) -> None:
    """A follower that has seen an id never finds a lower one that was not there."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(number), str(TRANSACTIONS)],
            env=environment(database),
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    seen: list[int] = []
    ended = threading.Event()

    def follow() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while True:
                is_last = ended.is_set()
                rows = connection.execute(
                    "SELECT id FROM whatsapp_event WHERE id > %s ORDER BY id", [seen[-1] if seen else 0]
                ).fetchall()
                seen.extend(key for (key,) in rows)
                if is_last:
                    return

    follower = threading.Thread(target=follow)
    follower.start()
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
        assert writer.returncode == 0
    ended.set()
    follower.join(20)
    with psycopg.connect(database) as connection:
        stored = [key for (key,) in connection.execute("SELECT id FROM whatsapp_event ORDER BY id")]
    assert len(stored) > WRITERS * TRANSACTIONS
    assert stored == list(range(1, len(stored) + 1))
    assert seen == stored
