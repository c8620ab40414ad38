"""A hub that strangers have written into: every text that WhatsApp's users control is hostile.

It comes as it does in the field, as events that ingest takes in. What the hub gets in other ways (files,
answers of receivers of webhooks, errors of libraries) is written into its rows afterwards.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, CharField, Field, JSONField, Model, TextField

from tests import builders
from tests.attacks.hostile import ADDRESS, HTML, LINKS, MARKUP, PEOPLE, SVG
from tests.attacks.strangers import ME, everything
from tests.whatsapp.ingest.arriving import arrive, drain
from whatsapp import media_files
from whatsapp.models import Account, Action, InboxEvent, Media

MOST_ROWS = 40  # of a table, whose own pages are opened
PARAMETERS = {
    "chats": "Chat.jid",
    "contacts": "Contact.jid",
    "groups": "Group.jid",
    "media": "Media.pk",
    "webhooks": "Webhook.pk",
    "deliveries": "Delivery.pk",
    "calls": "Call.pk",
    "call_ids": "Call.call_id",
    "actions": "Action.pk",
    "keys": "ApiKey.pk",
    "newsletters": "Newsletter.jid",
    "stories": "Story.message_id",
    "message_ids": "Message.message_id",
    "quarantine": "InboxEvent.pk",
    "accounts": "Account.name",
}
SHORTEST = 28  # characters of a text that an address keeps
LONGEST = 64  # characters of a text that every column takes
TEXTS = (MARKUP, ADDRESS, LINKS)
FILES = (HTML.encode(), SVG.encode(), b"%PDF-1.4\n" + HTML.encode(), b"plain " + HTML.encode())

# What no ingest writes. Column → by whom it is.
OTHERWISE = {
    "Account.device": "the library",
    "Account.jid": "WhatsApp, at pairing",
    "Account.lid": "WhatsApp, at pairing",
    "Account.privacy": "the hub: WhatsApp's words out of a fixed list",
    "Account.push_name": "the session, at pairing",
    "Action.error": "the session: what the library says",
    "Action.idempotency_key": "a program",
    "Action.jid": "a program",
    "Action.message_id": "the session",
    "Action.payload": "a program",
    "Action.result": "the session: what WhatsApp answers",
    "ApiKey.name": "the owner",
    "ApiKey.chats": "the owner",
    "Connection.qr": "WhatsApp",
    "Connection.reason": "the session: what the library says",
    "Delivery.last_error": "a receiver of webhooks",
    "Delivery.payload": "the log",
    "DeliveryAttempt.answer": "a receiver of webhooks",
    "DeliveryAttempt.error": "a receiver of webhooks",
    "InboxEvent.error": "the hub: what a handler has raised",
    "Label.name": "nobody yet: the library does not hand it over",
    "Lease.host": "the machine",
    "Media.download_error": "the session: what the library says",
    "Preference.value": "the owner",
    "Webhook.chats": "the owner",
    "Webhook.pause_reason": "a receiver of webhooks",
    "Webhook.url": "the owner",
}
# What can't hold a text of anybody's. Column, or the end of its name → why.
NEVER = {
    ".digest": "a digest",
    ".idempotency_digest": "a digest",
    ".file_hash": "a digest",
    ".prefix": "of a key that the hub makes",
    ".scopes": "a list of three words",
    ".accounts": "numbers",
    ".set_at": "field → number",
    ".event_type": "the hub's own word",
    ".message_type": "the hub's own word",
    ".story_type": "the hub's own word",
    ".sync_type": "WhatsApp's word out of a fixed list",
    "Account.name": "a slug",
    "Action.kind": "the hub's own word",
    "Call.logged_result": "WhatsApp's word out of a fixed list",
    "FileTally.kind": "the hub's own word",
    "FileTally.download_status": "the hub's own word",
    "Lease.holder": "a random text of the hub's",
    "Media.file_path": "of the file's hash and type",
    "Media.kind": "the hub's own word",
    "MessageIndex.row": "the search index of rows that are tried",
    "MessageIndex.scope": "the search index of rows that are tried",
    "Newsletter.role": "WhatsApp's word out of a fixed list",
    "PeriodicRun.name": "the hub's own word",
    "Preference.key": "a name out of a fixed list",
    "Process.id": "kind, machine and number",
    "Webhook.drained_by": "the hub's own word",
    "Webhook.events": "prefixes out of a fixed list",
    "Webhook.headers": "sealed",
    "Webhook.previous_secret": "sealed",
    "Webhook.secret": "sealed",
}


def text_columns() -> Iterator[tuple[str, type[Model], Field]]:
    """Each column of each table that can hold a text of anybody's: `Model.column`, and where it is."""
    for model in apps.get_app_config("whatsapp").get_models():
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, CharField | TextField | JSONField | BinaryField)
            if is_text and not field.choices:
                yield f"{model.__name__}.{field.name}", model, field


