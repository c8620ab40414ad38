"""The hub itself: its accounts, acts, imports of histories, and its line to WhatsApp."""

from typing import Any

from django.conf import settings

from whatsapp.models import Action, Connection, HistorySync
from whatsapp.records.texts import time_shown
from whatsapp.shapes import Shape, shown

ACCOUNT = Shape(
    {
        "name": "name",
        "jid": "jid",
        "lid": "lid",
        "push_name": "push_name",
        "status": "connection__status",
        "since": "connection__since",
        "is_linked": shown(lambda device: device is not None, "device"),
        "is_default": shown(lambda name: name == settings.SESSION_NAME, "name"),
        "created_at": time_shown("created_at"),
        "updated_at": time_shown("updated_at"),
    }
)


ACTION = Shape(
    {
        "id": "id",
        "kind": "kind",
        "jid": "jid",
        "status": "status",
        "error": "error",
        "attempts": "attempts",
        "created_at": time_shown("created_at"),
        "updated_at": time_shown("updated_at"),
        "finished_at": time_shown("finished_at"),
        "payload": "payload",
        "result": "result",
        "message_id": "message_id",
    }
)


def action_news(action: Action) -> dict[str, Any]:
    """What listeners are told of an act: how it is now, and where to see more."""
    shown = ("kind", "status", "error", "jid", "message_id")
    return {"id": action.pk, **{name: getattr(action, name) for name in shown}}


def history_record(sync: HistorySync) -> dict[str, Any]:
    """How far the import of a history has come: `progress` in percent of all that the phone will hand over,
    the counts of this part of it."""
    return {
        "sync_type": sync.sync_type,
        "chunk_order": sync.chunk_order,
        "progress": sync.progress,
        "messages": sync.messages,
        "message_total": sync.message_total,
        "chats": sync.chats,
        "contacts": sync.contacts,
        "calls": sync.calls,
        "is_latest": sync.progress == 100,
        "finished": sync.finished_at is not None,
    }


def connection_record(
    connection: Connection, jid: str | None, now: int, history: HistorySync | None = None
) -> dict[str, Any]:
    """The state of the line to WhatsApp, and of the `history` being imported; `now` in Unix seconds."""
    return {
        "status": connection.status,
        "jid": jid,
        "hasQR": connection.qr is not None,
        "since": connection.since,
        "reason": connection.reason,
        "retry_in": max(0, connection.retry_at - now) if connection.retry_at else None,
        "last_event_at": connection.last_event_at,
        "history": history_record(history) if history else None,
    }
