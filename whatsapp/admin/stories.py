"""Stories, and who has seen ours."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.filters import PeriodFilter
from whatsapp.admin.finding import Rows, people
from whatsapp.admin.readable import message_block
from whatsapp.admin.related import Related
from whatsapp.models import Media, Story, StoryView


@admin.register(Story)
class StoryAdmin(RecordAdmin):
    list_display = ("timestamp", "sender", "story_type", "body", "has_media", "is_deleted", "expires_at")
    list_filter = (PeriodFilter,)
    search_fields = ("message_id",)
    search_help_text = "The JID, LID or phone number of who posted it; WhatsApp's id of the story"
    columns = {"raw": lambda story: message_block(story.raw)}
    related = (
        Related("File", Media, {"story__id__exact": "pk"}),
        Related("Views", StoryView, {"message_id__exact": "message_id", "account__id__exact": "account_id"}),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        who = people(text)
        return rows.filter(sender__in=who) if who else rows.filter(message_id=text)


@admin.register(StoryView)
class StoryViewAdmin(RecordAdmin):
    list_display = ("message_id", "contact", "viewed_at", "reaction_emoji", "reacted_at", "delivered_at")
    search_fields = ("message_id",)
    search_help_text = "WhatsApp's id of the story; the JID, LID or phone number of who saw it"
    related = (
        Related("Story", Story, {"message_id__exact": "message_id", "account__id__exact": "account_id"}),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        who = people(text)
        return rows.filter(contact__in=who) if who else rows.filter(message_id=text)
