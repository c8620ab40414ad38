"""What the library keeps of a person is forgotten, and of no other."""

import os
import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from tests.builders import build_contact
from whatsapp import erasing
from whatsapp.models import Account
from whatsapp.session import forgetting, lock
from whatsapp.session.credentials import InFile, credentials_of
from whatsapp.session.library import ClientFactory

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, ALICE_LID = "15550101@s.whatsapp.net", "900015550101@lid"
LIDS = {"900015550101": "15550101", "900015550102": "15550102", "9155501010": "155501019"}


def store(account: Account, statement: str) -> list[tuple[str, ...]]:
    """Asks or changes the library's tables."""
    kept = credentials_of(account)
    if isinstance(kept, InFile):
        with closing(sqlite3.connect(kept.path)) as file, file:
            return file.execute(statement).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = neonize_{account.pk}")
        cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
        cursor.execute("SET search_path = DEFAULT")
        return found


@pytest.fixture
def account() -> Account:
    made = Account.default()
    build_contact(ALICE, lid=ALICE_LID)
    kept = credentials_of(made)
    kept.forget()
    kept.prepare()
    ClientFactory.get_all_devices_from_db(kept.address)  # makes its tables
    for lid, number in LIDS.items():
        store(made, f"INSERT INTO whatsmeow_lid_map (lid, pn) VALUES ('{lid}', '{number}')")
    return made


def test_what_the_library_keeps_of_one_person_goes(account: Account) -> None:
    alice = erasing.person(account, ALICE)
    assert alice is not None
    assert forgetting.forget(account, alice) == 1
    kept = store(account, "SELECT lid, pn FROM whatsmeow_lid_map ORDER BY lid")
    assert kept == [("900015550102", "15550102"), ("9155501010", "155501019")]
    assert forgetting.forget(account, alice) == 0


def test_nothing_is_taken_from_a_session_that_runs(account: Account) -> None:
    alice = erasing.person(account, ALICE)
    assert alice is not None
    held = lock.lock(account.folder / "lock")
    assert held is not None
    try:
        with pytest.raises(lock.Taken):
            forgetting.forget(account, alice)
    finally:
        os.close(held)
    assert len(store(account, "SELECT lid FROM whatsmeow_lid_map")) == 3
