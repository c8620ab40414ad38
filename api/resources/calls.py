"""Calls."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import one_of, text, whole
from whatsapp.models import Call


class CallSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="WhatsApp's id of the call.")
    chat_jid = text()
    from_jid = text("Who called.")
    from_me = serializers.BooleanField()
    is_group = serializers.BooleanField()
    is_video = serializers.BooleanField()
    status = one_of(Call.Status)
    timestamp = serializers.IntegerField(help_text="Unix seconds: the first signal of it.")
    accepted_ts = whole("Unix seconds.")
    ended_ts = whole("Unix seconds.")
    duration = whole("Seconds.")
    end_reason = text("In WhatsApp's own word.")
    participants = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="JIDs of a group call's participants."
    )


# Examples

CALL = {
    "id": "6B29FC40CA471067B31D00DD010662DA",
    "chat_jid": "15550100@s.whatsapp.net",
    "from_jid": "15550100@s.whatsapp.net",
    "from_me": False,
    "is_group": False,
    "is_video": True,
    "status": "ended",
    "timestamp": 1714564800,
    "accepted_ts": 1714564806,
    "ended_ts": 1714564866,
    "duration": 60,
    "end_reason": "hangup",
    "participants": None,
}
