"""Groups and who is in them."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, one_of, text, whole
from whatsapp.models import GroupParticipant


class ParticipantSerializer(serializers.Serializer[Any]):
    group_jid = serializers.CharField()
    participant_jid = serializers.CharField()
    role = one_of(GroupParticipant.Role)
    added_at = moment("When they came or were first seen.")


class GroupSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    name = text()
    description = text()
    owner_jid = text()
    creation_time = whole("Unix seconds.")
    participant_count = serializers.IntegerField()
    is_announce = serializers.BooleanField(help_text="Only admins may write.")
    is_restrict = serializers.BooleanField(help_text="Only admins may change name and picture.")
    profile_pic_url = text("WhatsApp's own address; it expires.")
    invite_code = text()
    first_seen_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    is_member = serializers.BooleanField(help_text="Whether this account is in it.")
    is_approval_required = serializers.BooleanField(allow_null=True, help_text="Admins approve who joins.")
    is_community = serializers.BooleanField(help_text="It is the parent of other groups.")
    parent_jid = text("The community that it belongs to.")
    ephemeral_duration = whole("Seconds; null: messages stay.")
    is_deleted = serializers.BooleanField()


class GroupDetailSerializer(GroupSerializer):
    participants = ParticipantSerializer(many=True, help_text="Who is in it now; its owners first.")


# Examples

GROUP = {
    "jid": "120363000000000001@g.us",
    "name": "Family",
    "description": "Birthdays and Sunday lunches",
    "owner_jid": "15550100@s.whatsapp.net",
    "creation_time": 1704067200,
    "participant_count": 2,
    "is_announce": False,
    "is_restrict": False,
    "profile_pic_url": None,
    "invite_code": None,
    "first_seen_at": "2024-05-01 11:58:20",
    "updated_at": "2024-05-01 12:00:01",
    "is_member": True,
    "is_approval_required": False,
    "is_community": False,
    "parent_jid": None,
    "ephemeral_duration": None,
    "is_deleted": False,
}

PARTICIPANT = {
    "group_jid": "120363000000000001@g.us",
    "participant_jid": "15550100@s.whatsapp.net",
    "role": "superadmin",
    "added_at": "2024-01-01 00:00:00",
}

GROUP_DETAIL = {**GROUP, "participants": [PARTICIPANT]}
