"""Newsletters, which people know as channels."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, text, whole


class NewsletterSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    name = text()
    description = text()
    invite_code = text()
    subscriber_count = whole()
    is_verified = serializers.BooleanField()
    is_followed = serializers.BooleanField()
    is_muted = serializers.BooleanField()
    role = text("subscriber, guest, admin or owner.")
    updated_at = moment(allow_null=False)


# Examples

NEWSLETTER = {
    "jid": "120363000000000002@newsletter",
    "name": "News",
    "description": "What happens in town",
    "invite_code": "0029Va00000000000000000",
    "subscriber_count": 4210,
    "is_verified": False,
    "is_followed": True,
    "is_muted": False,
    "role": "subscriber",
    "updated_at": "2024-05-01 12:00:01",
}
