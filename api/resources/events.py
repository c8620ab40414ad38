"""The event log."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    event_type = serializers.CharField()
    payload = serializers.CharField(help_text="JSON, as a string.")
    logged_at = moment(allow_null=False)


class EventTypeSerializer(serializers.Serializer[Any]):
    event_type = serializers.CharField()
    count = serializers.IntegerField()


class EventTypesSerializer(serializers.Serializer[Any]):
    # The answer has a field of the name that serializers use for their result.
    data = EventTypeSerializer(many=True)  # type: ignore[assignment]  # the API's clients read `data`; DRF's metaclass moves fields out of the class, so its own property stays


class PrunedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    deleted = serializers.IntegerField()


# Examples

EVENT = {
    "id": 7,
    "event_type": "connection.status",
    "payload": '{"status":"connected","jid":"15550199@s.whatsapp.net"}',
    "logged_at": "2024-05-01 11:58:20",
}

EVENT_TYPES = {"data": [{"event_type": "wa.messages.upsert", "count": 1204}]}

PRUNED = {"success": True, "deleted": 1204}
