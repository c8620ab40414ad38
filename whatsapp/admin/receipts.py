"""What people answer to a message without writing: receipts, reactions and votes."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.finding import Rows, people
from whatsapp.admin.related import Related
from whatsapp.models import Message, PollVote, Reaction, Receipt


def message_with(column: str) -> tuple[Related, ...]:
    return (Related("Message", Message, {"message_id__exact": column, "chat__id__exact": "chat_id"}),)


@admin.register(Receipt)
class ReceiptAdmin(RecordAdmin):
    list_display = ("message_id", "chat", "contact", "delivered_at", "read_at", "played_at")
    search_fields = ("message_id",)
    search_help_text = "WhatsApp's id of the message; the JID, LID or phone number of who got it"
    related = message_with("message_id")

    def find(self, rows: Rows, text: str) -> Rows:
        who = people(text)
        return rows.filter(contact__in=who) if who else rows.filter(message_id=text)


@admin.register(Reaction)
class ReactionAdmin(RecordAdmin):
    list_display = ("reacted_at", "emoji", "sender", "chat", "target_id")
    search_fields = ("target_id",)
    search_help_text = "WhatsApp's id of the message"
    related = message_with("target_id")


@admin.register(PollVote)
class PollVoteAdmin(RecordAdmin):
    list_display = ("voted_at", "voter", "options", "chat", "poll_id")
    search_fields = ("poll_id",)
    search_help_text = "WhatsApp's id of the poll"
    related = message_with("poll_id")
