"""Chats."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, text, whole
from api.resources.messages import MESSAGE, MessageSerializer
from whatsapp.upkeep import MOST_DAYS


class ChatSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    name = text()
    is_group = serializers.BooleanField()
    is_archived = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    is_muted = serializers.BooleanField()
    mute_expiry = whole("Unix seconds.")
    keep_days = whole("Its messages of more than so many days ago are deleted; null: they stay.")
    unread_count = serializers.IntegerField()
    last_message_ts = whole("Unix seconds.")
    last_message_body = text()
    updated_at = moment(allow_null=False)


class RetentionBody(serializers.Serializer[Any]):
    keep_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="How many days the chat's messages are kept, and their files; null: for ever.",
    )


class ChatDetailSerializer(ChatSerializer):
    recent_messages = MessageSerializer(many=True, help_text="The newest 20, newest first.")


# Examples

CHAT = {
    "jid": "15550100@s.whatsapp.net",
    "name": "Alice",
    "is_group": False,
    "is_archived": False,
    "is_pinned": True,
    "is_muted": False,
    "mute_expiry": None,
    "keep_days": None,
    "unread_count": 2,
    "last_message_ts": 1714564800,
    "last_message_body": "Shall we meet at noon?",
    "updated_at": "2024-05-01 12:00:01",
}

CHAT_DETAIL = {**CHAT, "recent_messages": [MESSAGE]}
