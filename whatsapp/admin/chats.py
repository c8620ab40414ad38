"""Chats, and what is kept of them besides their messages."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.finding import Rows
from whatsapp.admin.related import Related
from whatsapp.models import Call, Chat, Contact, Group, Label, LabelAssociation, Message, Newsletter

OF_CHAT = {"chat__id__exact": "pk"}
SAME_JID = {"jid__exact": "jid", "account__id__exact": "account_id"}


@admin.register(Chat)
class ChatAdmin(RecordAdmin):
    list_display = ("jid", "name", "unread_count", "last_message_ts", "last_message_body", "is_archived")
    list_filter = ("is_group", "is_archived", "is_pinned", "is_muted")
    ordering = ("account_id", "-last_message_ts", "-id")
    search_fields = ("name",)
    search_help_text = "Part of the name or JID"
    related = (
        Related("Messages", Message, OF_CHAT),
        Related("Contact", Contact, SAME_JID),
        Related("Group", Group, SAME_JID),
        Related("Newsletter", Newsletter, SAME_JID),
        Related("Calls", Call, OF_CHAT),
        Related("Labels", LabelAssociation, OF_CHAT),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        found: Rows = rows.found_by(text)  # type: ignore[attr-defined]  # ChatQuerySet's
        return found


@admin.register(Newsletter)
class NewsletterAdmin(RecordAdmin):
    list_display = ("jid", "name", "subscriber_count", "is_followed", "is_muted", "is_verified", "role")
    list_filter = ("is_followed", "is_verified")
    search_fields = ("name",)
    search_help_text = "Part of the name or JID"
    related = (Related("Chat", Chat, SAME_JID),)

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(name__icontains=text) | rows.filter(jid__icontains=text)


@admin.register(Label)
class LabelAdmin(RecordAdmin):
    list_display = ("label_id", "name", "color")
    search_fields = ("name",)
    search_help_text = "Part of the name; the whole id"
    related = (Related("On messages", LabelAssociation, {"label__id__exact": "pk"}),)

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(name__icontains=text) | rows.filter(label_id=text)


@admin.register(LabelAssociation)
class LabelAssociationAdmin(RecordAdmin):
    list_display = ("message_id", "chat", "label")
    search_fields = ("message_id",)
    search_help_text = "WhatsApp's id of the message"
    related = (
        Related("Message", Message, {"message_id__exact": "message_id", "chat__id__exact": "chat_id"}),
    )
