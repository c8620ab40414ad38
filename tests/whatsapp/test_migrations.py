"""A database of an earlier hub becomes one of this hub, with all that is in it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from whatsapp.models import Media, Message
from whatsapp.search import broken_parts, search

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def migrate(name: str) -> Any:
    """The database as of that migration; returns its models."""
    call_command("migrate", "whatsapp", name, verbosity=0)
    executor = MigrationExecutor(connection)
    return executor.loader.project_state([("whatsapp", name)]).apps


def test_files_and_search_survive_the_move_to_files_of_anything() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("whatsapp")[0][1]
    try:
        old = migrate("0001_initial")
        account = old.get_model("whatsapp", "Account").objects.create(name="default")
        times = {"created_at": NOON, "updated_at": NOON}
        chat = old.get_model("whatsapp", "Chat").objects.create(account=account, jid="1@s", **times)
        person = old.get_model("whatsapp", "Contact").objects.create(
            account=account, jid="1@s", first_seen_at=NOON, updated_at=NOON
        )
        message = old.get_model("whatsapp", "Message").objects.create(
            id=1_714_564_800 << 20, account=account, chat=chat, sender=person, message_id="A", from_me=False,
            timestamp=1_714_564_800, message_type="image", body="a tea party", created_at=NOON,
        )  # fmt: skip
        old.get_model("whatsapp", "Media").objects.create(
            message=message, kind="image", file_path="a/b.jpg", download_status="downloaded",
            thumbnail=b"small", created_at=NOON,
        )  # fmt: skip
        for number, error in enumerate(("failed with status code 410", "can't be reached (Timeout).")):
            lost = old.get_model("whatsapp", "Message").objects.create(
                id=(1_714_564_900 + number) << 20, account=account, chat=chat, sender=person,
                message_id=f"B{number}", from_me=False, timestamp=1_714_564_900 + number,
                message_type="image", created_at=NOON,
            )  # fmt: skip
            old.get_model("whatsapp", "Media").objects.create(
                message=lost, kind="image", download_status="failed", download_error=error, created_at=NOON
            )
    finally:
        migrate(newest)

    gone = Media.objects.values_list("message__message_id", "is_gone")
    assert dict(gone) == {"A": None, "B0": True, "B1": None}
    media = Media.objects.get(pk=message.id)
    assert (media.pk, media.message_id, media.account.name) == (message.id, message.id, "default")
    assert (media.file_path, media.download_status, bytes(media.thumbnail)) == (
        "a/b.jpg",
        "downloaded",
        b"small",
    )
    assert broken_parts() == []
    assert search(Message.objects.all(), "tea").get().message_id == "A"


def made_as() -> dict[str, Any]:
    """The table of messages or an index of it → what it would not keep if it were made anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, rootpage FROM sqlite_master WHERE tbl_name = 'whatsapp_message' AND rootpage > 0"
            if connection.vendor == "sqlite"
            else "SELECT relname, relfilenode FROM pg_class WHERE oid = 'whatsapp_message'::regclass "
            "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'whatsapp_message'::regclass "
            "AND indpred IS NULL)"  # one with a condition on a changed column is: it has few rows
        )
        return dict(cursor.fetchall())


def test_no_table_of_messages_is_made_anew_to_take_texts_of_any_length() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("whatsapp")[0][1]
    try:
        migrate("0017_lease")
        before = made_as()
    finally:
        migrate(newest)

    assert made_as() == before
    assert {"whatsapp_message", "message_type"} <= before.keys()
    assert broken_parts() == []
