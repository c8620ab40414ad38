"""Presence: who is online, who is typing; now, and in the past."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, one_of, text, whole
from whatsapp.models import Presence


class PresenceSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    is_online = serializers.BooleanField(allow_null=True)
    last_seen = whole("Unix seconds, as far as the person shows it.")
    chat_state = one_of(Presence.State, "Typing and the like.", allow_null=True)
    chat_jid = text("The chat of that state.")


class PresenceChangeSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    state = one_of(Presence.State)
    chat_jid = text("Where somebody types.")
    last_seen = whole("Unix seconds, as far as the person shows it.")
    timestamp = serializers.IntegerField(help_text="Unix seconds.")
    changed_at = moment(allow_null=False)


# Examples

PRESENCE = {
    "jid": "15550100@s.whatsapp.net",
    "is_online": True,
    "last_seen": None,
    "chat_state": "composing",
    "chat_jid": "15550100@s.whatsapp.net",
}

PRESENCE_CHANGE = {
    "jid": "15550100@s.whatsapp.net",
    "state": "available",
    "chat_jid": None,
    "last_seen": None,
    "timestamp": 1714564800,
    "changed_at": "2024-05-01 12:00:00",
}
