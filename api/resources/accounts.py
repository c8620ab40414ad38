"""Accounts: the linked numbers."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, one_of, text, whole
from whatsapp.models import Connection


class AccountSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="What `?account=` takes.")
    jid = text("The phone JID.")
    lid = text()
    push_name = text("The name that its owner gave themself.")
    status = one_of(Connection.Status, "Of its line to WhatsApp.", allow_null=True)
    since = whole("Unix seconds: when the status last changed.")
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)


# Examples

ACCOUNT = {
    "name": "default",
    "jid": "15550199@s.whatsapp.net",
    "lid": "81999000000000@lid",
    "push_name": "Olivia",
    "status": "connected",
    "since": 1714564700,
    "created_at": "2024-05-01 11:58:20",
    "updated_at": "2024-05-01 11:58:20",
}
