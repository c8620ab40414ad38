"""A hub moves from SQLite to PostgreSQL with all that it has."""

import os
import random
import string
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import CharField

from tests.builders import build_media, build_message, build_newest_reaction, build_webhook
from tests.servers import NotInstalled, database_url, postgresql
from tests.tools import about_sqlite, lacking
from tests.whatsapp.admin.rows import ROWS, TABLES
from whatsapp.models import Account, Connection, Contact, Event, Message
from whatsapp.session import lock
from whatsapp.texts import LONGEST_NAME, identifier

pytestmark = [about_sqlite, pytest.mark.django_db(transaction=True)]

LOOK = """
import django; django.setup()
from whatsapp import search
from whatsapp.checks import check_full_text_index, check_tallies
from whatsapp.events import append
from whatsapp.models import Account, Event, Message, MessageIndex
last = Event.objects.newest_id()
print(Message.objects.all().count(), len(Message.objects.all()))
print(list(MessageIndex.objects.holding("lighthouse").values_list("message__message_id", flat=True)))
print(check_full_text_index(["default"]), check_tallies(["default"]))
print(append(Account.default(), "wa.call", {}).pk - last)
print(Account.objects.create(name="later").pk > 0)
"""


@pytest.fixture
def target() -> Iterator[str]:
    """The address of an empty database."""
    try:
        server = postgresql()
    except NotInstalled as error:
        lacking(str(error))
    with psycopg.connect(database_url("postgres", server), autocommit=True) as connection:
        connection.execute("CREATE DATABASE hub_moved")
        yield database_url("hub_moved", server)
        connection.execute("DROP DATABASE hub_moved WITH (FORCE)")


def move(url: str) -> str:
    """What the command says. It is a process of its own, as it adds a database to the settings."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate_to_postgres", url],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise CommandError(done.stderr)
    return done.stdout


def look(url: str) -> list[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_table_comes_along_and_the_hub_goes_on_there(target: str) -> None:
    for model in TABLES:
        if model not in (Account, Connection):
            ROWS[model](1)
    found = build_message("To the lighthouse, at Orléans 🗼", message_id="FOUND")
    Message.objects.filter(pk=found.pk).update(raw=bytes(range(256)))
    events = Event.objects.count()

    said = move(target)

    assert f"whatsapp_message: {Message.objects.count()} rows, checksum " in said
    assert "All is there, and the same" in said
    totals, hits, checks, step, is_made = look(target)
    assert totals == f"{len(Message.objects.all())} {len(Message.objects.all())}"
    assert hits == "['FOUND']"
    assert checks == "[] []"
    assert step == "1"
    assert is_made == "True"
    with psycopg.connect(target) as connection:
        (raw,) = connection.execute(
            "SELECT raw FROM whatsapp_message WHERE message_id = 'FOUND'"
        ).fetchone() or (None,)
        (number,) = connection.execute("SELECT count(*) FROM whatsapp_event").fetchone() or (None,)
    assert raw == bytes(range(256))
    assert number == events + 1  # the one that was appended there

    with pytest.raises(CommandError, match="There are rows in whatsapp_account already"):
        move(target)


def test_what_only_sqlite_takes_is_moved_as_ingest_would_take_it_in_today(target: str) -> None:
    """An older hub has taken in texts that are too long for an index, and such with a NUL."""
    chance = random.Random(1)
    long = "".join(chance.choices(string.ascii_letters, k=6_000))
    message = build_message("A nul\0 in it", message_id=long, quoted_id="q" * 300)
    Message.objects.filter(pk=message.pk).update(poll_options=["yes\0", "n\ud800o"])
    Contact.objects.filter(pk=message.sender_id).update(name=long, notify_name="Al\0ice")
    build_media(message=message, mime_type=long)
    build_newest_reaction(message)

    assert "All is there, and the same" in move(target)

    with psycopg.connect(target) as moved:
        row = moved.execute(
            "SELECT m.message_id, body, quoted_id, poll_options, mime_type, name, notify_name, r.target_id "
            "FROM whatsapp_message AS m JOIN whatsapp_media USING (id) "
            "JOIN whatsapp_contact AS c ON c.id = m.sender_id JOIN whatsapp_reaction AS r ON true"
        ).fetchone()
    assert row == (
        identifier(long),
        "A nul in it",
        identifier("q" * 300),
        ["yes", "n?o"],
        identifier(long),
        long[:LONGEST_NAME],
        "Alice",
        identifier(long),
    )
    assert Message.objects.get().message_id == long  # the SQLite file stays as it is


def test_what_can_not_be_moved_is_named_by_its_table_and_not_by_its_value(target: str) -> None:
    build_webhook()
    build_webhook(url=f"https://bot.example/{'hunter2' * 400}")

    with pytest.raises(CommandError, match="Nothing was moved") as raised:
        move(target)

    said = str(raised.value)
    assert "whatsapp_webhook has a row that PostgreSQL does not take" in said
    assert "value too long" in said
    assert "COPY whatsapp_webhook, line 2, column url" in said
    assert "hunter2" not in said
    assert "Traceback" not in said
    with psycopg.connect(target) as moved:
        assert moved.execute("SELECT count(*) FROM whatsapp_account").fetchone() == (0,)


def test_no_text_of_strangers_has_a_limit_there(target: str) -> None:
    move(target)

    with psycopg.connect(target) as moved:
        found = moved.execute(
            "SELECT table_name, column_name, character_maximum_length FROM information_schema.columns "
            "WHERE table_name LIKE 'whatsapp_%' AND data_type = 'character varying'"
        ).fetchall()
    limits = {(table, column): limit for table, column, limit in found}
    wanted = {
        (model._meta.db_table, field.column): field.max_length
        for model in apps.get_app_config("whatsapp").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, CharField)
    }
    assert limits == wanted
    assert limits["whatsapp_message", "message_id"] is None
    assert limits["whatsapp_webhook", "url"] == 2048


def test_nothing_is_moved_while_the_hub_runs(target: str) -> None:
    handle = lock.hold(Account.default())
    try:
        with pytest.raises(CommandError, match="The hub is running"):
            call_command("migrate_to_postgres", target)
    finally:
        os.close(handle)


@pytest.mark.parametrize("url", ["mysql://me:hunter2@db/hub", "postgres://me:hunter2@db"])
def test_a_wrong_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(CommandError, match="it must look like postgres://") as raised:
        call_command("migrate_to_postgres", url)
    assert "hunter2" not in str(raised.value)


def test_a_database_that_can_not_be_reached_is_an_error() -> None:
    with pytest.raises(CommandError, match="Nothing was moved"):
        move("postgres://hub@127.0.0.1:1/hub")
