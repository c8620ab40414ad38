"""Removing an account: all of it goes, little by little, and nothing else."""

import os
import time
from datetime import timedelta
from typing import Any, cast

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import ForeignKey, Model
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.builders import build_event, build_media, build_message, build_webhook, stored_file
from tests.two_accounts import OFFICE, World, build_home, build_office, texts_of
from whatsapp import accounts, models, outbox, tasks
from whatsapp.accounts import WAYS
from whatsapp.media_facts import Facts, facts_of
from whatsapp.models import (
    Account,
    Action,
    Connection,
    Delivery,
    Event,
    Media,
    MessageTally,
    Webhook,
)
from whatsapp.querysets import UNLINKING_SECONDS
from whatsapp.session import downloads
from whatsapp.session.downloads import Downloads
from whatsapp.session.line import Line

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None) -> World:
    return build_home()


@pytest.fixture
def office(home: World) -> World:
    return build_office()


def rows_of(account: Account) -> dict[str, int]:
    return {
        model.__name__: model._base_manager.filter(**{way: account.pk}).count() for model, way in WAYS.items()
    }


def every_row() -> dict[str, list[Any]]:
    """All rows of the tables that an account has rows in."""
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in WAYS}


def age(*files: Any) -> None:
    for path in files:
        os.utime(path, (time.time() - 3600, time.time() - 3600))


def test_everything_that_belongs_to_an_account_is_known() -> None:
    """A table that is made later, and points to accounts on any way, must be deleted from as well."""
    pointing = {Account}
    every: list[type[Model]] = [getattr(models, name) for name in models.__all__]
    while True:
        more = {
            model
            for model in every
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.related_model in pointing and model._meta.managed
        } - pointing
        if not more:
            break
        pointing |= more
    by_themselves = {Account, Webhook, models.Delivery, models.DeliveryAttempt}
    assert pointing - by_themselves == set(WAYS)


def test_all_of_it_goes_and_nothing_of_the_others(home: World, office: World) -> None:
    file, other = stored_file(office.media), stored_file(home.media)
    shared_text = b"the same picture for both"
    first = build_media(shared_text)
    with override_settings(SESSION_NAME=OFFICE):
        build_media(shared_text)
    assert Media.objects.filter(file_path=first.file_path).count() == 2
    age(file, other, stored_file(first))
    office.account.folder.mkdir(parents=True, exist_ok=True)
    (office.account.folder / "neonize.db").write_text("credentials")
    tried = {name: number for name, number in rows_of(office.account).items() if not name.endswith("Tally")}
    assert all(tried.values()), "a table of which nothing is tried"
    before = {name: [row for row in rows if not of(office, row)] for name, rows in every_row().items()}

    accounts.remove(office.account)
    assert accounts.delete(office.account)

    assert not Account.objects.filter(pk=office.account.pk).exists()
    assert not any(rows_of(office.account).values())
    assert not Webhook.objects.filter(pk=office.webhook.pk).exists()
    assert not Delivery.objects.filter(pk=office.delivery.pk).exists()
    assert not office.account.folder.exists()
    assert (file.exists(), other.exists(), stored_file(first).exists()) == (False, True, True)
    after = every_row()
    for name, rows in before.items():
        kept = [row for row in after[name] if row.get("event_type") != "accounts.updated"]
        assert kept == rows, name
    assert MessageTally.objects.filter(account=home.account).exists() or connection.vendor != "sqlite"
    assert "ledger" not in " ".join(texts_of(home.account))


def of(world: World, row: dict[str, Any]) -> bool:
    """Whether the row is the account's: it is, or its chat, group, contact, label or message."""
    keys = {
        "account_id": [world.account.pk],
        **{
            f"{noun}_id": list(model._base_manager.filter(account=world.account).values_list("pk", flat=True))
            for noun, model in (
                ("chat", models.Chat),
                ("group", models.Group),
                ("contact", models.Contact),
                ("label", models.Label),
                ("message", models.Message),
            )
        },
    }
    return any(row.get(name) in values for name, values in keys.items())


