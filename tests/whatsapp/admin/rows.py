"""A row for every table, and what a browser finds of it in the admin."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.builders import (
    NOON,
    build_action,
    build_api_key,
    build_call,
    build_chat,
    build_contact,
    build_delivery,
    build_delivery_attempt,
    build_edit,
    build_event,
    build_group,
    build_group_change,
    build_history_sync,
    build_inbox_event,
    build_label,
    build_label_association,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_participant,
    build_poll_vote,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_story_view,
    build_webhook,
)
from whatsapp.models import (
    Account,
    Action,
    ApiKey,
    Call,
    Chat,
    Connection,
    Contact,
    DayTally,
    Delivery,
    DeliveryAttempt,
    Event,
    FileTally,
    Group,
    GroupChange,
    GroupParticipant,
    HistorySync,
    InboxEvent,
    Label,
    LabelAssociation,
    Lease,
    Media,
    Message,
    MessageEdit,
    MessageIndex,
    MessageTally,
    Newsletter,
    PeriodicRun,
    PollVote,
    Preference,
    Presence,
    PresenceChange,
    Process,
    Reaction,
    Receipt,
    Story,
    StoryView,
    Ticket,
    TotalTally,
    Webhook,
)

# No records: what the database makes of others by itself.
DERIVED = (MessageIndex, MessageTally, TotalTally, DayTally, FileTally)
TABLES = [model for model in apps.get_app_config("whatsapp").get_models() if model not in DERIVED]
EDITABLE = [ApiKey, Preference, Webhook]
READ_ONLY = [model for model in TABLES if model not in EDITABLE]
LARGE = [Message, Event, InboxEvent, Receipt, Media, PresenceChange, Delivery, DeliveryAttempt]


def person(number: int) -> str:
    return f"1555020{number:04}@s.whatsapp.net"


def message(number: int, **fields: Any) -> Message:
    return build_message(chat=person(number), at=NOON + number, raw=True, **fields)


def media(number: int) -> Media:
    """The file of a message or story, or a picture of a contact or group."""
    owners: list[Callable[[], dict[str, Any]]] = [
        lambda: {"message": message(number)},
        lambda: {"story": build_story(sender=person(number), at=NOON + number)},
        lambda: {"contact": build_contact(person(number))},
        lambda: {"group": build_group(f"12036300000001{number:04}@g.us")},
    ]
    now = build_contact().first_seen_at
    small = b"\xff\xd8\xff..."
    return Media.objects.create(
        account=Account.default(), kind="image", created_at=now, thumbnail=small, **owners[number % 4]()
    )


ROWS: dict[type[Model], Callable[[int], Model]] = {
    Account: lambda number: Account.objects.create(name=f"line-{number}"),
    Action: lambda number: build_action(message_id=f"3EB0{number}"),
    ApiKey: lambda number: build_api_key("read")[0],
    Call: lambda number: build_call(person(number)),
    Chat: lambda number: build_chat(person(number), last_message_ts=NOON + number),
    Connection: lambda number: Connection.objects.create(
        account=Account.objects.create(name=f"line-{number}"), since=NOON
    ),
    Contact: lambda number: build_contact(person(number)),
    Delivery: lambda number: build_delivery(build_webhook()),
    DeliveryAttempt: lambda number: build_delivery_attempt(),
    Event: lambda number: build_event(message_id=message(number).pk),
    Group: lambda number: build_group(f"12036300000001{number:04}@g.us", owner=build_contact(person(number))),
    GroupChange: lambda number: build_group_change(
        group=build_group(f"12036300000001{number:04}@g.us"), actor=build_contact(person(number))
    ),
    GroupParticipant: lambda number: build_participant(person(number)),
    HistorySync: lambda number: build_history_sync(build_inbox_event()),
    InboxEvent: lambda number: build_inbox_event(),
    Label: lambda number: build_label(str(number)),
    Lease: lambda number: Lease.objects.create(account=Account.objects.create(name=f"line-{number}")),
    LabelAssociation: lambda number: build_label_association(message(number), build_label(str(number))),
    Media: media,
    Message: message,
    MessageEdit: lambda number: build_edit(message(number)),
    Newsletter: lambda number: build_newsletter(f"12036300000002{number:04}@newsletter"),
    PollVote: lambda number: build_poll_vote(message(number), "tea", voter=person(number)),
    Preference: lambda number: Preference.objects.create(key=f"gone-{number:02}", value=number),
    Presence: lambda number: build_presence(person(number), chat=build_chat(person(number))),
    PresenceChange: lambda number: build_presence_change(person(number), chat=build_chat(person(number))),
    Process: lambda number: Process.objects.create(
        id=f"web-host-{number}", kind="web", started_at=NOON, seen_at=NOON
    ),
    Reaction: lambda number: build_newest_reaction(message(number), sender=person(number)),
    Receipt: lambda number: build_receipt(message(number), person(number), read_at=NOON),
    Story: lambda number: build_story(sender=person(number), at=NOON + number),
    StoryView: lambda number: build_story_view(build_story(), person(number)),
    PeriodicRun: lambda number: PeriodicRun.objects.create(name=f"task{number}", minute=NOON // 60),
    Ticket: lambda number: Ticket.objects.create(digest=f"{number:064}", expires_at=NOON),
    Webhook: lambda number: build_webhook(),
}


def list_of(model: type[Model], query: str = "") -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + query


def page_of(row: Model, act: str = "change") -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{act}", args=[row.pk])


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return str(response.content.decode())


def sql_of(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        text_of(client, path)
    return [query["sql"] for query in queries]


def rows_in(client: Client, path: str) -> list[Any]:
    """The rows that the list at `path` shows, in its order."""
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code, response.get("Location"))
    return list(response.context["cl"].result_list)
