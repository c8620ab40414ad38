"""Messages, and the bodies that they have had."""

from django.contrib import admin

from whatsapp import search
from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.filters import PeriodFilter, one_of
from whatsapp.admin.finding import Rows, messages
from whatsapp.admin.readable import message_block
from whatsapp.admin.related import Related
from whatsapp.ingest.content import MessageType
from whatsapp.models import (
    Action,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    PollVote,
    Reaction,
    Receipt,
)


def named_by(column: str) -> dict[str, str]:
    """Look-ups of what is in the same chat and has the id in `column`."""
    return {"message_id__exact": column, "chat__id__exact": "chat_id"}


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    list_display = ("timestamp", "chat", "sender", "body", "message_type", "status")
    list_filter = (PeriodFilter, "is_starred", "has_media", one_of("message_type", MessageType))
    search_fields = ("body",)
    search_help_text = (
        "Words, \"phrases\", prefix*, AND, OR, NOT in the messages' texts; or WhatsApp's id of one"
    )
    columns = {"raw": lambda message: message_block(message.raw)}
    related = (
        Related("File", Media, {"message__id__exact": "pk"}),
        Related("Earlier bodies", MessageEdit, {"message__id__exact": "pk"}),
        Related("Receipts", Receipt, named_by("message_id")),
        Related("Reactions", Reaction, {"target_id__exact": "message_id", "chat__id__exact": "chat_id"}),
        Related(
            "Messages of reactions",
            Message,
            {"reaction_target_id__exact": "message_id", "chat__id__exact": "chat_id"},
        ),
        Related("Votes", PollVote, {"poll_id__exact": "message_id", "chat__id__exact": "chat_id"}),
        Related("Labels", LabelAssociation, named_by("message_id")),
        Related("Quoted message", Message, named_by("quoted_id")),
        Related("Message reacted to", Message, named_by("reaction_target_id")),
        Related("Message meant", Message, named_by("target_id")),
        Related("Act that sent it", Action, {"message_id__exact": "message_id"}),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        """By WhatsApp's id, else by full text, newest first in either case."""
        if keys := messages(text):
            return rows.filter(pk__in=keys)
        found: Rows = search.search(rows, text).order_by(search.newest_first())
        return found


@admin.register(MessageEdit)
class MessageEditAdmin(RecordAdmin):
    list_display = ("edited_at", "message", "body")
    search_fields = ("message",)
    search_help_text = "WhatsApp's id of the message"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(message__in=messages(text))
