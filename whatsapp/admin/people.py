"""Contacts, and who of them is online."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.filters import ChangePeriodFilter
from whatsapp.admin.finding import Rows, people
from whatsapp.admin.related import Related
from whatsapp.models import (
    Call,
    Chat,
    Contact,
    GroupParticipant,
    Media,
    Message,
    Presence,
    PresenceChange,
    Receipt,
    Story,
    StoryView,
)

OF_CONTACT = {"contact__id__exact": "pk"}
BY_CONTACT = {"sender__id__exact": "pk"}


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    list_display = ("jid", "lid", "name", "notify_name", "business_name", "is_business", "is_blocked")
    list_filter = ("is_business", "is_verified", "is_blocked")
    search_fields = ("name",)
    search_help_text = "Part of a name or number; a whole LID"
    related = (
        Related("Chat", Chat, {"jid__exact": "jid", "account__id__exact": "account_id"}),
        Related("Messages", Message, BY_CONTACT),
        Related("Stories", Story, BY_CONTACT),
        Related("Groups", GroupParticipant, OF_CONTACT),
        Related("Calls", Call, {"caller__id__exact": "pk"}),
        Related("Pictures", Media, OF_CONTACT),
        Related("Presence", Presence, OF_CONTACT),
        Related("Presence changes", PresenceChange, OF_CONTACT),
        Related("Receipts", Receipt, OF_CONTACT),
        Related("Views of our stories", StoryView, OF_CONTACT),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        found: Rows = rows.found_by(text) | rows.filter(lid=text)  # type: ignore[attr-defined]  # ContactQuerySet's
        return found


@admin.register(Presence)
class PresenceAdmin(RecordAdmin):
    list_display = ("contact", "is_online", "last_seen", "chat_state", "chat", "chat_state_at")
    list_filter = ("is_online",)
    search_fields = ("contact",)
    search_help_text = "A JID, LID or phone number"
    related = (Related("Changes", PresenceChange, {"contact__id__exact": "contact_id"}),)

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(contact__in=people(text))


@admin.register(PresenceChange)
class PresenceChangeAdmin(RecordAdmin):
    list_display = ("changed_at", "contact", "state", "chat", "last_seen")
    list_filter = (ChangePeriodFilter,)
    ordering = ("-changed_at", "-pk")
    order_when = {"contact": ("-changed_at", "-state")}
    search_fields = ("contact",)
    search_help_text = "A JID, LID or phone number"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(contact__in=people(text))
