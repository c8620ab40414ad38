"""Filters of people, groups, calls, presence, receipts, stories, labels and newsletters."""

import math
import time
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as rest

from api.filters import LAST_SECOND, Filters, JidFilter, MomentFilter, TextFilter, TrueOrFalseFilter, key_of
from whatsapp.models import Call, Presence
from whatsapp.querysets import keys_of_person

Rows = QuerySet[Any]


def whole_second(seconds: float) -> int:
    return max(-LAST_SECOND, min(math.floor(seconds), LAST_SECOND))


class ContactFilter(Filters):
    search = TextFilter(method="found_by", help_text="Part of one of a person's names or of the number.")
    business = TrueOrFalseFilter(field_name="is_business", help_text="Of a business.")
    blocked = TrueOrFalseFilter(field_name="is_blocked", help_text="Blocked by this account.")
    saved = TrueOrFalseFilter(method="in_address_book", help_text="In the phone's address book.")

    def found_by(self, contacts: Any, name: str, text: str) -> Any:
        return contacts.found_by(text)

    def in_address_book(self, contacts: Rows, name: str, wanted: bool) -> Rows:
        return contacts.filter(name__isnull=not wanted)


class GroupFilter(Filters):
    search = TextFilter(method="found_by", help_text="Part of a group's name or JID.")
    member = TrueOrFalseFilter(field_name="is_member", help_text="This account is in it.")
    community = JidFilter(field_name="parent_jid", help_text="JID of the community that it belongs to.")

    def found_by(self, groups: Any, name: str, text: str) -> Any:
        return groups.found_by(text)


class CallFilter(Filters):
    chat = JidFilter(method="in_chat", help_text="JID, LID or phone number of the chat.")
    locals()["from"] = JidFilter(method="made_by", help_text="JID, LID or phone number of who called.")
    from_me = TrueOrFalseFilter(field_name="from_me", help_text="Made by this account.")
    video = TrueOrFalseFilter(field_name="is_video", help_text="With pictures.")
    group = TrueOrFalseFilter(field_name="is_group", help_text="Of a group.")
    status = rest.ChoiceFilter(choices=Call.Status.choices, help_text="What became of it.")
    before = MomentFilter(method="begun_before", help_text="Earlier than this: Unix seconds or ISO 8601.")
    after = MomentFilter(method="begun_after", help_text="Later than this: Unix seconds or ISO 8601.")

    def in_chat(self, calls: Any, name: str, jid: str) -> Any:
        return calls.in_chat(jid)

    def made_by(self, calls: Rows, name: str, jid: str) -> Rows:
        return calls.filter(caller__in=keys_of_person(jid))

    def begun_before(self, calls: Rows, name: str, seconds: float) -> Rows:
        return calls.filter(started_at__lt=-whole_second(-seconds))

    def begun_after(self, calls: Rows, name: str, seconds: float) -> Rows:
        return calls.filter(started_at__gt=whole_second(seconds))


class PresenceFilter(Filters):
    online = TrueOrFalseFilter(field_name="is_online", help_text="Online now, as far as it is known.")
    state = rest.ChoiceFilter(
        field_name="chat_state", choices=Presence.State.choices, help_text="What somebody does in a chat."
    )


class PresenceChangeFilter(Filters):
    state = rest.ChoiceFilter(choices=Presence.State.choices, help_text="What it changed to.")
    before = MomentFilter(method="changed_before", help_text="Earlier than this: Unix seconds or ISO 8601.")
    after = MomentFilter(method="changed_after", help_text="In a later second than this.")

    def changed_before(self, changes: Rows, name: str, seconds: float) -> Rows:
        return changes.filter(changed_at__lt=-whole_second(-seconds) * 1000)

    def changed_after(self, changes: Rows, name: str, seconds: float) -> Rows:
        return changes.filter(changed_at__gte=(whole_second(seconds) + 1) * 1000)


class ReceiptFilter(Filters):
    chat = JidFilter(method="in_chat", help_text="JID, LID or phone number of the chat.")
    message_id = TextFilter(field_name="message_id", help_text="WhatsApp's id of the message.")
    jid = JidFilter(method="of_person", help_text="JID, LID or phone number of the recipient.")
    read = TrueOrFalseFilter(method="is_read", help_text="Read or played.")

    def in_chat(self, receipts: Any, name: str, jid: str) -> Any:
        return receipts.in_chat(jid)

    def of_person(self, receipts: Rows, name: str, jid: str) -> Rows:
        return receipts.filter(contact__in=keys_of_person(jid))

    def is_read(self, receipts: Rows, name: str, wanted: bool) -> Rows:
        read = Q(read_at__isnull=False) | Q(played_at__isnull=False)
        return receipts.filter(read if wanted else ~read)


class StoryFilter(Filters):
    locals()["from"] = JidFilter(method="posted_by", help_text="JID, LID or phone number of who posted it.")
    from_me = TrueOrFalseFilter(field_name="from_me", help_text="Of this account.")
    type = TextFilter(field_name="story_type", help_text="The `story_type`, such as `image`.")
    active = TrueOrFalseFilter(method="still_shown", help_text="Neither expired nor deleted.")
    before = MomentFilter(method="posted_before", help_text="Earlier than this: Unix seconds or ISO 8601.")
    after = MomentFilter(method="posted_after", help_text="Later than this: Unix seconds or ISO 8601.")

    def posted_by(self, stories: Rows, name: str, jid: str) -> Rows:
        return stories.filter(sender__in=keys_of_person(jid))

    def still_shown(self, stories: Any, name: str, wanted: bool) -> Any:
        now = int(time.time())
        return stories.alive(now) if wanted else stories.over(now)

    def posted_before(self, stories: Rows, name: str, seconds: float) -> Rows:
        return stories.filter(id__lt=key_of(math.ceil(seconds)))

    def posted_after(self, stories: Rows, name: str, seconds: float) -> Rows:
        return stories.filter(id__gte=key_of(math.floor(seconds) + 1))


class LabelAssociationFilter(Filters):
    label = TextFilter(field_name="label__label_id", help_text="The label's id.")
    chat = JidFilter(method="in_chat", help_text="JID, LID or phone number of the chat.")
    message_id = TextFilter(field_name="message_id", help_text="WhatsApp's id of the message.")

    def in_chat(self, associations: Any, name: str, jid: str) -> Any:
        return associations.in_chat(jid)


class NewsletterFilter(Filters):
    search = TextFilter(method="found_by", help_text="Part of a newsletter's name or JID.")
    followed = TrueOrFalseFilter(field_name="is_followed", help_text="Followed by this account.")
    muted = TrueOrFalseFilter(field_name="is_muted", help_text="Muted.")

    def found_by(self, newsletters: Rows, name: str, text: str) -> Rows:
        return newsletters.filter(Q(name__icontains=text) | Q(jid__icontains=text))
