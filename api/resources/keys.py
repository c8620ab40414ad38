"""Keys: what is known of one, and what one is made of."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.access import Scope
from api.resources.fields import JidField, StrictSerializer, TextField, moment
from whatsapp.slugs import LONGEST

LONGEST_NAME = 100
MOST_CHATS = 500
MOST_ACCOUNTS = 100
MOST_DAYS = 36_500


class ScopesField(serializers.ListField):
    child = serializers.ChoiceField(choices=Scope.choices)


class KeySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = TextField()
    prefix = TextField(help_text="The key's first characters, to recognise it by.")
    scopes = ScopesField(help_text="What it is for; none includes another.")
    accounts = serializers.ListField(
        child=TextField(),
        allow_null=True,
        help_text="Names of the only accounts it is for; null: all.",
    )
    chats = serializers.ListField(
        child=TextField(),
        allow_null=True,
        help_text="JIDs of the only chats it is for; null: all.",
    )
    is_active = serializers.BooleanField(help_text="Neither expired nor revoked.")
    created_at = moment(allow_null=False)
    expires_at = moment("When it stops to work; null: never.")
    last_used_at = moment("To the minute.")
    revoked_at = moment()


class ChangedKeySerializer(KeySerializer):
    success = serializers.BooleanField()


class NewKeySerializer(ChangedKeySerializer):
    key = TextField(help_text="The key itself. It is shown here and never again.")


class ExpiryBody(StrictSerializer):
    """When a key ends, said in either of two ways."""

    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="ISO 8601, UTC without a zone; null: never."
    )
    expires_in_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="Instead of `expires_at`.",
    )

    def validate(self, attrs: Any) -> Any:
        now = timezone.now()
        days, end = attrs.pop("expires_in_days", None), attrs.get("expires_at")
        if days is not None and end is not None:
            raise serializers.ValidationError({"expires_in_days": ["Give this or expires_at, not both."]})
        if end is not None and end <= now:
            raise serializers.ValidationError({"expires_at": ["It must be in the future."]})
        if days is not None:
            attrs["expires_at"] = now + timedelta(days=days)
        return attrs


class NewKeyBody(ExpiryBody):
    name = TextField(max_length=LONGEST_NAME, help_text="What it is for, or who has it.")
    scopes = ScopesField(allow_empty=False, min_length=1, help_text="What it is for; none includes another.")
    accounts = serializers.ListField(
        child=TextField(max_length=LONGEST),
        required=False,
        allow_null=True,
        allow_empty=False,
        min_length=1,
        max_length=MOST_ACCOUNTS,
        help_text="Names of the only accounts it is for; null: all, those that come later, too.",
    )
    chats = serializers.ListField(
        child=JidField(),
        required=False,
        allow_null=True,
        allow_empty=False,
        min_length=1,
        max_length=MOST_CHATS,
        help_text="The only chats it is for: JIDs or phone numbers with country code; null: all.",
    )


class KeyBody(ExpiryBody):
    name = TextField(required=False, max_length=LONGEST_NAME)


# Examples

KEY = {
    "id": 3,
    "name": "Holiday bot",
    "prefix": "wah_Qm3xT9",
    "scopes": ["read", "send"],
    "accounts": ["default"],
    "chats": ["15550100@s.whatsapp.net"],
    "is_active": True,
    "created_at": "2024-05-01 12:00:00",
    "expires_at": "2024-05-31 12:00:00",
    "last_used_at": None,
    "revoked_at": None,
}

CHANGED_KEY = {"success": True, **KEY}

NEW_KEY = {**CHANGED_KEY, "key": "wah_Qm3xT9Yd0u7bq1n6Zf4s8Kc2Rj5Lh3Wv9Xa0Ep7Gt1M"}

NEW_KEY_BODY = {
    "name": "Holiday bot",
    "scopes": ["read", "send"],
    "accounts": ["default"],
    "chats": ["15550100"],
    "expires_in_days": 30,
}

KEY_BODY = {"name": "Holiday bot of the family", "expires_at": None}
