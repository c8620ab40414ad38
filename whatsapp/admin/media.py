"""Files, and the state of their downloads."""

from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import unbroken, unix_time_text
from whatsapp.admin.filters import PeriodFilter, one_of
from whatsapp.admin.finding import Rows, is_key
from whatsapp.admin.finding import messages as messages_with
from whatsapp.admin.readable import picture
from whatsapp.models import Media
from whatsapp.upkeep import ROWS_AT_ONCE

HASH_LENGTH = 64


@admin.register(Media)
class MediaAdmin(RecordAdmin):
    list_display = (
        "time",
        "kind",
        "mime_type",
        "file_size",
        "download_status",
        "message",
        "original_filename",
    )
    list_filter = (PeriodFilter, one_of("download_status", Media.Status.values, "download"))
    search_fields = ("message",)
    search_help_text = "WhatsApp's id of the message; a file's SHA-256; the key of a row"
    columns = {"thumbnail": lambda media: picture(media.thumbnail)}
    actions = ("retry",)

    @admin.display(description="time")
    def time(self, media: Media) -> str | None:
        return unbroken(unix_time_text(media.timestamp, 1))

    def find(self, rows: Rows, text: str) -> Rows:
        if is_key(text):
            return rows.filter(pk=int(text))
        if len(text) == HASH_LENGTH:
            return rows.filter(file_hash=text.lower())
        return rows.filter(message__in=messages_with(text))

    @admin.action(description="Download again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        chosen = iter(queryset.select_related(None).values_list("account_id", "pk"))
        due = 0
        while portion := list(islice(chosen, ROWS_AT_ONCE)):
            due += Media.retry_all(portion)
        self.message_user(request, f"{due} of the files are to be downloaded now.", messages.SUCCESS)
