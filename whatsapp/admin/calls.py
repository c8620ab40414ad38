"""Calls."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.finding import Rows, people
from whatsapp.models import Call


@admin.register(Call)
class CallAdmin(RecordAdmin):
    list_display = ("started_at", "caller", "chat", "status", "from_me", "is_video", "duration")
    list_filter = ("status", "is_video", "is_group")
    ordering = ("account_id", "-started_at", "-id")
    search_fields = ("call_id",)
    search_help_text = "The JID, LID or phone number of the caller; WhatsApp's id of the call"

    def find(self, rows: Rows, text: str) -> Rows:
        who = people(text)
        return rows.filter(caller__in=who) if who else rows.filter(call_id=text)
