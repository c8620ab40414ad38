"""Acts as they stand in their queue, and after."""

from typing import Any

from rest_framework import serializers

from api.resources.acts import SENT
from api.resources.fields import moment, one_of, text
from whatsapp.models import Action


class ActionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    jid = text("The chat or group that it is about.")
    status = one_of(Action.Status)
    error = text("Why it failed.")
    attempts = serializers.IntegerField()
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    finished_at = moment()
    payload = serializers.DictField(help_text="What the act needs.")
    result = serializers.DictField(allow_null=True, help_text="What came of it; of a message its key.")
    message_id = text("WhatsApp's id of the message sent.")


# Examples

ACTION = {
    "id": 42,
    "kind": "send_text",
    "jid": "15550100@s.whatsapp.net",
    "status": "delivered",
    "error": None,
    "attempts": 1,
    "created_at": "2024-05-01 12:02:00",
    "updated_at": "2024-05-01 12:02:02",
    "finished_at": "2024-05-01 12:02:01",
    "payload": {"jid": "15550100@s.whatsapp.net", "text": "At noon, yes.", "quoted_id": None, "mentions": []},
    "result": {"key": SENT["key"]},
    "message_id": "3EB09B1E1B1A0C0D0E0F",
}

CANCELLED = {**ACTION, "status": "cancelled", "attempts": 0, "result": None, "message_id": None}
RETRIED = {**CANCELLED, "status": "queued", "attempts": 1, "finished_at": None}
