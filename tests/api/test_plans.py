"""How SQLite walks its indexes for the lists: newest first without sorting."""

from copy import copy as copy_of

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.builders import ALICE, BOB, FAMILY, NOON, build_event, build_media, build_message
from whatsapp.models import Message

pytestmark = pytest.mark.django_db


def plan_of(api: Client, path: str) -> str:
    """The plans of all queries that the call makes."""
    with CaptureQueriesContext(connection) as queries:
        response = api.get(path)
    assert response.status_code == 200, response.content
    lines: list[str] = []
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"), [])
                lines += [str(row[3]) for row in cursor.fetchall()]
    return "\n".join(lines)


def grow(times: int) -> None:
    """Copies the messages to later keys, `times` over."""
    rows = list(Message.objects.all())
    highest = max(row.pk for row in rows)
    copies = []
    for number in range(1, times):
        for row in rows:
            copy = copy_of(row)
            copy.pk, copy.message_id = row.pk + number * highest, f"{row.message_id}-{number}"
            copies.append(copy)
    Message.objects.bulk_create(copies)


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize(
    ("path", "by"),
    [
        ("/api/messages", "SCAN U0"),
        ("/api/messages?order=asc&offset=3", "SCAN U0"),
        (f"/api/messages?chat={FAMILY}", "INDEX message_chat"),
        (f"/api/messages?from={ALICE}", "INDEX message_sender"),
        ("/api/messages?type=image", "INDEX message_type"),
        ("/api/messages?has_media=true", "INDEX message_with_media"),
        ("/api/messages?starred=true", "INDEX message_starred"),
        (f"/api/messages?before={NOON + 9}&after={NOON}", "id>? AND "),
        (f"/api/messages?chat={FAMILY}&from={ALICE}&type=image&after={NOON}", "INDEX message_"),
        ("/api/messages?search=tea", "VIRTUAL TABLE INDEX"),
        ("/api/messages/search?q=tea", "VIRTUAL TABLE INDEX"),
        (f"/api/messages/search?q=tea&chat={FAMILY}", "VIRTUAL TABLE INDEX"),
        (f"/api/messages/search?q=tea&from={ALICE}&type=image&after={NOON}&offset=3", "VIRTUAL TABLE INDEX"),
        ("/api/chats?search=zoe", "whatsapp_chat_names VIRTUAL TABLE INDEX"),
        ("/api/chats", "INDEX chat_newest"),
        ("/api/stats/events", "SCAN whatsapp_event"),
        ("/api/stats/events?type=connection.status", "INDEX event_type"),
        ("/api/actions", "INDEX action_newest"),
        ("/api/actions?jid=15550100", "INDEX action_jid"),
        ("/api/actions?before=2024-05-01T12:00:00Z", "INDEX action_newest"),
    ],
)
def test_a_list_is_one_walk_along_an_index(api: Client, path: str, by: str, analyzed: bool) -> None:
    for number in range(60):
        chat = (ALICE, BOB, FAMILY)[number % 3]
        message = build_message(
            "tea", chat=chat, sender=ALICE, at=NOON + number, message_type=("text", "image")[number % 2]
        )
        if number % 2:
            build_media(None, message=message)
        build_event(("connection.status", "wa.call", "wa.story", "wa.chats.update")[number % 4])
    if analyzed:
        grow(times=10)  # what is known of a few rows makes SQLite sort them
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    plan = plan_of(api, path)
    assert by in plan
    assert "USE TEMP B-TREE" not in plan, plan


def test_a_search_for_everything_asks_each_index(api: Client) -> None:
    plan = plan_of(api, "/api/search?q=zoe")
    for index in ("message_fts", "chat_names", "contact_names", "group_names"):
        assert f"SCAN whatsapp_{index} VIRTUAL TABLE INDEX" in plan
    for noun in ("message", "chat", "contact", "group"):
        assert f"SCAN whatsapp_{noun}\n" not in plan + "\n"
