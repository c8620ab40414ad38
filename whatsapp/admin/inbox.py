"""The inbox: what WhatsApp delivered, and what could not be handled of it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import HIDDEN
from whatsapp.admin.finding import Rows, is_key
from whatsapp.admin.readable import CODE_NAMES, code_name, event_block
from whatsapp.admin.related import Related
from whatsapp.admin.typing import ModelAdmin
from whatsapp.ingest import codes
from whatsapp.models import HistorySync, InboxEvent


class KindFilter(SimpleListFilter):
    """The kind of event, once a state is chosen: the index begins with that."""

    title = "kind"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        if "state__exact" not in request.GET:
            return []
        return [(str(code), code_name(code)) for code in sorted(CODE_NAMES.keys() - codes.CONNECTION_CODES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        return queryset.filter(code=int(code)) if code and is_key(code) else queryset


def data(event: InboxEvent) -> str:
    """A new secret of the link to the phone is nobody's to read."""
    return HIDDEN if event.code == codes.ROTATE_ADV_SECRET else event_block(event)


@admin.register(InboxEvent)
class InboxEventAdmin(RecordAdmin):
    list_display = ("id", "code", "state", "received_at", "size", "error")
    list_filter = ("state", KindFilter)
    order_when = {"state": ("-code", "-id")}
    search_fields = ("waits_for",)
    search_help_text = "The number of an event; the id of the message that it waits for"
    columns = {"code": lambda event: code_name(event.code), "data": data}
    related = (Related("History sync", HistorySync, {"event__id__exact": "pk"}),)
    actions = ("put_back_in_line",)

    def rows_in_list(self, request: HttpRequest) -> Rows:
        rows: Rows = super().rows_in_list(request).annotate(data_size=Length("data"))
        return rows

    @admin.display(description="bytes")
    def size(self, event: InboxEvent) -> str:
        return f"{event.data_size:,}"  # type: ignore[attr-defined]  # annotated

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(pk=int(text)) if is_key(text) else rows.filter(waits_for=text)

    @admin.action(description="Put back in line", permissions=["retry"])
    def put_back_in_line(self, request: HttpRequest, queryset: Any) -> None:
        """Those in quarantine are handled again, in their old order."""
        number = queryset.put_back_in_line()
        self.message_user(request, f"{number} events are back in line.", messages.SUCCESS)


@admin.register(HistorySync)
class HistorySyncAdmin(RecordAdmin):
    list_display = (
        "started_at",
        "sync_type",
        "progress",
        "messages",
        "message_total",
        "finished_at",
        "event",
    )
    search_fields = ("sync_type",)
    search_help_text = "The whole type, for example full"
