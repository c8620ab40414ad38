"""The indexes stay in step with their tables, whatever becomes of these."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from tests import builders
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    build_chat,
    build_contact,
    build_group,
    build_media,
    build_message,
)
from tests.protobufs import build_edit, build_revoke
from tests.protobufs import build_message as build_arrival
from tests.tools import about_sqlite
from whatsapp import search
from whatsapp.checks import check_full_text_index
from whatsapp.ingest import again, codes, inbox
from whatsapp.models import Account, Chat, Contact, Group, InboxEvent, Media, Message, MessageIndex
from whatsapp.protobuf import waE2E
from whatsapp.search.keeping import INDEXES, before_migrate

INVOICE = waE2E.Message(documentMessage={"fileName": "Rechnung März.pdf", "caption": "the bill"})
POLL = waE2E.Message(
    pollCreationMessage={"name": "Dinner?", "options": [{"optionName": "Pizza"}, {"optionName": "Sushi"}]}
)
PLACE = waE2E.Message(
    locationMessage={"degreesLatitude": 1, "name": "Lighthouse", "address": "12 Harbour Street"}
)
CARD = waE2E.Message(
    contactMessage={"displayName": "Dr. Grace Hopper", "vcard": "BEGIN:VCARD\nFN:Grace Hopper\nEND:VCARD"}
)


@pytest.fixture
def account() -> Account:
    return Account.default()


def arrive(account: Account, *events: bytes) -> None:
    InboxEvent.objects.bulk_create(
        [InboxEvent(account=account, code=codes.MESSAGE, data=data, received_at=0) for data in events]
    )
    inbox.drain(account)


def found(text: str, **narrowed: Any) -> list[str]:
    """The ids of the messages that the index finds; both ways of asking it must agree."""
    rows: Any = MessageIndex.objects.holding(text)
    for name, value in narrowed.items():
        rows = getattr(rows, name)(value)
    hits = list(rows.order_by("-pk").values_list("message__message_id", flat=True))
    if not narrowed:
        joined = search.search(Message.objects.all(), text).order_by(search.newest_first())
        assert list(joined.values_list("message_id", flat=True)) == hits
    return hits


def whole() -> bool:
    """Whether each index holds what it would hold if it were filled now."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO whatsapp_message_fts(whatsapp_message_fts) VALUES ('integrity-check')"
            )
        indexes = INDEXES[connection.vendor]
        return all(rows_of(cursor, index) == rows_of(cursor, index, anew=True) for index in indexes)


def rows_of(cursor: Any, index: Any, anew: bool = False) -> list[Any]:
    """What an index has, or what its table would fill it with."""
    insertion, _, selection = index.fill.partition(" SELECT ")
    columns = insertion.partition("(")[2].rstrip(")")
    selection = f"{selection.partition(' ORDER BY ')[0]} ORDER BY 1"
    cursor.execute(f"SELECT {selection}" if anew else f"SELECT {columns} FROM {index.table} ORDER BY 1")
    rows: list[Any] = cursor.fetchall()
    return rows


