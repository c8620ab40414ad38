"""Acts: what asks for them, and what came of them."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import JidField, moment, one_of, text
from whatsapp.models import Action

LONGEST_TEXT = 65536


class MessageKeySerializer(serializers.Serializer[Any]):
    remoteJid = serializers.CharField()
    fromMe = serializers.BooleanField()
    id = serializers.CharField()


class SentSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    key = MessageKeySerializer()
    action_id = serializers.IntegerField()


class ActionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = one_of(Action.Status)
    error = text("Why it failed.")
    attempts = serializers.IntegerField()
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    finished_at = moment()
    payload = serializers.DictField(help_text="What the act needs.")
    result = serializers.DictField(allow_null=True, help_text="What came of it; of a message its key.")
    message_id = text("WhatsApp's id of the message sent.")


class SendTextBody(serializers.Serializer[Any]):
    jid = JidField(help_text="A JID, or a phone number with country code.")
    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False)
    quoted_id = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=128,
        help_text="The message of the same chat that this one answers.",
    )


# Examples

SEND_TEXT = {"jid": "15550100", "text": "At noon, yes.", "quoted_id": "3EB0C431C26A1916E07E"}

SENT = {
    "success": True,
    "key": {"remoteJid": "15550100@s.whatsapp.net", "fromMe": True, "id": "3EB09B1E1B1A0C0D0E0F"},
    "action_id": 42,
}

ACTION = {
    "id": 42,
    "kind": "send_text",
    "status": "delivered",
    "error": None,
    "attempts": 1,
    "created_at": "2024-05-01 12:02:00",
    "updated_at": "2024-05-01 12:02:02",
    "finished_at": "2024-05-01 12:02:01",
    "payload": {"jid": "15550100@s.whatsapp.net", "text": "At noon, yes.", "quoted_id": None},
    "result": {"key": SENT["key"]},
    "message_id": "3EB09B1E1B1A0C0D0E0F",
}
