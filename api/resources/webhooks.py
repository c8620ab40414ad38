"""Webhooks, and what came of telling them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.resources.fields import (
    JidField,
    MomentField,
    StrictSerializer,
    TextField,
    moment,
    one_of,
    text,
    whole,
)
from whatsapp.following import NoSuchEvents, parse_prefixes
from whatsapp.models.webhook import Status, Webhook
from whatsapp.slugs import LONGEST
from whatsapp.webhooks import signing, subscriptions

LONGEST_SECRET = 256
MOST_CHATS = 500
LONGEST_URL = 2048


# What is shown


class HealthOfWebhookSerializer(serializers.Serializer[Any]):
    failing_since = moment("Null: it does not fail.")
    failures = serializers.IntegerField(help_text="How often in a row it has failed.")
    retry_at = moment("When it is tried again; null: at once.")
    paused_at = moment("Null: it is not paused.")
    pause_reason = text()
    last_success_at = moment()
    pending = serializers.IntegerField(help_text="Deliveries that are still to be made.")
    lag = serializers.IntegerField(help_text="Events of the log that were not looked at for it yet.")


class WebhookSerializer(serializers.Serializer[Any]):
    id = TextField()
    account = text("Whose events it gets; null: those of all accounts.")
    url = TextField()
    events = TextField(help_text="Beginnings of types, with commas between; `*`: all events.")
    is_active = serializers.BooleanField(help_text="Neither turned off nor paused.")
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    has_secret = serializers.BooleanField()
    chats = serializers.ListField(
        child=TextField(),
        allow_null=True,
        help_text="JIDs of the only chats it is for; null: all.",
    )
    headers = serializers.ListField(
        child=TextField(), help_text="Names of its own headers; their values stay hidden."
    )
    # A field of the answer, of the name of what serializers keep of each field.
    source = one_of(Webhook.Source, "Who has made it.")  # type: ignore[assignment]  # the API's clients read `source`; DRF's metaclass moves fields out of the class, so its own attribute stays
    health = HealthOfWebhookSerializer()


class ChangedWebhookSerializer(WebhookSerializer):
    success = serializers.BooleanField()


class MadeSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    id = TextField()


class DeletedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    deleted = serializers.BooleanField(help_text="False: there was no such webhook.")


class ToggledSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    is_active = serializers.BooleanField(help_text="How it is now.")


class TestedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Whether the receiver has taken it.")
    status_code = whole()
    duration_ms = serializers.IntegerField()
    error = text("Why it has failed.")
    answer = text("The beginning of what the receiver has answered.")
    delivery_id = serializers.IntegerField()


class SecretSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    secret = TextField(help_text="The secret from now on. It is shown here and never again.")
    previous_until = moment("Until when deliveries are signed with the secret before, too; null: never.")


class DeliverySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    subscription_id = TextField()
    event_type = TextField()
    payload = text("What is posted: JSON, as a string. Null: the event is not in the log any more.")
    status = one_of(Status, "`failed` is tried again, `exhausted` is given up.")
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    last_error = text()
    last_attempt_at = moment()
    next_retry_at = moment()
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    event_id = whole("The event's number in the log; null: a test.")
    status_code = whole("What the receiver answered last.")
    duration_ms = whole("How long the last attempt took.")


class AttemptSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(
        help_text="One that was cut short because the worker stopped does not count: the next has its number."
    )
    at = moment(allow_null=False)
    status_code = whole()
    duration_ms = serializers.IntegerField(help_text="0 when it was cut short because the worker stopped.")
    error = text("Why it has failed, and so why it was tried again.")
    answer = text("The beginning of what the receiver has answered.")


class DeliveryDetailSerializer(DeliverySerializer):
    tries = AttemptSerializer(many=True, help_text="Each attempt, the newest first; the last 100.")


class ReplayedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    queued = serializers.IntegerField(help_text="How many deliveries are made because of it.")


# What is asked


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "null"},
        ]
    }
)
class PrefixesField(serializers.Field[Any, Any, Any, Any]):
    """Beginnings of types of events, as a text with commas or as a list; becomes a tuple."""

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        words = data.split(",") if isinstance(data, str) else data
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise serializers.ValidationError("It must be a text or a list of texts.")
        try:
            return parse_prefixes(words)
        except NoSuchEvents as error:
            raise serializers.ValidationError(str(error)) from error


class HeadersField(serializers.DictField):
    child = TextField(trim_whitespace=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> Any:
        headers = super().to_internal_value(data)
        try:
            signing.require_headers(headers)
        except signing.InvalidHeaders as error:
            raise serializers.ValidationError(str(error)) from error
        return headers


class SecretField(TextField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            allow_blank=True,
            max_length=LONGEST_SECRET,
            trim_whitespace=False,
            **options,
        )


class WebhookBody(StrictSerializer):
    """Of a change; what is absent stays."""

    url = TextField(required=False, max_length=LONGEST_URL, help_text="Begins with https:// or http://.")
    events = PrefixesField(
        required=False,
        allow_null=True,
        help_text="Beginnings of types, in a list or with commas between; `*` or null: all events.",
    )
    secret = SecretField(help_text="What deliveries are signed with; null: with nothing.")
    headers = HeadersField(
        required=False, help_text="Further headers of each delivery, such as Authorization."
    )
    chats = serializers.ListField(
        child=JidField(),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=MOST_CHATS,
        help_text="The only chats it is for: JIDs or phone numbers with country code; null: all.",
    )
    is_active = serializers.BooleanField(required=False)

    def validate_url(self, url: str) -> str:
        try:
            subscriptions.check_url(url)
        except subscriptions.InvalidUrl as error:
            raise serializers.ValidationError(str(error)) from error
        return url


class NewWebhookBody(WebhookBody):
    url = TextField(max_length=LONGEST_URL, help_text="Begins with https:// or http://.")
    account = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST,
        help_text="The account whose events it gets; `*`: those of all accounts, of later ones, too. Absent: "
        "the one that the address names, or the default one.",
    )


class SecretBody(StrictSerializer):
    secret = SecretField(help_text="The new one; absent or null: a random one is made.")


class ReplayBody(StrictSerializer):
    subscription_id = TextField(
        required=False, max_length=20, help_text="The webhook's id; absent: all of them."
    )
    status = serializers.ChoiceField(
        required=False, choices=Status.choices, help_text="Only deliveries of which this came."
    )
    event_type = TextField(required=False, max_length=64, help_text="A type or its beginning.")
    after = MomentField(required=False, help_text="Logged in a later second: Unix seconds or ISO 8601.")
    before = MomentField(required=False, help_text="Logged earlier: Unix seconds or ISO 8601.")
    since_id = serializers.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="Events with a higher id."
    )
    until_id = serializers.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="Events with this id or a lower one."
    )


# Examples

WEBHOOK = {
    "id": "3",
    "account": "default",
    "url": "https://bot.example.org/whatsapp",
    "events": "wa.messages,connection",
    "is_active": True,
    "created_at": "2024-05-01 12:00:00",
    "updated_at": "2024-05-01 12:00:00",
    "has_secret": True,
    "chats": None,
    "headers": ["Authorization"],
    "source": "api",
    "health": {
        "failing_since": None,
        "failures": 0,
        "retry_at": None,
        "paused_at": None,
        "pause_reason": None,
        "last_success_at": "2024-05-01 12:02:01",
        "pending": 0,
        "lag": 0,
    },
}

CHANGED_WEBHOOK = {"success": True, **WEBHOOK}

NEW_WEBHOOK_BODY = {
    "url": "https://bot.example.org/whatsapp",
    "events": ["wa.messages", "connection"],
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "headers": {"Authorization": "Bearer of-your-own"},
}

WEBHOOK_BODY = {"events": "*", "is_active": True}

MADE = {"success": True, "id": "3"}
DELETED = {"success": True, "deleted": True}
TOGGLED = {"success": True, "is_active": False}

TESTED = {
    "success": True,
    "status_code": 200,
    "duration_ms": 83,
    "error": None,
    "answer": "ok",
    "delivery_id": 1205,
}

NEW_SECRET = {
    "success": True,
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfgh7pmHtU=",
    "previous_until": "2024-05-02 12:00:00",
}

DELIVERY = {
    "id": 1204,
    "subscription_id": "3",
    "event_type": "connection.status",
    "payload": '{"type":"connection.status","timestamp":1714564700000,"data":{"status":"connected"},"id":7,'
    '"account":"default"}',
    "status": "delivered",
    "attempts": 2,
    "max_attempts": 16,
    "last_error": None,
    "last_attempt_at": "2024-05-01 11:58:26",
    "next_retry_at": None,
    "created_at": "2024-05-01 11:58:20",
    "updated_at": "2024-05-01 11:58:26",
    "event_id": 7,
    "status_code": 200,
    "duration_ms": 83,
}

DELIVERY_DETAIL = {
    **DELIVERY,
    "tries": [
        {
            "number": 2,
            "at": "2024-05-01 11:58:26",
            "status_code": 200,
            "duration_ms": 83,
            "error": None,
            "answer": "ok",
        },
        {
            "number": 1,
            "at": "2024-05-01 11:58:20",
            "status_code": 502,
            "duration_ms": 12,
            "error": "The receiver answers with status 502.",
            "answer": "Bad gateway",
        },
    ],
}

REPLAY_BODY = {"subscription_id": "3", "after": "2024-05-01T12:00:00Z", "event_type": "wa.messages"}
REPLAYED = {"success": True, "queued": 42}