@pytest.mark.django_db
class TestMessages:
    def test_words_are_found_newest_first_without_accents_or_case(self, account: Account) -> None:
        arrive(
            account, build_arrival("A", "Não É só café", timestamp=1), build_arrival("B", "CAFE", timestamp=2)
        )
        assert found("cafe") == ["B", "A"]
        assert found("nao e so") == ["A"]

    def test_phrases_prefixes_operators_and_parentheses(self, account: Account) -> None:
        arrive(
            account,
            build_arrival("A", "the quick brown fox", timestamp=1),
            build_arrival("B", "the brown quick dog", timestamp=2),
        )
        assert found('"quick brown"') == ["A"]
        assert found("qui*") == ["B", "A"]
        assert found('"brown qu"*') == ["B"]
        assert found("fox OR dog") == ["B", "A"]
        assert found("quick NOT dog") == ["A"]
        assert found("(fox OR dog) NOT (fox quick)") == ["B"]

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            (INVOICE, "marz"),
            (INVOICE, "bill pdf"),
            (POLL, "dinner"),
            (POLL, "sushi"),
            (PLACE, "lighthouse"),
            (PLACE, '"harbour street"'),
            (CARD, "grace"),
        ],
    )
    def test_all_that_people_read_of_a_message_is_found(
        self, account: Account, content: waE2E.Message, text: str
    ) -> None:
        arrive(account, build_arrival("A", content=content), build_arrival("B"))
        assert found(text) == ["A"]
        assert whole()

    def test_what_a_search_is_narrowed_by_is_not_found_as_text(self, account: Account) -> None:
        build_message("tea")
        for text in ("theirs", "bare", "plain", "ttext", "a1", "c1", "s1"):
            assert found(text) == []

    def test_an_edited_message_is_found_by_its_new_body_alone(self, account: Account) -> None:
        arrive(account, build_arrival("A", "before"))
        arrive(account, build_edit("A", "after"))
        assert (found("before"), found("after")) == ([], ["A"])
        assert whole()

    def test_a_message_deleted_for_everyone_is_found_by_what_is_kept_of_it(self, account: Account) -> None:
        arrive(account, build_arrival("A", "regrets"))
        arrive(account, build_revoke("A"))
        assert found("regrets") == (["A"] if Message.objects.get(message_id="A").body else [])
        assert whole()

    def test_a_removed_message_is_not_found(self, account: Account) -> None:
        arrive(account, build_arrival("A", content=INVOICE))
        Message.objects.all().delete()
        assert (found("bill"), found("pdf"), MessageIndex.objects.count()) == ([], [], 0)

    def test_a_file_that_comes_changes_or_goes_later_is_found_as_it_is(self, account: Account) -> None:
        message = build_message(None, message_id="A", has_media=True)
        media = build_media(None, message=message)
        assert found("holiday") == []
        Media.objects.filter(pk=media.pk).update(original_filename="holiday.jpg")
        assert found("holiday") == ["A"]
        media.original_filename = "work.jpg"
        media.save()
        assert (found("holiday"), found("work")) == ([], ["A"])
        other = build_message(None, message_id="B", has_media=True)
        Media.objects.filter(pk=media.pk).update(message=other)
        assert found("work") == ["B"]
        media.delete()
        assert found("work") == []
        assert whole()

    def test_a_change_of_something_else_leaves_the_index_alone(self, account: Account) -> None:
        message = build_message("tea")
        changes = {
            "sqlite": "SELECT total_changes()",
            "postgresql": (
                "SELECT pg_stat_get_xact_tuples_updated('whatsapp_message_fts'::regclass) "
                "+ pg_stat_get_xact_tuples_updated('whatsapp_message'::regclass)"
            ),
        }[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(changes)
            before = cursor.fetchone()[0]
            Message.objects.filter(pk=message.pk).update(status="read", body="tea")
            cursor.execute(changes)
            assert cursor.fetchone()[0] - before == 1

    def test_messages_of_merged_chats_are_found_in_the_chat_that_stays(self, account: Account) -> None:
        lid = "900015550102@lid"
        arrive(
            account,
            build_arrival("A", "tea by number", sender=builders.BOB, timestamp=1),
            build_arrival("B", "tea by lid", sender=lid, timestamp=2),
            build_arrival("C", "tea twice", sender=builders.BOB, timestamp=3),
            build_arrival("C", "tea twice", sender=lid, timestamp=3),
        )
        from whatsapp.ingest.merging import merge_all

        merge_all(account, [(builders.BOB, lid)])
        assert Chat.objects.count() == 1
        assert found("tea", in_chat=builders.BOB, sent_by=builders.BOB) == ["C", "B", "A"]
        assert whole()

    def test_messages_derived_again_are_found_by_what_they_now_say(self, account: Account) -> None:
        arrive(account, build_arrival("A", content=POLL), build_arrival("B", content=INVOICE))
        Message.objects.update(body="misread", poll_options=None, message_type="text")
        Media.objects.all().delete()
        assert (found("sushi"), found("rechnung")) == ([], [])
        assert list(again.reingest_messages(account)) == [2]
        assert (found("sushi"), found("rechnung"), found("misread")) == (["A"], ["B"], [])
        assert found("dinner", of_type="poll") == ["A"]
        assert whole()

    def test_a_message_whose_flags_change_is_found_by_the_new_ones(self, account: Account) -> None:
        message = build_message("tea", message_id="A")
        assert (found("tea", starred=True), found("tea", starred=False)) == ([], ["A"])
        Message.objects.filter(pk=message.pk).update(
            is_starred=True, has_media=True, message_type="poll_update"
        )
        assert found("tea", starred=True, with_media=True, of_type="poll_update", from_me=False) == ["A"]
        assert found("tea", of_type="poll") == []
        assert whole()

    @pytest.mark.parametrize(
        "column",
        [
            *("body", "poll_name", "poll_options", "location_name", "location_address", "contacts"),
            *("message_type", "from_me", "has_media", "is_starred"),
        ],
    )
    def test_a_change_of_one_column_alone_reaches_the_index(self, account: Account, column: str) -> None:
        message = build_message("tea")
        values = {
            "poll_options": ["Sushi"],
            "contacts": [{"name": "Grace"}],
            "from_me": True,
            "has_media": True,
            "is_starred": True,
        }
        Message.objects.filter(pk=message.pk).update(**{column: values.get(column, "changed")})
        assert whole()

    @pytest.mark.parametrize("value", ["Text", "te xt", "text OR a1", '"', "tëxt", ""])
    def test_a_type_that_is_none_finds_nothing(self, account: Account, value: str) -> None:
        build_message("tea")
        assert found("tea", of_type=value) == []

    def test_a_message_under_another_key_is_found_once(self, account: Account) -> None:
        message = build_message("tea", message_id="A")
        Message.objects.filter(pk=message.pk).update(id=message.pk + 5)
        assert found("tea") == ["A"]
        assert whole()

    @about_sqlite
    def test_hits_come_from_the_index_without_sorting(self) -> None:
        hits = search.search(Message.objects.all(), "hello").order_by(search.newest_first())
        assert "TEMP B-TREE" not in hits[:50].explain()
        alone = MessageIndex.objects.holding("hello").in_chats([1, 2]).from_me(True).order_by("-pk")
        plan = alone.values("pk")[:50].explain()
        assert "TEMP B-TREE" not in plan
        assert plan.count("\n") == 0, plan


class AlterBody(migrations.Migration):
    """What a later release may do to the table, any of which makes Django rebuild it on SQLite."""

    operations = [migrations.AlterField("message", "push_name", models.CharField(max_length=500, null=True))]


class AlterMedia(migrations.Migration):
    operations = [migrations.AlterField("media", "url", models.CharField(max_length=500, null=True))]


class AlterContact(migrations.Migration):
    operations = [
        migrations.AlterField("contact", "status_text", models.CharField(max_length=500, null=True))
    ]


@about_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("migration", "lost"),
    [
        (AlterBody, {f"whatsapp_message_fts_{name}" for name in ("insert", "delete", "update")}),
        (AlterMedia, {f"whatsapp_message_fts_file_{name}" for name in ("insert", "delete", "update")}),
        (AlterContact, {f"whatsapp_contact_names_{name}" for name in ("insert", "delete", "update")}),
    ],
)
def test_rebuilding_a_table_loses_its_triggers_and_migrate_brings_index_and_triggers_back(
    account: Account, migration: type[migrations.Migration], lost: set[str]
) -> None:
    arrive(account, build_arrival("A", "before the change"))
    assert search.broken_parts() == []
    rebuild_table(migration("alter", "whatsapp"))

    assert set(search.broken_parts()) == lost  # the trap: no error, and no triggers
    (warning,) = check_full_text_index(databases=["default"])
    assert all(name in warning.msg for name in lost)
    arrive(account, build_arrival("B", content=INVOICE, sender=builders.BOB, push_name="Bob"))
    assert not whole()

    call_command("migrate", verbosity=0)

    assert search.broken_parts() == []
    assert check_full_text_index(databases=["default"]) == []
    assert whole()
    arrive(account, build_arrival("C", content=POLL, sender="15550133@s.whatsapp.net", push_name="Carol"))
    assert (found("before"), found("rechnung"), found("sushi")) == (["A"], ["B"], ["C"])
    assert whole()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [0, -1])
