"""Linked numbers, and their lines to WhatsApp."""

from typing import Any

from django.contrib import admin
from django.db.models import Q

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import HIDDEN
from whatsapp.admin.finding import Rows
from whatsapp.admin.related import Related
from whatsapp.models import (
    Account,
    Chat,
    Connection,
    Contact,
    Group,
    HistorySync,
    InboxEvent,
    Label,
    Lease,
    Newsletter,
)

OF_ACCOUNT = {"account__id__exact": "pk"}


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    list_display = ("name", "jid", "lid", "device", "push_name", "created_at", "removed_at")
    search_fields = ("name", "jid", "lid", "push_name")
    search_help_text = "Part of a name or JID"
    related = (
        Related("Connection", Connection, OF_ACCOUNT),
        Related("Chats", Chat, OF_ACCOUNT),
        Related("Contacts", Contact, OF_ACCOUNT),
        Related("Groups", Group, OF_ACCOUNT),
        Related("Newsletters", Newsletter, OF_ACCOUNT),
        Related("Labels", Label, OF_ACCOUNT),
        Related("History syncs", HistorySync, OF_ACCOUNT),
        Related("Inbox", InboxEvent, OF_ACCOUNT),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        found = Q()
        for name in self.search_fields:
            found |= Q(**{f"{name}__icontains": text})
        return rows.filter(found)


def hidden_code(connection: Connection) -> Any:
    """Whoever scans the code is let in."""
    return HIDDEN if connection.qr else None


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin):
    list_display = ("account", "status", "reason", "since", "last_event_at", "heartbeat_at")
    list_filter = ("status",)
    search_fields = ("account__name__icontains",)
    search_help_text = "Part of the account's name"
    columns = {"qr": hidden_code}


@admin.register(Lease)
class LeaseAdmin(RecordAdmin):
    list_display = ("account", "host", "until")
    search_fields = ("account__name__icontains",)
    search_help_text = "Part of the account's name"
