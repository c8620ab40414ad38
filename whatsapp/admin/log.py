"""The event log, and the acts that the hub was asked for."""

from typing import Any

from django.contrib import admin

from whatsapp import actions, events
from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import HIDDEN
from whatsapp.admin.filters import one_of
from whatsapp.admin.finding import Rows, is_key
from whatsapp.admin.readable import json_block, json_text_block
from whatsapp.admin.related import Related
from whatsapp.models import Action, Event, Message


def payload(event: Event) -> Any:
    """Whoever scans a code is let in."""
    return HIDDEN if event.event_type == events.CONNECTION_QR else json_text_block(event.payload)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("id", "event_type", "logged_at", "message")
    list_filter = (one_of("event_type", events.TYPES, "type"),)
    search_fields = ("event_type",)
    search_help_text = "The number of an event, or its whole type"
    columns = {"payload": payload}

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk=int(text)) if is_key(text) else rows.filter(event_type=text)


def result(action: Action) -> Any:
    """Whoever types a pairing code is let in."""
    if action.kind == actions.PAIR and action.result:
        return HIDDEN
    return json_block(action.result)


@admin.register(Action)
class ActionAdmin(RecordAdmin):
    list_display = ("id", "kind", "status", "created_at", "finished_at", "message_id", "error")
    list_filter = ("status",)
    search_fields = ("message_id",)
    search_help_text = "The number of an act; WhatsApp's id of the message that it sent"
    columns = {"result": result}
    related = (Related("Message", Message, {"message_id__exact": "message_id"}),)

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk=int(text)) if is_key(text) else rows.filter(message_id=text)