def test_an_index_that_is_made_in_another_way_is_made_anew(account: Account, place: int) -> None:
    """Where the statement that made a part differs, or the part isn't there."""
    arrive(account, build_arrival("A", content=INVOICE))
    index = INDEXES[connection.vendor][0]
    part = index.parts[place]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            part.drop(cursor)
        else:
            on = f" ON {part.table}" if part.is_trigger else "(text)"
            cursor.execute(f"COMMENT ON {part.kind} {part.name}{on} IS 'CREATE of another release'")
        cursor.execute(f"DELETE FROM {index.table}" if place else "SELECT 1")
    assert search.broken_parts() == [part.name]
    (warning,) = check_full_text_index(databases=["default"])
    assert part.name in warning.msg

    call_command("migrate", verbosity=0)

    assert search.broken_parts() == []
    assert found("rechnung") == ["A"]
    assert whole()


@about_sqlite
@pytest.mark.django_db(transaction=True)
def test_an_index_of_another_release_is_made_anew(account: Account) -> None:
    arrive(account, build_arrival("A", content=INVOICE))
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER whatsapp_message_fts_update")
        cursor.execute("DROP TABLE whatsapp_message_fts")
        cursor.execute(
            "CREATE VIRTUAL TABLE whatsapp_message_fts USING fts5(body, content='whatsapp_message',"
            " content_rowid='id')"
        )
        cursor.execute(
            "CREATE TRIGGER whatsapp_message_fts_update AFTER UPDATE OF body ON whatsapp_message BEGIN "
            "INSERT INTO whatsapp_message_fts(rowid, body) VALUES (new.id, new.body); END"
        )
    assert search.broken_parts() == ["whatsapp_message_fts", "whatsapp_message_fts_update"]

    call_command("migrate", verbosity=0)

    assert found("rechnung") == ["A"]
    assert whole()


