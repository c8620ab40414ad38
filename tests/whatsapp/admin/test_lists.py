"""A list is one walk along an index, however long the table is."""

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_call,
    build_chat,
    build_contact,
    build_delivery,
    build_delivery_attempt,
    build_event,
    build_group,
    build_group_change,
    build_inbox_event,
    build_message,
    build_presence_change,
    build_receipt,
    build_webhook,
)
from tests.tools import about_sqlite
from tests.whatsapp.admin.rows import LARGE, ROWS, TABLES, list_of, message, person, rows_in, sql_of, text_of
from whatsapp import events
from whatsapp.admin import lists
from whatsapp.models import (
    Call,
    Chat,
    Delivery,
    Event,
    GroupChange,
    InboxEvent,
    Media,
    Message,
    PresenceChange,
    Receipt,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", TABLES)
def test_the_number_of_queries_does_not_grow_with_the_rows(owner: Client, model: type[Model]) -> None:
    for number in range(1, 3):
        ROWS[model](number)
    with_two = len(sql_of(owner, list_of(model)))
    for number in range(3, 13):
        ROWS[model](number)
    assert len(sql_of(owner, list_of(model))) == with_two


@pytest.mark.parametrize("model", TABLES)
def test_nothing_is_counted_to_its_end(owner: Client, model: type[Model]) -> None:
    ROWS[model](1)
    with CaptureQueriesContext(connection) as queries:
        for query in ("", "?q=tea", "?p=7"):
            owner.get(list_of(model, query), follow=True)
    counting = [sql["sql"] for sql in queries if "COUNT(" in sql["sql"]]
    assert [sql for sql in counting if "LIMIT" not in sql] == []


@pytest.mark.parametrize("model", TABLES)
def test_a_list_leaves_large_columns_behind(owner: Client, model: type[Model]) -> None:
    ROWS[model](1)
    large = [f'"{table._meta.db_table}"."{name}"' for table in TABLES for name in large_columns(table)]
    for sql in sql_of(owner, list_of(model)):
        assert [column for column in large if f"{column}," in sql or f"{column} FROM" in sql] == []


def large_columns(model: type[Model]) -> list[str]:
    return [f.column for f in model._meta.concrete_fields if f.get_internal_type() == "BinaryField"]


def plan_of(client: Client, path: str) -> str:
    """The plans of all queries to the domain's tables that the page makes."""
    lines: list[str] = []
    with connection.cursor() as cursor:
        for sql in sql_of(client, path):
            if sql.startswith("SELECT") and "whatsapp_" in sql:
                cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
                lines += [str(row[3]) for row in cursor.fetchall()]
    return "\n".join(lines)


def fill() -> None:
    """Some hundred rows in each of the large tables, of few chats and people."""
    group, webhook = build_group(), build_webhook()
    for number in range(120):
        at = NOON + number
        jid = (ALICE, BOB)[number % 2]
        kind = ("text", "image")[number % 2]
        sent = build_message("tea", chat=(ALICE, FAMILY)[number % 2], sender=jid, at=at, message_type=kind)
        build_receipt(sent, jid, read_at=at)
        Media.objects.create(
            pk=sent.pk,
            account=sent.account,
            message=sent,
            kind="image",
            created_at=sent.created_at,
            download_status=("pending", "downloaded")[number % 2],
        )
        build_event((events.CALL, events.STORY)[number % 2], message_id=sent.pk)
        build_inbox_event(code=17 + number % 2, state=number % 4)
        build_presence_change(jid, at=at)
        build_group_change(group=group, timestamp=at)
        build_call(jid, started_at=at)
        build_delivery_attempt(build_delivery(webhook, status=("delivered", "exhausted")[number % 2]))
        build_chat(person(number), last_message_ts=at)


def analyze_as_if_long() -> None:
    """Lets SQLite think that there are a thousand times as many rows of each chat, person, kind, …

    What is known of few rows makes it sort them.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT rowid, stat FROM sqlite_stat1")
        for rowid, stat in cursor.fetchall():
            numbers = [int(word) * 1000 if int(word) > 1 else 1 for word in stat.split()]
            cursor.execute(
                "UPDATE sqlite_stat1 SET stat = %s WHERE rowid = %s", [" ".join(map(str, numbers)), rowid]
            )
        cursor.execute("ANALYZE sqlite_schema")


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_a_list_is_one_walk_along_an_index(owner: Client, analyzed: bool) -> None:
    fill()
    if analyzed:
        analyze_as_if_long()
    alice, chat = build_contact(ALICE), build_chat(ALICE)
    paths = {
        **{list_of(model): "SCAN" for model in LARGE},
        list_of(Message, "?p=2"): "SCAN whatsapp_message",
        list_of(Message, "?when=2024"): "INDEX message_walk (id>",
        list_of(Message, "?is_starred__exact=1"): "INDEX message_starred",
        list_of(Message, "?has_media__exact=1"): "INDEX message_with_media",
        list_of(Message, "?message_type=image"): "INDEX message_type (",
        list_of(Message, f"?chat__id__exact={chat.pk}"): "INDEX message_chat (",
        list_of(Message, f"?sender__id__exact={alice.pk}"): "INDEX message_sender (",
        list_of(Message, "?q=tea"): "VIRTUAL TABLE INDEX",
        list_of(Event, f"?event_type={events.CALL}"): "INDEX event_type (",
        list_of(InboxEvent, "?state__exact=1"): "INDEX inbox_state (",
        list_of(InboxEvent, "?state__exact=0"): "INDEX inbox_",
        list_of(InboxEvent, "?state__exact=1&code=18"): "INDEX inbox_state (",
        list_of(Receipt, f"?contact__id__exact={alice.pk}"): "INDEX whatsapp_receipt_contact_id",
        list_of(Media, "?when=2024"): "INTEGER PRIMARY KEY (rowid>",
        list_of(Media, "?download_status=pending"): "INDEX media_status",
        list_of(Media, "?download_status=failed"): "INDEX media_status",
        list_of(PresenceChange, "?when=2024"): "INDEX whatsapp_presencechange_changed_at",
        list_of(PresenceChange, f"?contact__id__exact={alice.pk}"): "AUTOINDEX",
        list_of(GroupChange, f"?group__id__exact={build_group().pk}"): "INDEX group_change_newest (",
        list_of(Call): "INDEX call_newest",
        list_of(Chat): "INDEX chat_newest",
        list_of(Delivery, "?status=exhausted"): "INDEX delivery_status (",
        list_of(Delivery, "?webhook__id__exact=1"): "INDEX delivery_webhook (",
    }
    for path, by in paths.items():
        plan = plan_of(owner, path)
        assert by.replace("AUTOINDEX", "INDEX sqlite_autoindex") in plan, (path, plan)
        assert "USE TEMP B-TREE" not in plan, (path, plan)


def test_no_heading_sorts_a_list(owner: Client) -> None:
    for number in range(3):
        message(number)
    keys = [row.pk for row in rows_in(owner, list_of(Message, "?o=1.-3"))]
    assert keys == sorted(keys, reverse=True)
    assert "o=1" not in text_of(owner, list_of(Message))


def test_a_long_list_says_that_there_is_more_and_goes_on(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 10)
    monkeypatch.setattr(lists, "PAGES_AHEAD", 1)
    monkeypatch.setattr(admin.site._registry[Message], "list_per_page", 5)
    keys = sorted((message(number).pk for number in range(23)), reverse=True)

    first = text_of(owner, list_of(Message))
    assert "10+\nmessages" in first
    assert "?p=2" in first
    seen: list[int] = []
    for page in range(1, 6):
        seen += [row.pk for row in rows_in(owner, list_of(Message, f"?p={page}"))]
    assert seen == keys
    last = text_of(owner, list_of(Message, "?p=5"))
    assert "23\nmessages" in last
    assert "?p=6" not in last


@pytest.mark.parametrize("page", ["99", "0", "-1", "x", "9" * 17, "9" * 40])
def test_a_page_that_is_not_there_leads_back(owner: Client, page: str) -> None:
    message(1)
    assert owner.get(list_of(Message, f"?p={page}"), follow=True).status_code == 200
