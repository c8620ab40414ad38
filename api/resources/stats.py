"""Counts."""

from typing import Any

from rest_framework import serializers

from api.resources.media import MEDIA_STATS, MediaStatsSerializer


class TypeCountSerializer(serializers.Serializer[Any]):
    message_type = serializers.CharField()
    count = serializers.IntegerField()


class ChatCountSerializer(serializers.Serializer[Any]):
    remote_jid = serializers.CharField()
    count = serializers.IntegerField()


class DayCountSerializer(serializers.Serializer[Any]):
    day = serializers.CharField(help_text="`YYYY-MM-DD`, UTC.")
    count = serializers.IntegerField()


class MessageStatsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    byType = TypeCountSerializer(many=True, help_text="The most frequent first.")
    byChat = ChatCountSerializer(many=True, help_text="The 20 chats with the most messages.")
    byDay = DayCountSerializer(many=True, help_text="The newest 30 days that have messages.")
    mediaCount = serializers.IntegerField()


class StatsSerializer(serializers.Serializer[Any]):
    messages = MessageStatsSerializer()
    contacts = serializers.IntegerField()
    groups = serializers.IntegerField()
    media = MediaStatsSerializer()
    calls = serializers.IntegerField()
    chats = serializers.IntegerField()


# Examples

MESSAGE_STATS = {
    "total": 1204,
    "byType": [{"message_type": "text", "count": 1004}, {"message_type": "image", "count": 200}],
    "byChat": [{"remote_jid": "15550100@s.whatsapp.net", "count": 1204}],
    "byDay": [{"day": "2024-05-01", "count": 1204}],
    "mediaCount": 200,
}

STATS = {
    "messages": MESSAGE_STATS,
    "contacts": 120,
    "groups": 8,
    "media": MEDIA_STATS,
    "calls": 14,
    "chats": 96,
}
