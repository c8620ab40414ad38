"""Groups, who is in them, and what has become of them."""

from django.contrib import admin

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.finding import Rows, people
from whatsapp.admin.related import Related
from whatsapp.models import Chat, Group, GroupChange, GroupParticipant, Media

OF_GROUP = {"group__id__exact": "pk"}


@admin.register(Group)
class GroupAdmin(RecordAdmin):
    list_display = ("jid", "name", "owner", "participant_count", "is_member", "is_community", "creation_time")
    list_filter = ("is_member", "is_community", "is_deleted")
    search_fields = ("name",)
    search_help_text = "Part of the name or JID"
    related = (
        Related("Chat", Chat, {"jid__exact": "jid", "account__id__exact": "account_id"}),
        Related("Participants", GroupParticipant, OF_GROUP),
        Related("Changes", GroupChange, OF_GROUP),
        Related("Pictures", Media, OF_GROUP),
        Related("Community", Group, {"jid__exact": "parent_jid", "account__id__exact": "account_id"}),
        Related(
            "Groups of this one", Group, {"parent_jid__exact": "jid", "account__id__exact": "account_id"}
        ),
    )

    def find(self, rows: Rows, text: str) -> Rows:
        found: Rows = rows.found_by(text)  # type: ignore[attr-defined]  # GroupQuerySet's
        return found


def groups(text: str) -> list[int]:
    """The first groups whose name or JID contains `text`."""
    return list(Group.objects.all().found_by(text).values_list("pk", flat=True)[:50])


@admin.register(GroupParticipant)
class GroupParticipantAdmin(RecordAdmin):
    list_display = ("pk", "group", "contact", "role", "is_present", "added_at", "left_at")
    list_filter = ("role", "is_present")
    order_when = {"group": ("group_id", "contact_id")}
    search_fields = ("contact",)
    search_help_text = "A JID, LID or phone number; part of a group's name"

    def find(self, rows: Rows, text: str) -> Rows:
        who = people(text)
        return rows.filter(contact__in=who) if who else rows.filter(group__in=groups(text))


@admin.register(GroupChange)
class GroupChangeAdmin(RecordAdmin):
    list_display = ("timestamp", "group", "kind", "actor", "contact", "value")
    list_filter = ("kind",)
    order_when = {"group": ("-timestamp", "-id")}
    search_fields = ("group",)
    search_help_text = "Part of a group's name or JID"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(group__in=groups(text))
