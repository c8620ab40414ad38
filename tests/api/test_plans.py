"""How SQLite walks its indexes for the lists: newest first without sorting."""

from copy import copy as copy_of
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_action,
    build_call,
    build_chat,
    build_delivery,
    build_event,
    build_group,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_webhook,
)
from tests.tools import about_sqlite
from whatsapp.models import Account, Action, Delivery, Media, Message, Receipt

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
    """Makes `times` as many messages, files, receipts and acts, with later keys."""
    messages, files, receipts = (
        list(Message.objects.all()),
        list(Media.objects.all()),
        list(Receipt.objects.all()),
    )
    acts = list(Action.objects.all())
    deliveries = list(Delivery.objects.all())
    newest = max(row.event_id for row in deliveries)
    for number in range(1, 2 * times):  # SQLite takes a table with empty indexes for one of a thousand rows
        Delivery.objects.bulk_create(
            copied(row, id=None, event_id=row.event_id + number * newest) for row in deliveries
        )
    highest = max(row.pk for row in messages)
    for number in range(1, times):
        shift = number * highest
        Message.objects.bulk_create(
            copied(row, id=row.pk + shift, message_id=f"{row.message_id}-{number}") for row in messages
        )
        Media.objects.bulk_create(copied(row, id=row.pk + shift, message_id=row.pk + shift) for row in files)
        Action.objects.bulk_create(copied(row, id=None) for row in acts)
        Receipt.objects.bulk_create(
            copied(row, id=None, message_id=f"{row.message_id}-{number}") for row in receipts
        )


def copied(row: Any, **changes: Any) -> Any:
    copy = copy_of(row)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


PERSON = "1666"

# path → the walk that finds its rows
WALKS = {
    "/api/messages": "SCAN whatsapp_message",
    "/api/messages?order=asc&offset=3": "SCAN whatsapp_message",
    f"/api/messages?chat={FAMILY}": "INDEX message_chat",
    f"/api/messages?from={ALICE}": "INDEX message_sender",
    "/api/messages?from_me=false": "SCAN whatsapp_message",
    "/api/messages?type=image": "INDEX message_type",
    "/api/messages?has_media=true": "INDEX message_with_media",
    "/api/messages?starred=true": "INDEX message_starred",
    "/api/messages?has_reactions=true": "INDEX sqlite_autoindex_whatsapp_reaction_1 (target_id=?",
    f"/api/messages?before={NOON + 99}&after={NOON}": "(id>? AND ",
    f"/api/messages?chat={FAMILY}&from={ALICE}&type=image&after={NOON}": "INDEX message_",
    "/api/messages?search=tea": "VIRTUAL TABLE INDEX",
    "/api/messages/search?q=tea": "VIRTUAL TABLE INDEX",
    f"/api/messages/search?q=tea&chat={FAMILY}": "VIRTUAL TABLE INDEX",
    f"/api/messages/search?q=tea&from={ALICE}&type=image&after={NOON}&offset=3": "VIRTUAL TABLE INDEX",
    "/api/messages/ONE/receipts": "INDEX sqlite_autoindex_whatsapp_receipt_1 (message_id=? AND chat_id=?",
    "/api/chats": "INDEX chat_newest",
    "/api/chats?archived=false": "INDEX chat_newest",
    "/api/chats?search=5": "INDEX chat_newest",
    f"/api/chats/{FAMILY}": "INDEX message_chat",
    "/api/contacts": "INDEX contact_by_name",
    "/api/contacts?search=5": "INDEX contact_by_name",
    "/api/contacts?business=false": "INDEX contact_by_name",
    "/api/groups": "INDEX group_by_name",
    "/api/calls": "INDEX call_newest",
    f"/api/calls?chat={ALICE}": "INDEX call_of_chat",
    f"/api/calls?from={ALICE}": "INDEX call_of_caller",
    f"/api/calls?after={NOON}": "INDEX call_newest",
    "/api/presence": "SCAN whatsapp_presence",
    f"/api/presence/{ALICE}/log": "INDEX sqlite_autoindex_whatsapp_presencechange_1 (contact_id=?",
    f"/api/presence/{ALICE}/log?after={NOON}": "(contact_id=? AND changed_at>?",
    "/api/receipts": "SCAN whatsapp_receipt",
    f"/api/receipts?chat={ALICE}": "INDEX receipt_of_chat",
    f"/api/receipts?jid={ALICE}": "INDEX whatsapp_receipt_contact_id",
    "/api/stories": "SCAN whatsapp_story",
    f"/api/stories?from={ALICE}": "INDEX story_sender",
    "/api/stories?active=true": "(rowid>?)",
    "/api/labels": "INDEX sqlite_autoindex_whatsapp_label_1 (account_id=?)",
    "/api/labels/associations": "SCAN whatsapp_labelassociation",
    "/api/newsletters": "INDEX sqlite_autoindex_whatsapp_newsletter_1 (account_id=?)",
    "/api/accounts": "INDEX sqlite_autoindex_whatsapp_account_1",
    "/api/media": "SCAN whatsapp_media",
    "/api/media?status=pending": "INDEX media_",
    "/api/media?kind=image": "INDEX media_kind",
    f"/api/media?chat={ALICE}": "INDEX message_chat",
    "/api/stats/events": "SCAN whatsapp_event",
    "/api/stats/events?type=connection.status": "INDEX event_type",
    "/api/stats/events?since_id=3": "(rowid>?)",
    f"/api/stats/events?after={NOON}": "COVERING INDEX event_logged (logged_at>?)",
    "/api/webhooks": "INDEX webhook_newest",
    "/api/webhooks/deliveries": "SCAN whatsapp_delivery",
    "/api/webhooks/deliveries?status=exhausted": "INDEX delivery_status",
    "/api/webhooks/deliveries?subscription_id=1": "INDEX delivery_webhook",
    "/api/webhooks/deliveries?subscription_id=1&status=exhausted": "INDEX delivery_",
    "/api/webhooks/deliveries?event_type=wa.call": "SCAN whatsapp_delivery",
    "/api/actions": "INDEX action_newest",
    "/api/actions?jid=15550100": "INDEX action_jid",
    "/api/actions?before=2024-05-01T12:00:00Z": "INDEX action_newest",
    "/api/actions?kind=send_text": "INDEX action_kind",
    "/api/actions?status=queued": "INDEX action_",
}


