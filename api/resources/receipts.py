"""Receipts of what this account sent."""

from rest_framework import serializers

from api.resources.messages import ReceiptSerializer


class ReceiptOfMessageSerializer(ReceiptSerializer):
    message_id = serializers.CharField(help_text="WhatsApp's id of the message.")
    remote_jid = serializers.CharField(help_text="The chat's JID.")


# Examples

RECEIPT = {
    "message_id": "3EB09B1E1B1A0C0D0E0F",
    "remote_jid": "15550100@s.whatsapp.net",
    "jid": "15550100@s.whatsapp.net",
    "delivered_at": "2024-05-01 12:02:01",
    "read_at": "2024-05-01 12:02:05",
    "played_at": None,
}
