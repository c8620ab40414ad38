"""The hub's processes, and the tickets that nobody has used yet."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.finding import Rows
from whatsapp.models import PeriodicRun, Process, Ticket


@admin.register(Process)
class ProcessAdmin(RecordAdmin):
    list_display = ("id", "kind", "started_at", "seen_at", "listeners", "cursor")
    search_fields = ("id",)
    search_help_text = "Part of its name"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(id__icontains=text)


@admin.register(Ticket)
class TicketAdmin(RecordAdmin):
    list_display = ("digest", "api_key", "expires_at")
    search_fields = ("digest",)
    search_help_text = "The whole digest"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk=text)


@admin.register(PeriodicRun)
class PeriodicRunAdmin(RecordAdmin):
    list_display = ("name", "minute")
    search_fields = ("name",)
    search_help_text = "The whole name"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk=text)
