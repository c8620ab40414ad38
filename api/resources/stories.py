"""Stories and who has seen them."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, text


class StorySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="WhatsApp's id of the post.")
    from_jid = serializers.CharField()
    from_me = serializers.BooleanField()
    timestamp = serializers.IntegerField(help_text="Unix seconds.")
    expires_ts = serializers.IntegerField(help_text="Unix seconds: when WhatsApp stops showing it.")
    story_type = serializers.CharField(help_text="text, image, video, …")
    body = text("The text, or the caption.")
    has_media = serializers.BooleanField()
    media_id = text("The file's id, for /api/media.")
    is_deleted = serializers.BooleanField()
    deleted_at = moment()
    created_at = moment("When the hub stored it.", allow_null=False)


class StoryViewerSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    delivered_at = moment()
    viewed_at = moment()
    reaction_emoji = text()
    reacted_at = moment()


class StoryDetailSerializer(StorySerializer):
    viewers = StoryViewerSerializer(many=True, help_text="Of this account's own stories; the first first.")


# Examples

STORY = {
    "id": "3EB0AC5D1F2E3D4C5B6A",
    "from_jid": "15550199@s.whatsapp.net",
    "from_me": True,
    "timestamp": 1714564800,
    "expires_ts": 1714651200,
    "story_type": "text",
    "body": "On the beach",
    "has_media": False,
    "media_id": None,
    "is_deleted": False,
    "deleted_at": None,
    "created_at": "2024-05-01 12:00:01",
}

STORY_DETAIL = {
    **STORY,
    "viewers": [
        {
            "jid": "15550100@s.whatsapp.net",
            "delivered_at": "2024-05-01 12:00:05",
            "viewed_at": "2024-05-01 12:01:00",
            "reaction_emoji": "😍",
            "reacted_at": "2024-05-01 12:01:10",
        }
    ],
}
