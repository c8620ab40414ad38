"""The event log: what is written when rows change, and how it is read back.

Names and payloads are those of the contract with programs. A log row is written in the transaction that
changes the rows, so its id is in the order of commits and no reader sees an event without its rows.
"""

import time
from collections.abc import Iterable
from typing import Any

import orjson
from django.db import transaction

from whatsapp import wakeup
from whatsapp.models import Account, Event, Message
from whatsapp.prepared import Prepared, Slots
from whatsapp.records import complete_record, message_json
from whatsapp.rows import made

MESSAGES_UPSERT = "wa.messages.upsert"
MESSAGES_UPDATE = "wa.messages.update"
MESSAGES_DELETE = "wa.messages.delete"
MESSAGES_REACTION = "wa.messages.reaction"
HISTORY_SET = "wa.messaging-history.set"
RECEIPT_UPDATE = "wa.message-receipt.update"
PRESENCE_UPDATE = "wa.presence.update"
CHATS_UPSERT = "wa.chats.upsert"
CHATS_UPDATE = "wa.chats.update"
CHATS_DELETE = "wa.chats.delete"
CONTACTS_UPSERT = "wa.contacts.upsert"
CONTACTS_UPDATE = "wa.contacts.update"
GROUPS_UPSERT = "wa.groups.upsert"
GROUPS_UPDATE = "wa.groups.update"
GROUP_PARTICIPANTS_UPDATE = "wa.group-participants.update"
CALL = "wa.call"
POLL_VOTE = "wa.poll.vote"
STORY = "wa.story"
STORY_VIEW = "wa.story.view"
STORY_DELETE = "wa.story.delete"
NEWSLETTERS_UPDATE = "wa.newsletters.update"
BLOCKLIST_UPDATE = "wa.blocklist.update"
PRIVACY_UPDATE = "wa.privacy.update"
IDENTITY_CHANGE = "wa.identity.change"
CONNECTION_STATUS = "connection.status"
CONNECTION_QR = "connection.qr"
CONNECTION_LOGGED_OUT = "connection.logged_out"
CONNECTION_FAILED = "connection.failed"
MEDIA_DOWNLOADED = "media.downloaded"
MEDIA_FAILED = "media.failed"
ACTION_UPDATED = "action.updated"
ACCOUNTS_UPDATED = "accounts.updated"
SETTINGS_UPDATED = "settings.updated"
WEBHOOK_PAUSED = "webhook.paused"

# Those that neonize gives no cause for (README says why), yet clients of the original may ask for.
UNHEARD = ("wa.labels.association", "wa.labels.edit")

_NAMED = {value for name, value in vars().copy().items() if name.isupper() and isinstance(value, str)}
TYPES = tuple(sorted(_NAMED.union(UNHEARD)))


RAW = Prepared(lambda: Message.objects.filter(pk__in=Slots("keys")).order_by().values_list("pk", "raw"))


def new_event(account: Account, event_type: str, payload: Any, message_id: int | None = None) -> Event:
    """An unsaved log row; `payload` is anything that JSON can hold, `message_id` a message's key."""
    return made(
        Event,
        account=account,
        event_type=event_type,
        payload=orjson.dumps(payload).decode(),
        message_id=message_id,
        logged_at=int(time.time() * 1000),
    )


def append(account: Account, event_type: str, payload: Any, message_id: int | None = None) -> Event:
    """Logs one event. Call it in the transaction that makes it true."""
    event = new_event(account, event_type, payload, message_id)
    event.save(force_insert=True)
    transaction.on_commit(wakeup.nudge)
    return event


def render(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The envelopes of `events` as programs get them: `{type, timestamp, data, id, account}`.

    One query for all their messages, whose protobuf JSON is rendered from their stored bytes.
    """
    events = list(events)
    keys = [event.message_id for event in events if event.event_type == MESSAGES_UPSERT and event.message_id]
    raw: dict[int | None, bytes] = dict(RAW.rows(keys=keys)) if keys else {}
    return [
        {
            "type": event.event_type,
            "timestamp": event.logged_at,
            "data": _data(event, raw.get(event.message_id)),
            "id": event.pk,
            "account": event.account.name,
        }
        for event in events
    ]


def _data(event: Event, raw: bytes | None) -> Any:
    payload = orjson.loads(event.payload)
    if event.event_type != MESSAGES_UPSERT:
        return payload
    record = complete_record(payload["record"])
    message = {
        "key": payload["key"],
        "messageTimestamp": record["timestamp"],
        "pushName": record["push_name"],
        "message": message_json(raw) if raw else None,
    }
    return {"messages": [message], "type": payload["type"], "records": [record]}
