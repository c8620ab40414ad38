"""Labels, and what they are on."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import text, whole


class LabelSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="WhatsApp's id of the label.")
    name = text()
    color = whole("WhatsApp's number of the colour.")


class LabelAssociationSerializer(serializers.Serializer[Any]):
    label_id = serializers.CharField()
    remote_jid = serializers.CharField(help_text="The chat's JID.")
    message_id = serializers.CharField(help_text="WhatsApp's id of the message that the label is on.")


# Examples

LABEL = {"id": "1", "name": "New customer", "color": 0}

LABEL_ASSOCIATION = {
    "label_id": "1",
    "remote_jid": "15550100@s.whatsapp.net",
    "message_id": "3EB0C431C26A1916E07E",
}