@pytest.mark.django_db(transaction=True)
def test_a_column_that_triggers_name_can_be_dropped_by_a_migration(account: Account) -> None:
    arrive(account, build_arrival("A", "tea"))
    try:
        before_migrate("default", plan=[(AlterBody("alter", "whatsapp"), False)])
        rebuild_table(
            migrations.Migration("drop", "whatsapp"),
            migrations.RemoveIndex("contact", "contact_by_name"),
            migrations.RemoveField("contact", "short_name"),
            migrations.RemoveField("message", "poll_name"),
        )
    finally:
        call_command("migrate", verbosity=0)
    assert search.broken_parts() == []
    assert found("tea") == ["A"]
    assert whole()


@pytest.mark.django_db
def test_triggers_stay_when_nothing_is_to_be_migrated() -> None:
    before_migrate("default", plan=[])
    assert search.broken_parts() == []


@pytest.mark.django_db
class TestNames:
    def test_names_are_kept_in_step_by_every_way_to_write(self, account: Account) -> None:
        contact, chat, group = build_contact(ALICE, name="Alice"), build_chat(BOB), build_group(FAMILY)
        contact.name = "Zoë"
        contact.save()
        Chat.objects.filter(pk=chat.pk).update(name="Böb")
        group.name = "Größte"
        Group.objects.bulk_update([group], ["name"])
        Contact.objects.bulk_create(
            [Contact(account=account, jid=BOB, notify_name="Bob", first_seen_at=contact.first_seen_at,
                     updated_at=contact.updated_at)]
        )  # fmt: skip
        assert whole()
        assert list(Contact.objects.found_by("alice")) == []
        assert list(Contact.objects.found_by("zoe")) == [contact]
        assert list(Chat.objects.found_by("bob")) == [chat]
        assert list(Group.objects.found_by("grosste")) == [group]
        Group.objects.filter(pk=group.pk).update(id=group.pk + 7)
        assert whole()
        Group.objects.filter(pk=group.pk + 7).update(id=group.pk)
        contact.delete()
        chat.delete()
        group.delete()
        assert whole()

    def test_names_that_arrive_are_found(self, account: Account) -> None:
        arrive(account, build_arrival("A", push_name="Łukasz Müller"))
        assert [contact.notify_name for contact in Contact.objects.found_by("lukasz muller")] == [
            "Łukasz Müller"
        ]
        arrive(account, build_arrival("B", push_name="Lucas", timestamp=1_700_000_100))
        assert not Contact.objects.found_by("lukasz").exists()
        assert Contact.objects.found_by("lucas").exists()
        assert whole()


def rebuild_table(migration: migrations.Migration, *operations: Any) -> None:
    """Applies the migration and puts all back, as no other test should see it."""
    state = ProjectState.from_apps(_apps())
    steps: list[Any] = []
    with connection.schema_editor(atomic=False) as editor:
        for operation in operations or migration.operations:
            changed = state.clone()
            operation.state_forwards("whatsapp", changed)
            operation.database_forwards("whatsapp", editor, state, changed)
            steps.append((operation, state, changed))
            state = changed
    with connection.schema_editor(atomic=False) as editor:
        for operation, before, after in reversed(steps):
            operation.database_backwards("whatsapp", editor, after, before)


def _apps() -> Any:
    from django.apps import apps

    return apps