def test_it_goes_in_portions(home: World, office: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(accounts, "LOOKED_AT_ONCE", 5)
    with override_settings(SESSION_NAME=OFFICE):
        for number in range(9):
            build_message(f"one more {number}")
    messages = rows_of(office.account)["Message"]
    accounts.remove(office.account)
    with CaptureQueriesContext(connection) as queries:
        assert accounts.delete(office.account)
    table = models.Message._meta.db_table
    deleting = [query["sql"] for query in queries if query["sql"].startswith(f'DELETE FROM "{table}"')]
    assert len(deleting) >= messages // 2
    assert max(sql.count(",") for sql in deleting) < 2


def test_the_walk_through_a_table_follows_its_keys_and_sorts_nothing(home: World, office: World) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("plans are told in SQLite's words")
    for model, way in WAYS.items():
        rows = model._base_manager.filter(pk__gt=0).order_by("pk").values_list("pk", way)[:10]
        plan = rows.explain()
        assert "TEMP B-TREE" not in plan, (model, plan)


def test_it_waits_for_the_session_to_end_but_not_for_ever(home: World, office: World) -> None:
    Connection.objects.filter(account=office.account).update(heartbeat_at=int(time.time()))
    accounts.remove(office.account)
    accounts.go_on_removing()
    assert Account.objects.filter(pk=office.account.pk).exists()
    Account.objects.filter(pk=office.account.pk).update(
        removed_at=timezone.now() - timedelta(seconds=UNLINKING_SECONDS + 1)
    )
    tasks.go_on_removing_accounts.call_local()
    assert not Account.objects.filter(pk=office.account.pk).exists()
    assert Account.objects.filter(pk=home.account.pk).exists()


def test_the_newest_event_stays_for_ids_go_on_from_it(home: World, office: World) -> None:
    accounts.remove(office.account)
    event = build_event(account=office.account)
    newest = Event.objects.newest_id()
    assert newest == event.pk
    assert accounts.delete(office.account)
    assert Event.objects.newest_id() > newest


def test_what_its_acts_were_to_send_goes_with_them(home: World, office: World) -> None:
    with outbox.Draft() as draft:
        draft.write(b"a file")
        draft.close()
        payload = {"jid": office.friend, "file": {"name": draft.name}}
        Action.objects.create(account=office.account, kind="send_document", payload=payload)
        outbox.hand_over(draft.name)
    folder = outbox.folder_of(draft.name)
    assert folder.exists()
    accounts.remove(office.account)
    assert accounts.delete(office.account)
    assert not folder.exists()


def test_a_file_that_was_written_just_now_is_left_to_the_sweep_of_orphans(home: World, office: World) -> None:
    accounts.remove(office.account)
    assert accounts.delete(office.account)
    assert stored_file(office.media).exists()


def test_a_file_that_another_account_has_just_got_as_well_stays(home: World, office: World) -> None:
    """Its row is written when the file has been looked at, which may take seconds."""
    file = stored_file(office.media)
    age(file)
    data = file.read_bytes()

    def look(data: bytes, mime_type: str) -> Facts:
        accounts.remove(office.account)
        assert accounts.delete(office.account)
        return facts_of(data, mime_type)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads, "facts_of", look)
        patch.setattr(Downloads, "_fetch", lambda *args: data)
        Downloads(home.account, lambda: None)._download(cast(Line, None), home.failed)

    got = Media.objects.get(pk=home.failed.pk)
    assert (got.download_status, stored_file(got)) == (Media.Status.DOWNLOADED, file)
    assert file.exists()


def test_a_webhook_for_all_accounts_stays(home: World, office: World) -> None:
    webhook = build_webhook(account=None)
    accounts.remove(office.account)
    assert accounts.delete(office.account)
    assert Webhook.objects.filter(pk=webhook.pk, is_active=True).exists()


def test_the_default_account_is_never_deleted(home: World) -> None:
    with pytest.raises(accounts.IsDefault):
        accounts.remove(home.account)
    Account.objects.filter(pk=home.account.pk).update(removed_at=timezone.now())
    accounts.go_on_removing()
    assert rows_of(home.account)["Message"] > 5
    assert Account.objects.named(settings.SESSION_NAME) is not None