def fill() -> None:
    """Some rows in each table."""
    webhooks = [build_webhook() for _ in range(60)]
    for number in range(60):
        chat = (ALICE, BOB, FAMILY)[number % 3]
        at = NOON + number
        message = build_message(
            "tea", chat=chat, sender=ALICE, at=at, message_type=("text", "image")[number % 2]
        )
        if number % 2:
            build_media(None, message=message)
        person = f"{PERSON}{number:04}@s.whatsapp.net"
        build_event(("connection.status", "wa.call", "wa.story", "wa.chats.update")[number % 4])
        build_receipt(message, (person, ALICE)[number % 2], read_at=at)
        build_newest_reaction(message, sender=person)
        build_chat(person, last_message_ts=at)
        build_call(ALICE, started_at=at)
        build_call(person, started_at=at)
        build_presence(person)
        build_presence_change(ALICE, at=at)
        build_story(sender=(ALICE, BOB)[number % 2], at=at)
        build_label_association(message)
        build_label(f"label {number}")
        build_newsletter(f"{10**15 + number}@newsletter")
        build_group(f"{10**15 + number}@g.us", name=f"Group {number}")
        build_action(status=("done", "queued")[number % 2])
        build_delivery(webhooks[number % 2], status=("delivered", "exhausted")[number % 2])
    build_receipt(build_message(chat=FAMILY, message_id="ONE", at=NOON + 60))


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_every_list_is_one_walk_along_an_index_and_so_is_its_next_page(api: Client, analyzed: bool) -> None:
    fill()
    if analyzed:
        grow(times=10)  # what is known of a few rows makes SQLite sort them
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for path, by in WALKS.items():
        plan = plan_of(api, path)
        assert by in plan, (path, plan)
        assert "USE TEMP B-TREE" not in plan, (path, plan)
        first = f"{path}{'&' if '?' in path else '?'}limit=1"
        if "offset" not in path and (cursor_of_next := api.get(first).json().get("next")):
            plan = plan_of(api, f"{first}&cursor={cursor_of_next}")
            assert "USE TEMP B-TREE" not in plan, (path, plan)


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_no_list_is_sorted_where_there_are_several_accounts(api: Client, analyzed: bool) -> None:
    fill()
    Account.objects.create(name="another")
    if analyzed:
        grow(times=10)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for path in WALKS:
        plan = plan_of(api, path)
        assert "USE TEMP B-TREE" not in plan, (path, plan)


@about_sqlite
def test_a_search_for_everything_asks_each_index(api: Client) -> None:
    plan = plan_of(api, "/api/search?q=zoe")
    for index in ("message_fts", "chat_names", "contact_names", "group_names"):
        assert f"SCAN whatsapp_{index} VIRTUAL TABLE INDEX" in plan
    for noun in ("message", "chat", "contact", "group"):
        assert f"SCAN whatsapp_{noun}\n" not in plan + "\n"
