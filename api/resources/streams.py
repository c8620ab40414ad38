"""Tickets for listeners."""

from typing import Any

from rest_framework import serializers


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expiresIn = serializers.IntegerField(help_text="Seconds.")


# Examples

TICKET = {"ticket": "Zk3hN0o0cJm0r5l0zXwE5o3yqgk2d2U8Uq3n5t9b1aE", "expiresIn": 30}
