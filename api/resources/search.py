"""What a search finds."""

from typing import Any

from rest_framework import serializers

from api.resources.chats import CHAT, ChatSerializer
from api.resources.fields import moment, text, whole
from api.resources.messages import MESSAGE, MessageSerializer


class FoundMessageSerializer(MessageSerializer):
    snippet = serializers.CharField(
        help_text=(
            "Some words around the hit, as HTML: the text is escaped, what was found stands in `<mark>`. "
            "From the body, the file's name, or what else was found of the message."
        )
    )


class FoundContactSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    lid = text("The person's LID, where it is known.")
    name = text("What to call the person.")
    notify_name = text("The name that the person gave themself.")
    short_name = text()
    phone_number = text("Digits, with country code.")
    is_business = serializers.BooleanField()
    profile_pic_url = text("WhatsApp's own address; it expires.")
    status_text = text("The person's about text.")
    first_seen_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    saved_name = text("The name in the phone's address book.")
    business_name = text()
    is_verified = serializers.BooleanField()
    is_blocked = serializers.BooleanField()


class FoundGroupSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    name = text()
    description = text()
    owner_jid = text()
    creation_time = whole("Unix seconds.")
    participant_count = serializers.IntegerField()
    is_announce = serializers.BooleanField()
    is_restrict = serializers.BooleanField()
    profile_pic_url = text("WhatsApp's own address; it expires.")
    invite_code = text()
    first_seen_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    is_member = serializers.BooleanField()
    is_approval_required = serializers.BooleanField(allow_null=True)
    is_community = serializers.BooleanField()
    parent_jid = text("The community that it belongs to.")
    ephemeral_duration = whole("Seconds.")
    is_deleted = serializers.BooleanField()


class TotalsSerializer(serializers.Serializer[Any]):
    messages = serializers.IntegerField()
    chats = serializers.IntegerField()
    contacts = serializers.IntegerField()
    groups = serializers.IntegerField()


class SearchSerializer(serializers.Serializer[Any]):
    messages = FoundMessageSerializer(many=True, help_text="Found by their text, newest first.")
    chats = ChatSerializer(many=True, help_text="Found by name or JID, newest message first.")
    contacts = FoundContactSerializer(many=True, help_text="Found by one of their names or their number.")
    groups = FoundGroupSerializer(many=True, help_text="Found by name or JID.")
    totals = TotalsSerializer(help_text="How many of each there are in all.")


# Examples

FOUND_MESSAGE = {**MESSAGE, "snippet": "Shall we meet at <mark>noon</mark>?"}

FOUND_CONTACT = {
    "jid": "15550111@s.whatsapp.net",
    "lid": "81234@lid",
    "name": "Noon Bakery",
    "notify_name": "Noon",
    "short_name": None,
    "phone_number": "15550111",
    "is_business": True,
    "profile_pic_url": None,
    "status_text": "Open till six",
    "first_seen_at": "2024-05-01 12:00:01",
    "updated_at": "2024-05-01 12:00:01",
    "saved_name": None,
    "business_name": "Noon Bakery",
    "is_verified": False,
    "is_blocked": False,
}

FOUND_GROUP = {
    "jid": "120363000000000001@g.us",
    "name": "Noon run",
    "description": None,
    "owner_jid": "15550100@s.whatsapp.net",
    "creation_time": 1714560000,
    "participant_count": 3,
    "is_announce": False,
    "is_restrict": False,
    "profile_pic_url": None,
    "invite_code": None,
    "first_seen_at": "2024-05-01 12:00:01",
    "updated_at": "2024-05-01 12:00:01",
    "is_member": True,
    "is_approval_required": False,
    "is_community": False,
    "parent_jid": None,
    "ephemeral_duration": None,
    "is_deleted": False,
}

SEARCH = {
    "messages": [FOUND_MESSAGE],
    "chats": [{**CHAT, "name": "Noon Bakery", "jid": "15550111@s.whatsapp.net"}],
    "contacts": [FOUND_CONTACT],
    "groups": [FOUND_GROUP],
    "totals": {"messages": 1, "chats": 1, "contacts": 1, "groups": 1},
}