def is_hostile(value: Any) -> bool:
    """Whether one of the texts, or the file, is in it."""
    if isinstance(value, bytes | memoryview):
        value = bytes(value).decode("utf-8", "replace")
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    starts = [text[:SHORTEST] for text in (*TEXTS, SVG)]
    return any(start in value or json.dumps(start)[1:-1] in value for start in starts)


def hostile_columns() -> set[str]:
    return {
        column
        for column, model, field in text_columns()
        if any(map(is_hostile, model._base_manager.values_list(field.name, flat=True)))
    }


def why_never(column: str) -> str | None:
    return NEVER.get(column) or NEVER.get(column[column.index(".") :])


def tried_columns() -> list[str]:
    return sorted(column for column, _, _ in text_columns() if why_never(column) is None)


def build() -> dict[str, list[str]]:
    """Fills the hub. Returns its columns: those that are hostile by ingest, and those that were made so."""
    account = Account.default()
    Account.objects.filter(pk=account.pk).update(jid=ME, lid="900015550199@lid")
    account.refresh_from_db()
    for text in TEXTS:
        arrive(account, everything(text))
        drain(account)
    assert not InboxEvent.objects.pending().exists()
    by_ingest = hostile_columns()
    add_the_rest()
    return {"by ingest": sorted(by_ingest), "otherwise": sorted(hostile_columns() - by_ingest)}


def add_the_rest() -> None:
    """What others write: programs, receivers of webhooks, the library, the owner; and files."""
    words = ("text", "caption", "name", "filename", "description", "address", "subject", "emoji", "url")
    payload = {"jid": PEOPLE[0], **dict.fromkeys(words, MARKUP), "options": [MARKUP], "message_id": MARKUP}
    for kind in ("send_text", "send_image", "send_poll", "send_location", "react", "set_group_subject"):
        builders.build_action(kind, jid=PEOPLE[0], payload=payload, result={"key": {"id": MARKUP}})
    webhook = builders.build_webhook("https://a.example/?" + MARKUP)
    delivery = builders.build_delivery(webhook, status="failed")
    builders.build_delivery_attempt(delivery)
    builders.build_api_key()
    builders.build_process(id=f"web-{1}")
    apps.get_model("whatsapp.Preference").objects.create(key="logLevel", value="info")
    apps.get_model("whatsapp.Lease").objects.get_or_create(account=Account.default())
    builders.build_inbox_event(state=InboxEvent.State.QUARANTINED)
    for number, media in enumerate(Media.objects.order_by("pk")):
        data = FILES[number % len(FILES)]
        mime_type = media_files.detect_mime_type(data, media.mime_type)
        path, digest = media_files.store(data, mime_type, media.timestamp)
        stored = {"file_path": path, "file_hash": digest, "file_size": len(data), "mime_type": mime_type}
        status = Media.Status.DOWNLOADED if number % 3 else Media.Status.FAILED
        Media.objects.filter(pk=media.pk).update(**stored, download_status=status, download_error=MARKUP)
    done = hostile_columns()
    for column, model, field in text_columns():
        if column in OTHERWISE and column not in done:
            assert write(model, field), f"there is no row to write {column} into"
    Action.objects.filter(kind="send_text").update(status=Action.Status.FAILED)


def write(model: type[Model], field: Field) -> int:
    """Writes a hostile text into the column of one row."""
    value: Any = MARKUP
    if isinstance(field, JSONField):
        value = [MARKUP] if field.name == "chats" else {"text": MARKUP}
    elif field.name == "payload":
        value = json.dumps({"text": MARKUP})
    elif field.max_length is not None:
        value = MARKUP[:LONGEST]
    row = model._base_manager.order_by("pk").first()
    return model._base_manager.filter(pk=row.pk).update(**{field.name: value}) if row is not None else 0


# What can be opened


def things() -> dict[str, list[list[Any]]]:
    """Parameters of routes → what there is to put into them: the most different rows first."""
    message = apps.get_model("whatsapp.Message").objects.select_related("chat")
    kinds: dict[str, list[list[Any]]] = {}
    for one in message.order_by("pk"):
        kinds.setdefault(one.message_type, []).append([one.chat.jid, one.pk])
    each = itertools.zip_longest(*kinds.values())
    found: dict[str, list[list[Any]]] = {
        "messages": [pair for some in each for pair in some if pair is not None],
        "tables": [],
    }
    for name, column in PARAMETERS.items():
        model, _, field = column.partition(".")
        rows = apps.get_model("whatsapp", model)._base_manager.order_by("pk").values_list(field)
        found[name] = [list(row) for row in rows]
    events = apps.get_model("whatsapp.Event").objects.order_by("event_type", "pk")
    found["events"] = [[pk] for pk in dict(events.values_list("event_type", "pk")).values()]
    for model in apps.get_models():
        meta = model._meta
        keys = model._base_manager.order_by("pk").values_list("pk", flat=True)
        found["tables"].append([meta.app_label, meta.model_name, *keys[:MOST_ROWS]])
    return found
