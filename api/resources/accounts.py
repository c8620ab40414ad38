"""Accounts: the linked numbers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.resources.fields import StrictSerializer, TextField, moment, one_of, text, whole
from whatsapp.models import Connection
from whatsapp.slugs import LONGEST, RULE


class AccountSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="What `?account=` takes.")
    jid = text("The phone JID.")
    lid = text()
    push_name = text("The name that its owner gave themself.")
    status = one_of(Connection.Status, "Of its line to WhatsApp.", allow_null=True)
    since = whole("Unix seconds: when the status last changed.")
    is_linked = serializers.BooleanField(help_text="Whether a phone has linked it.")
    is_default = serializers.BooleanField(
        help_text="Whether calls that name no account are about this one (`SESSION_NAME`)."
    )
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)


class MadeAccountSerializer(AccountSerializer):
    success = serializers.BooleanField()


class RemovedAccountSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()


@extend_schema_field(
    {"type": "string", "maxLength": LONGEST, "pattern": r"^[A-Za-z0-9_-]*[A-Za-z0-9][A-Za-z0-9_-]*$"}
)
class NameField(TextField):
    pass


class NewAccountBody(StrictSerializer):
    name = NameField(
        trim_whitespace=False,
        help_text=f"What to call it, for good: {RULE}. It can't be one that there is already.",
    )


# Examples

ACCOUNT = {
    "name": "default",
    "jid": "15550199@s.whatsapp.net",
    "lid": "81999000000000@lid",
    "push_name": "Olivia",
    "status": "connected",
    "since": 1714564700,
    "is_linked": True,
    "is_default": True,
    "created_at": "2024-05-01 11:58:20",
    "updated_at": "2024-05-01 11:58:20",
}

NEW_ACCOUNT_BODY = {"name": "office"}

MADE_ACCOUNT = {
    "success": True,
    "name": "office",
    "jid": None,
    "lid": None,
    "push_name": None,
    "status": "disconnected",
    "since": None,
    "is_linked": False,
    "is_default": False,
    "created_at": "2024-05-01 12:00:00",
    "updated_at": "2024-05-01 12:00:00",
}

REMOVED_ACCOUNT = {"success": True, "message": "Removed. What is stored of it is being deleted."}
