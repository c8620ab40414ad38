"""Full text: what is asked for, and an index that stays in step."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from tests.protobufs import build_edit, build_message
from whatsapp import search
from whatsapp.checks import check_full_text_index
from whatsapp.ingest import codes, inbox
from whatsapp.models import Account, InboxEvent, Message


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("word", '"word"'),
        ("two words", '"two" AND "words"'),
        ('"a phrase"', '"a phrase"'),
        ('"not closed', '"not closed"'),
        ("begin*", '"begin"*'),
        ("a OR b", '"a" OR "b"'),
        ("a AND b", '"a" AND "b"'),
        ("a NOT b", '"a" NOT "b"'),
        ("and or not", '"and" AND "or" AND "not"'),
        ("NOT b", '"NOT" AND "b"'),
        ("a OR", '"a" AND "OR"'),
        ("a AND OR b", '"a" AND "AND" OR "b"'),
        ("body:x", '"body:x"'),
        ('he"llo', '"he llo"'),
        ("  ", None),
        ("***", None),
        ("-", None),
        ("", None),
    ],
)
def test_what_people_type_becomes_a_query(text: str, query: str | None) -> None:
    assert search.to_fts5(text) == query


@pytest.fixture
def account() -> Account:
    return Account.default()


def arrive(account: Account, *events: bytes) -> None:
    InboxEvent.objects.bulk_create(
        [InboxEvent(account=account, code=codes.MESSAGE, data=data, received_at=0) for data in events]
    )
    inbox.drain(account)


def found(text: str) -> list[str]:
    hits = search.search(Message.objects.all(), text).order_by(search.newest_first())
    return list(hits.values_list("message_id", flat=True))


@pytest.mark.django_db
class TestFinding:
    def test_words_are_found_newest_first_without_accents_or_case(self, account: Account) -> None:
        arrive(
            account, build_message("A", "Não É só café", timestamp=1), build_message("B", "CAFE", timestamp=2)
        )

        assert found("cafe") == ["B", "A"]
        assert found("nao e so") == ["A"]

    def test_phrases_prefixes_and_operators(self, account: Account) -> None:
        arrive(
            account,
            build_message("A", "the quick brown fox", timestamp=1),
            build_message("B", "the brown quick dog", timestamp=2),
        )
        assert found('"quick brown"') == ["A"]
        assert found("qui*") == ["B", "A"]
        assert found("fox OR dog") == ["B", "A"]
        assert found("quick NOT dog") == ["A"]

    def test_an_edited_message_is_found_by_its_new_body_alone(self, account: Account) -> None:
        arrive(account, build_message("A", "before"))
        arrive(account, build_edit("A", "after"))

        assert (found("before"), found("after")) == ([], ["A"])

    def test_a_removed_message_is_not_found(self, account: Account) -> None:
        arrive(account, build_message("A", "gone"))
        Message.objects.all().delete()

        assert found("gone") == []

    @pytest.mark.parametrize(
        "text", ['"', "((", "NEAR(", "a:b", "^x", "{body}:", "\0", "😀", "'; --", "AND", "* *"]
    )
    def test_no_input_makes_it_fail(self, account: Account, text: str) -> None:
        arrive(account, build_message("A", "hello"))

        assert found(text) in ([], ["A"])

    def test_hits_come_from_the_index_without_sorting(self, account: Account) -> None:
        hits = search.search(Message.objects.all(), "hello").order_by(search.newest_first())

        assert "TEMP B-TREE" not in hits[:50].explain()


class AlterBody(migrations.Migration):
    """What a later release may do to the table, any of which makes Django rebuild it on SQLite."""

    operations = [migrations.AlterField("message", "push_name", models.CharField(max_length=500, null=True))]


@pytest.mark.django_db(transaction=True)
def test_rebuilding_the_table_loses_the_triggers_and_migrate_brings_index_and_triggers_back(
    account: Account, request: pytest.FixtureRequest
) -> None:
    arrive(account, build_message("A", "before the change"))
    assert search.missing_parts() == []
    rebuild_table(AlterBody("alter", "whatsapp"))

    assert set(search.missing_parts()) == set(search.TRIGGERS)  # the trap: no error, and no triggers
    (warning,) = check_full_text_index(databases=["default"])
    assert "whatsapp_message_fts_insert" in warning.msg
    arrive(account, build_message("B", "while they were gone"))
    assert found("gone") == []

    call_command("migrate", verbosity=0)

    assert search.missing_parts() == []
    assert check_full_text_index(databases=["default"]) == []
    assert found("gone") == ["B"]
    arrive(account, build_message("C", "and after"))
    assert (found("before"), found("after")) == (["A"], ["C"])


def rebuild_table(migration: migrations.Migration) -> None:
    """Applies the migration and puts the column back, as no other test should see it."""
    state = ProjectState.from_apps(_apps())
    with connection.schema_editor(atomic=False) as editor:
        changed = state.clone()
        for operation in migration.operations:
            operation.state_forwards("whatsapp", changed)
            operation.database_forwards("whatsapp", editor, state, changed)
    with connection.schema_editor(atomic=False) as editor:
        for operation in migration.operations:
            operation.database_backwards("whatsapp", editor, changed, state)


def _apps() -> Any:
    from django.apps import apps

    return apps
